import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../checkpoint/byte-source.ts';
import { exportModelFiles } from '../checkpoint/export.ts';
import { loadWeights } from '../checkpoint/load-weights.ts';
import { readSafetensors, writeSafetensors } from '../checkpoint/safetensors.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig, type DebertaConfig } from '../model/config.ts';
import type { NamedTensors, OptimizerState } from '../model/engine.ts';
import { parameterShapes } from '../model/parameters.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TrainerState } from '../training/state.ts';

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
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const files: Record<string, Uint8Array> = {};
  for (const name of names.filter((name) => /\.(json|model|txt)$/.test(name))) {
    files[name] = await readFile(join(folder, name));
  }
  if (!files['config.json']) throw new ManabiError('model-no-config', folder);
  const config = parseConfig(await readJson(join(folder, 'config.json')), join(folder, 'config.json'));
  const { tensors, missing, unexpected } = await readWeights(folder, names, config);
  return { config, weights: tensors, missing, unexpected, tokenizer: readTokenizer(files, folder), files };
}

async function readWeights(folder: string, names: string[], config: DebertaConfig) {
  const sources = await Promise.all(names.map((name) => fileSource(join(folder, name))));
  return loadWeights(sources, parameterShapes(config));
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
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(exportModelFiles(files, weights, card))) {
    await writeFile(join(folder, name), bytes);
  }
}

/** A run in its middle: the model folder, both moments (optimizer.safetensors) and trainer_state.json. */
export interface Checkpoint {
  weights: NamedTensors;
  optimizer: OptimizerState;
  state: TrainerState;
}

const moments = ['exp_avg', 'exp_avg_sq'] as const;

/** Written beside its place and moved there whole, so that a crash leaves no half of a checkpoint. */
export async function writeCheckpoint(
  folder: string,
  files: Record<string, Uint8Array>,
  { weights, optimizer, state }: Checkpoint,
): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await writeModelFolder(partial, files, weights, `Checkpoint at step ${state.global_step}.\n`);
  const named: NamedTensors = new Map();
  for (const moment of moments) {
    for (const [name, tensor] of optimizer[moment]) named.set(`${moment}.${name}`, tensor);
  }
  await writeFile(join(partial, 'optimizer.safetensors'), writeSafetensors(named));
  await writeFile(join(partial, 'trainer_state.json'), `${JSON.stringify(state, null, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
}

/** Throws what the readers of its files throw. */
export async function readCheckpoint(folder: string, config: DebertaConfig): Promise<Checkpoint> {
  const { tensors } = await readWeights(folder, await readdir(folder), config);
  const named = await readSafetensors(await fileSource(join(folder, 'optimizer.safetensors')));
  const of = (moment: (typeof moments)[number]): NamedTensors =>
    new Map(
      [...named]
        .filter(([name]) => name.startsWith(`${moment}.`))
        .map(([name, tensor]) => [name.slice(moment.length + 1), tensor]),
    );
  return {
    weights: tensors,
    optimizer: { exp_avg: of('exp_avg'), exp_avg_sq: of('exp_avg_sq') },
    state: (await readJson(join(folder, 'trainer_state.json'))) as TrainerState,
  };
}
