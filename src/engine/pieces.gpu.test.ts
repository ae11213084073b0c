import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../devices/gpu/device.ts';
import { Pacing } from '../devices/gpu/pacing.ts';
import { parseConfig } from '../model/config.ts';
import { KernelEngine } from './engine.ts';
import { optimizerStep, randomBatch, randomWeights, smallModel } from './test-models.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
});
afterAll(() => gpu.dispose());

/** About 0.3 GFLOP per step at 2 x 48: more than a piece for a processor that plays GPU. */
const config = parseConfig(
  { ...smallModel, hidden_size: 128, intermediate_size: 512, vocab_size: 500 },
  'test',
);
const batch = randomBatch(2, 48, 1);

/** Weights after two steps that are cut so, and how many pieces they were. */
async function train(pacing: Pacing) {
  gpu.pieces.pacing = pacing;
  gpu.pieces.reset();
  const small = parseConfig(smallModel, 'test');
  const engine = await KernelEngine.create(gpu, small, randomWeights(small));
  const batches = [randomBatch(3, 32, 9), randomBatch(2, 17, 3)];
  for (const number of [1, 2]) await engine.trainStep(batches, optimizerStep(number));
  await engine.drainMetrics();
  const weights = await engine.readWeights();
  engine.dispose();
  return { weights, pieces: gpu.pieces.counts.pieces };
}

test('where a step is cut changes nothing in its results, to the bit', async () => {
  const whole = new Pacing(Infinity);
  const [once, cut, learnt] = [await train(whole), await train(new Pacing(0)), await train(new Pacing(2))];
  expect(once.pieces).toBe(4);
  expect(cut.pieces).toBeGreaterThan(100);
  expect(learnt.pieces).toBeGreaterThan(once.pieces);
  for (const [name, { data }] of once.weights) {
    expect(cut.weights.get(name)?.data, name).toEqual(data);
    expect(learnt.weights.get(name)?.data, name).toEqual(data);
  }
});

test('a processor that plays GPU is not held for more than 100 ms, unless by one dispatch, from the first step on', async () => {
  const pacing = new Pacing();
  gpu.pieces.pacing = pacing;
  const cut: number[] = [];
  pacing.learn = (works, ms) => {
    if (works.length > 1) cut.push(ms);
    Pacing.prototype.learn.call(pacing, works, ms);
  };
  const engine = await KernelEngine.create(gpu, config, randomWeights(config));
  for (const number of [1, 2, 3, 4]) {
    gpu.pieces.reset();
    await engine.trainStep([batch], optimizerStep(number));
    await engine.drainMetrics();
    expect(gpu.pieces.counts.pieces).toBeGreaterThan(1);
  }
  engine.dispose();
  // Not the longest: other work on the same processor is not ours to hold back.
  expect(cut.length).toBeGreaterThan(2);
  expect(cut.toSorted((a, b) => a - b)[cut.length >> 1]).toBeLessThan(100);
});

test('a stop is heard while a step is going on, before the next piece but one', async () => {
  gpu.pieces.pacing = new Pacing(0);
  const engine = await KernelEngine.create(gpu, config, randomWeights(config));
  const stop = new AbortController();
  let submitted = 0;
  const { submit } = gpu.pieces;
  gpu.pieces.submit = (works, commands) => {
    submitted++;
    submit.call(gpu.pieces, works, commands);
    // As a message of the page would, in a turn of its own.
    if (submitted === 5) setTimeout(() => stop.abort());
  };
  const step = engine.trainStep([batch], optimizerStep(1), stop.signal);
  await expect(step).rejects.toMatchObject({ name: 'AbortError' });
  expect(submitted).toBeLessThanOrEqual(8);
  Reflect.deleteProperty(gpu.pieces, 'submit');
  engine.dispose();
});
