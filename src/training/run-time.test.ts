import { expect, test } from 'vitest';
import { addWork, noWork, secondsOf, workOf } from '../engine/work.ts';
import { smallModel } from '../engine/test-models.ts';
import { padBatch } from '../features/batches.ts';
import type { Feature } from '../features/feature.ts';
import { parseConfig } from '../model/config.ts';
import { Mt19937 } from '../random/mt19937.ts';
import { runSeconds, runWork, type RowLengths } from './run-time.ts';
import { rowOrder } from './steps.ts';
import { recipes, type TrainingArguments } from './training-arguments.ts';

const config = parseConfig(
  { ...smallModel, hidden_size: 96, intermediate_size: 384, max_position_embeddings: 512 },
  'test',
);

const rates = { products: 50e9, attention: 10e9, copies: 10e9 };

/** Rows whose lengths are spread as those of a data set are. */
function rowsOf(count: number, seed: number): Feature[] {
  const generator = new Mt19937(seed);
  return Array.from({ length: count }, () => {
    const length = Math.min(192, Math.max(8, Math.round(80 + 30 * generator.normal())));
    const values = new Int32Array(length);
    return { inputIds: values, tokenTypeIds: values, startPosition: 1, endPosition: 2 } as unknown as Feature;
  });
}

function lengthsOf(train: Feature[], evaluation: number): RowLengths {
  const histogram = Array.from({ length: 6 }, () => 0);
  for (const { inputIds } of train) histogram[Math.floor((inputIds.length - 1) / 32)]++;
  return { rows: { train: train.length, evaluation }, histogram, questions: { evaluation } };
}

const padding: [string, Partial<TrainingArguments>][] = [
  ['to the longest of the batch, in 32s', {}],
  ['to the longest of the batch exactly', { pad_to_multiple_of: 0 }],
  ['to the full length', { pad_to_max_length: true }],
  ['with rows of one length together', { group_by_length: true, pad_to_multiple_of: 4 }],
  ['with two batches per update', { gradient_accumulation_steps: 2 }],
  ['with batches of two', { per_device_train_batch_size: 2 }],
];

test.each(padding)('a run takes as long as its batches within a tenth: padded %s', (_, changes) => {
  const args: TrainingArguments = { ...recipes.sample, eval_strategy: 'no', num_train_epochs: 2, ...changes };
  const train = rowsOf(400, 5);
  let wanted = noWork;
  for (const epoch of [0, 1]) {
    const order = rowOrder(train, args, epoch);
    const size = args.per_device_train_batch_size;
    for (let at = 0; at < order.length; at += size) {
      const { B, N } = padBatch(
        Array.from(order.slice(at, at + size), (row) => train[row]),
        0,
        args,
      );
      const update = (at / size) % args.gradient_accumulation_steps === 0;
      wanted = addWork(wanted, workOf(config, { B, N }, 'train', { update }));
    }
  }
  const found = runWork(config, args, lengthsOf(train, 0));
  expect(Math.abs(secondsOf(found, rates) / secondsOf(wanted, rates) - 1)).toBeLessThan(0.1);
});

test('evaluations, answers before and after, and layers that are computed again add to the time', () => {
  const args = { ...recipes.sample, num_train_epochs: 2 };
  const train = rowsOf(400, 5);
  const seconds = (evaluation: number, changes: Partial<TrainingArguments> = {}, again = false) =>
    runSeconds(config, { ...args, ...changes }, lengthsOf(train, evaluation), rates, again);
  const [plain, evaluated] = [seconds(0), seconds(400)];
  // Forward alone is a third of a step: as many rows twice for the losses, and twice for the answers.
  expect((evaluated - plain) / plain).toBeGreaterThan(0.4);
  expect((evaluated - plain) / plain).toBeLessThan(0.8);
  expect(seconds(400, { eval_strategy: 'no' })).toBeLessThan(evaluated);
  expect(seconds(0, {}, true) / plain).toBeCloseTo(4 / 3, 1);
  expect(seconds(0, { num_train_epochs: 4 }) / plain).toBeCloseTo(2, 5);
});
