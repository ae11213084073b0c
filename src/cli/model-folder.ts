import { openAsBlob } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { blobSource, type ByteSource } from '../checkpoint/byte-source.ts';
import { exportModelFiles } from '../checkpoint/export.ts';
import { downloadModelFiles, isHubId, readHubAddress, type HubAddress } from '../checkpoint/hub-files.ts';
import {
  isTextFile,
  readConfigAndWeights,
  readModelFolder,
  type ReadModelFolder,
} from '../checkpoint/model-folder.ts';
import {
  readTrainerCheckpoint,
  trainerCheckpointFiles,
  type TrainerCheckpoint,
  type TrainerRun,
} from '../checkpoint/trainer-checkpoint.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { EngineSettings, NamedTensors } from '../model/engine.ts';
import { parameterShapes } from '../model/parameters.ts';
import { cacheDownloads, keepModel, keptModel } from './download-cache.ts';
import { downloadBar } from './progress-bar.ts';
import { filesOf, replaceFolder, writeFolder } from './write-folder.ts';

/** A model folder on the disk, or one that was downloaded. */
export interface ModelFolder extends ReadModelFolder {
  /** Everything but the weights, as it came. */
  files: Record<string, Uint8Array>;
  isFromHub: boolean;
}

/**
 * A folder, or a model of the hub by its id (HF_ENDPOINT names another hub), which is kept in `cacheDir`. Throws ManabiError:
 * model-folder-missing, what readModelFolder throws, and of the hub hub-* and download-*.
 */
export async function openModel(nameOrPath: string, seed: number, cacheDir: string): Promise<ModelFolder> {
  const about = await stat(nameOrPath).catch(() => null);
  if (about?.isDirectory()) return readFolder(nameOrPath, seed);
  if (about || !isHubId(nameOrPath)) throw new ManabiError('model-folder-missing', nameOrPath);
  const address = readHubAddress(process.env.HF_ENDPOINT ?? 'https://huggingface.co', nameOrPath);
  const blobs = (await keptModel(cacheDir, address)) ?? (await downloadModel(address, cacheDir));
  const files: Record<string, Uint8Array> = {};
  for (const [name, blob] of blobs) {
    if (isTextFile(name)) files[name] = new Uint8Array(await blob.arrayBuffer());
  }
  const sources = Array.from(blobs, ([name, blob]) => blobSource(name, blob));
  return { ...(await readModelFolder(files, sources, seed, nameOrPath)), files, isFromHub: true };
}

async function downloadModel(address: HubAddress, cacheDir: string): Promise<Map<string, Blob>> {
  const bar = downloadBar(process.stdout);
  const blobs = await downloadModelFiles(address, cacheDownloads(cacheDir), {
    onProgress: ({ file, loaded, total }) => bar.draw(file, loaded, total),
  }).finally(() => bar.end());
  await keepModel(cacheDir, address, [...blobs.keys()]);
  return blobs;
}

async function readFolder(folder: string, seed: number): Promise<ModelFolder> {
  const { files, sources } = await openFolder(folder);
  return { ...(await readModelFolder(files, sources, seed, folder)), files, isFromHub: false };
}

/** For a model that is exported: a folder that need not have a tokenizer. Throws model-folder-missing and what readConfigAndWeights throws. */
export async function readModelToExport(folder: string) {
  const about = await stat(folder).catch(() => null);
  if (!about?.isDirectory()) throw new ManabiError('model-folder-missing', folder);
  const { files, sources } = await openFolder(folder);
  return { ...(await readConfigAndWeights(files, sources, folder)), files };
}

async function openFolder(folder: string) {
  const entries = await readdir(folder);
  const names: string[] = [];
  // Links count too: the hub's own cache is made of them.
  for (const name of entries)
    if ((await stat(join(folder, name)).catch(() => null))?.isFile()) names.push(name);
  const files: Record<string, Uint8Array> = {};
  for (const name of names.filter((name) => isTextFile(name)))
    files[name] = await readFile(join(folder, name));
  return { files, sources: await fileSources(folder, names) };
}

function fileSources(folder: string, names: string[]): Promise<ByteSource[]> {
  return Promise.all(
    names.map(async (name) => blobSource(join(folder, name), await openAsBlob(join(folder, name)))),
  );
}

/** The folder that from_pretrained loads. Throws ManabiError export-disk. */
export async function writeModelFolder(
  folder: string,
  files: Record<string, Uint8Array>,
  weights: NamedTensors,
  card: string,
): Promise<void> {
  await writeFolder(folder, filesOf(exportModelFiles(files, weights, card)));
}

/**
 * A checkpoint-N as Hugging Face's Trainer writes and reads it, whole or not at all. Throws ManabiError export-disk.
 */
export async function writeCheckpoint(
  folder: string,
  files: Record<string, Uint8Array>,
  run: TrainerRun,
  config: DebertaConfig,
): Promise<void> {
  const made = trainerCheckpointFiles(files, run, parameterShapes(config).keys());
  await replaceFolder(folder, filesOf(made));
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
