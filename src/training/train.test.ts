import { expect, test } from 'vitest';
import { readModelFolder } from '../checkpoint/model-folder.ts';
import { bytesSource } from '../checkpoint/byte-source.ts';
import { openCpu } from '../cli/backend.ts';
import { CpuDevice } from '../devices/cpu/device.ts';
import { KernelEngine } from '../engine/engine.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { Batch, Feature } from '../features/feature.ts';
import type { OptimizerStep } from '../model/engine.ts';
import { goldenFixture, goldenFixtures } from '../parity/fixture-files.ts';
import { below } from '../parity/golden-folder.ts';
import { train } from './train.ts';
import { defaultArguments } from './training-arguments.ts';

const prefix = 'models/qa-trained';
const files = Object.fromEntries(
  below(goldenFixtures(), prefix).map((name) => [name, goldenFixture(`${prefix}/${name}`)]),
);
const sources = Object.entries(files).map(([name, bytes]) => bytesSource(name, bytes));
const { config, tensors, tokenizer } = await readModelFolder(files, sources, 42);
const createEngine = await openCpu();
const pair = tokenizer.encodePair('いつ', '二〇二〇年に開業した。', { max_length: 32, doc_stride: 0 });
const rows: Feature[] = Array.from({ length: 3 }, (_, i) => ({
  ...pair[0],
  exampleId: String(i),
  startPosition: 3,
  endPosition: 4,
}));
const data = { train: rows, evaluation: [], padTokenId: tokenizer.padTokenId };
const args = {
  ...defaultArguments,
  max_seq_length: 32,
  doc_stride: 8,
  per_device_train_batch_size: 2,
  max_steps: 2,
};

async function errorOf(work: Promise<unknown>): Promise<[string, object] | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    return [error.code, error.details];
  }
}

test('why a run cannot begin is told by what has to be changed', async () => {
  const engine = await createEngine(config, tensors);
  const none = { ...data, train: [] };
  expect(await errorOf(train(engine, none, args))).toMatchObject(['training-no-features', {}]);
  const dropped = { ...args, per_device_train_batch_size: 8, dataloader_drop_last: true };
  expect(await errorOf(train(engine, data, dropped))).toEqual(['training-no-batch', { rows: 3, batch: 8 }]);
  const state = await train(engine, data, args);
  expect(await errorOf(train(engine, data, { ...args, max_steps: 1 }, { resumeFrom: state }))).toEqual([
    'training-resume',
    { found: 2, total: 1 },
  ]);
  engine.dispose();
});

test('a run goes on by the steps of its new arguments, as under the Trainer', async () => {
  const engine = await createEngine(config, tensors);
  const state = await train(engine, data, args);
  const longer = await train(
    engine,
    data,
    { ...args, max_steps: 3 },
    { resumeFrom: { ...state, train_batch_size: null, max_steps: 0 } },
  );
  expect([longer.global_step, longer.max_steps]).toEqual([3, 3]);
  engine.dispose();
});

test('a loss that is no number any more ends the run with its step', async () => {
  const engine = await createEngine(config, tensors);
  const wild = { ...args, learning_rate: 1e30, max_grad_norm: 0, max_steps: 4 };
  expect(await errorOf(train(engine, data, wild))).toMatchObject(['training-not-finite', {}]);
  engine.dispose();
});

test('gradients that overflow float16 step after step end the run', async () => {
  const plain = await createEngine(config, tensors);
  // float16 is WebGPU's; what it tells of a step that it skipped is a norm without a number.
  const engine: typeof plain = Object.create(plain, {
    settings: { value: { ...plain.settings, fp16: true } },
    trainStep: { value: plain.trainStep.bind(plain) },
    drainMetrics: {
      value: async () => (await plain.drainMetrics()).map((one) => ({ ...one, gradNorm: Infinity })),
    },
  });
  const long = { ...args, fp16: true, max_steps: 60 };
  expect(await errorOf(train(engine, data, long))).toEqual(['training-overflow', { step: 41, steps: 41 }]);
  plain.dispose();
});

test('a model with fewer positions than max_seq_length is refused before the first step', async () => {
  const short = { ...config, position_biased_input: true, max_position_embeddings: 16 };
  const H = config.hidden_size;
  const table = { shape: [16, H], data: new Float32Array(16 * H) };
  const weights = new Map([...tensors, ['deberta.embeddings.position_embeddings.weight', table]]);
  const engine = await createEngine(short, weights);
  expect(await errorOf(train(engine, data, args))).toMatchObject(['position-limit', { largest: 16 }]);
  const fits = { ...args, max_seq_length: 16, doc_stride: 4, max_steps: 1, pad_to_max_length: false };
  const shorter = rows.map((row) => ({ ...row, inputIds: row.inputIds.slice(0, 12) }));
  expect(await errorOf(train(engine, { ...data, train: shorter }, fits))).toBe(null);
  engine.dispose();
});

test('the loss of the first step is held to that of another machine', async () => {
  const reference = await KernelEngine.create(await CpuDevice.open({ threads: 1 }), config, tensors);
  const engine = await createEngine(config, tensors);
  const asked: number[] = [];
  const expectLoss = async (batches: Batch[], step: OptimizerStep) => {
    asked.push(step.step);
    return reference.stepLoss(batches, step);
  };
  const state = await train(engine, data, args, { expectLoss });
  // Again where the run goes on: this reference does not have what was learnt.
  const longer = train(engine, data, { ...args, max_steps: 3 }, { expectLoss, resumeFrom: state });
  expect(await errorOf(longer)).toMatchObject(['gpu-wrong-loss', { step: 3 }]);
  expect(asked).toEqual([1, 3]);
  engine.dispose();
  reference.dispose();
});
