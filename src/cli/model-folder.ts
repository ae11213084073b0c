import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../checkpoint/byte-source.ts';
import { exportModelFiles } from '../checkpoint/export.ts';
import { loadWeights } from '../checkpoint/load-weights.ts';
import type { FileParts } from '../checkpoint/stored-zip.ts';
import {
  readTrainerCheckpoint,
  trainerCheckpointFiles,
  type TrainerCheckpoint,
  type TrainerRun,
} from '../checkpoint/trainer-checkpoint.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig, type DebertaConfig } from '../model/config.ts';
import type { EngineSettings, NamedTensors } from '../model/engine.ts';
import { parameterShapes } from '../model/parameters.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

export interface ModelFolder {
  config: DebertaConfig;
  weights: NamedTensors;
  /** Parameters of the question-answering head that a pretrained model lacks. */
  missing: string[];
  unexpected: string[];
  tokenizer: Tokenizer;
  /** Everything but the weights, as it came. */
  files: Record<string, Uint8Array>;
}

/** Throws ManabiError: model-no-config, model-no-weights and what the readers of the files throw. */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const read = await readModelWithoutTokenizer(folder);
  return { ...read, tokenizer: readTokenizer(read.files, folder) };
}

/** The same for a folder that may have no tokenizer. */
export async function readModelWithoutTokenizer(folder: string): Promise<Omit<ModelFolder, 'tokenizer'>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const files: Record<string, Uint8Array> = {};
  for (const name of names.filter((name) => /\.(json|model|txt)$/.test(name))) {
    files[name] = await readFile(join(folder, name));
  }
  if (!files['config.json']) throw new ManabiError('model-no-config', folder);
  const config = parseConfig(await readJson(join(folder, 'config.json')), join(folder, 'config.json'));
  const sources = await fileSources(folder, names);
  const { tensors, missing, unexpected } = await loadWeights(sources, parameterShapes(config));
  return { config, weights: tensors, missing, unexpected, files };
}

function fileSources(folder: string, names: string[]): Promise<ByteSource[]> {
  return Promise.all(names.map((name) => fileSource(join(folder, name))));
}

/** A file read in slices. */
async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    name: path,
    size,
    slice: async (start, end) => {
      const file = await open(path);
      try {
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const wanted = `JSON (${(error as Error).message})`;
    throw new ManabiError('config-shape', path, { key: '(top)', wanted });
  }
}

/** The folder that from_pretrained loads. */
export async function writeModelFolder(
  folder: string,
  files: Record<string, Uint8Array>,
  weights: NamedTensors,
  card: string,
): Promise<void> {
  await writeFiles(folder, exportModelFiles(files, weights, card));
}

async function writeFiles(folder: string, files: ReadonlyMap<string, FileParts>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, parts] of files) await writeFile(join(folder, name), parts);
}

/**
 * A checkpoint-N as Hugging Face's Trainer writes and reads it. Written beside its place and moved there whole, so that a crash
 * leaves no half of a checkpoint.
 */
export async function writeCheckpoint(
  folder: string,
  files: Record<string, Uint8Array>,
  run: TrainerRun,
  config: DebertaConfig,
): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await writeFiles(partial, trainerCheckpointFiles(files, run, parameterShapes(config).keys()));
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
}

/** Throws what readTrainerCheckpoint throws. */
export async function readCheckpoint(
  folder: string,
  config: DebertaConfig,
  settings: EngineSettings,
): Promise<TrainerCheckpoint> {
  const sources = await fileSources(folder, await readdir(folder));
  return readTrainerCheckpoint(sources, parameterShapes(config), settings);
}
