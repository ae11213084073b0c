// What the tests of this room store.
import { deleteDB } from 'idb';
import { defaultTiles } from '../kernels/linear/tile.ts';
import type { NamedTensor, NamedTensors } from '../model/engine.ts';
import { defaultArguments } from '../training/training-arguments.ts';
import type { Checkpoint } from './checkpoints.ts';
import { database, DATABASE_NAME } from './database.ts';
import { createRun, type Run, type RunInputs } from './runs.ts';

export const emptyDatabase = () => deleteDB(DATABASE_NAME);

/** Empties what runs store, and keeps what is known of the computer: to check its GPU again takes seconds. */
export async function forgetRuns(): Promise<void> {
  const stores = ['runs', 'inputs', 'metrics', 'evaluations', 'chunks', 'manifests'] as const;
  const tx = (await database()).transaction(stores, 'readwrite');
  await Promise.all([...stores.map((store) => tx.objectStore(store).clear()), tx.done]);
}

const example = {
  id: 'q1',
  title: '',
  question: '日本の首都は？',
  context: '日本の首都は東京都𠮷です。',
  answers: [{ text: '東京都𠮷', answer_start: 6 }],
  is_impossible: false,
};

export const testInputs: RunInputs = {
  train: [example, { ...example, id: 'q2' }],
  evaluation: [{ ...example, id: 'e1' }],
  modelFiles: new Map([
    ['config.json', new Blob(['{"model_type":"deberta-v2"}'])],
    ['spm.model', new Blob([Uint8Array.of(0, 255, 10, 13)])],
  ]),
};

export function testRun(): Promise<Run> {
  const args = { ...defaultArguments, seed: 7 };
  const model = { source: 'built-in' as const, name: 'manabi-small', fingerprint: 'f'.repeat(64) };
  const data = { train: { name: 'train.json' }, evaluation: { name: 'valid.json' } };
  return createRun({ name: 'A run', recipe: 'sample', args, tiles: defaultTiles, model, data }, testInputs);
}

/** Values that tell tensors, places and checkpoints apart, with a NaN and a -0 whose bits must survive. */
function tensor(length: number, seed: number): NamedTensor {
  const data = Float32Array.from({ length }, (_, i) => Math.fround(seed + i / 7));
  data[0] = -0;
  if (length > 1) data[1] = NaN;
  return { shape: [length], data };
}

export interface TestState {
  global_step: number;
  max_steps: number;
  epoch: number;
  log_history: { step: number; loss: number }[];
}

/** Weights of about `megabytes` MiB, moments beside them, one tensor larger than a chunk where there is room. */
export function testCheckpoint(
  step: number,
  megabytes = 0,
): Checkpoint<TestState> & {
  optimizer: { exp_avg: NamedTensors; exp_avg_sq: NamedTensors };
} {
  const names = (seed: number): NamedTensors =>
    new Map([
      ['deberta.embeddings.weight', tensor(megabytes * 2 ** 18 + 5, seed)],
      ['qa_outputs.weight', { shape: [2, 3], data: tensor(6, seed + 1).data }],
      ['qa_outputs.bias', tensor(1, seed + 2)],
    ]);
  return {
    weights: names(step),
    optimizer: { exp_avg: names(step + 10), exp_avg_sq: names(step + 20) },
    state: { global_step: step, max_steps: 4, epoch: step / 2, log_history: [{ step, loss: 1 / step }] },
  };
}
