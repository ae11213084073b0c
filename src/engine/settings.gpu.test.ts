import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../devices/gpu/device.ts';
import { lossScaling } from '../kernels/grad-norm/grad-norm.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import { parseConfig } from '../model/config.ts';
import { float32 } from '../model/engine.ts';
import { trainedParameters } from '../model/parameters.ts';
import { KernelEngine } from './engine.ts';
import { planMemory } from './memory.ts';
import { difference, optimizerStep, randomBatch, randomWeights, smallModel } from './test-models.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
  await tf.setBackend('cpu');
});
afterAll(() => gpu.dispose());

const config = parseConfig({ ...smallModel, conv_kernel_size: 3 }, 'test');
const weights = randomWeights(config);
const half = { ...float32, fp16: true };
const frozen = { ...float32, freeze_embeddings: true };
const create = (settings: typeof float32, device = gpu) =>
  KernelEngine.create(device, config, weights, { settings });

test('fp16 comes near to float32: logits, loss, gradients without the scale of the loss', async () => {
  const [exact, engine] = [await create(float32), await create(half)];
  const batch = randomBatch(3, 37, 1);
  const [found, wanted] = [await engine.gradients(batch), await exact.gradients(batch)];
  expect(Math.abs(found.loss / wanted.loss - 1)).toBeLessThan(2e-3);
  const error = difference(found.gradients, wanted.gradients);
  expect(error).toBeLessThan(1e-2);
  // It is float16 indeed: float32 engines differ by 1e-5 at most.
  expect(error).toBeGreaterThan(1e-4);
  const [logits, exactLogits] = [await engine.evaluate(batch), await exact.evaluate(batch)];
  const differences = logits.startLogits.map((value, i) => Math.abs(value - exactLogits.startLogits[i]));
  const largest = Math.max(...exactLogits.startLogits.map(Math.abs));
  expect(Math.max(...differences) / largest).toBeLessThan(5e-3);
  exact.dispose();
  engine.dispose();
});

test('with fp16 two runs are bit-identical, learn as float32 does, and take the memory that was planned', async () => {
  const batch = randomBatch(3, 32, 9);
  const run = async (settings: typeof float32) => {
    const fresh = await Gpu.open(navigator.gpu);
    const engine = await create(settings, fresh);
    for (let number = 1; number <= 8; number++) await engine.trainStep([batch], optimizerStep(number));
    const losses = (await engine.drainMetrics()).map(({ loss }) => loss);
    const trained = await engine.readWeights();
    const plan = planMemory(config, [{ ...batch, mode: 'train' }], fresh.memory, settings);
    expect(Math.abs(fresh.counters.peakBytes / plan.total - 1)).toBeLessThan(0.02);
    engine.dispose();
    fresh.dispose();
    return { losses, trained };
  };
  const [first, second, exact] = [await run(half), await run(half), await run(float32)];
  expect(second.losses).toEqual(first.losses);
  for (const [name, { data }] of first.trained) expect(second.trained.get(name)?.data, name).toEqual(data);
  for (const [i, loss] of exact.losses.entries())
    expect(Math.abs(first.losses[i] / loss - 1)).toBeLessThan(1e-2);
  expect(first.losses[7]).toBeLessThan(first.losses[0]);
});

test('a step whose gradients overflow changes nothing but the scale; the scaler is kept with the moments', async () => {
  const engine = await create(half);
  const batch = randomBatch(2, 16, 3);
  await engine.trainStep([batch], optimizerStep(1));
  const before = { weights: await engine.readWeights(), optimizer: await engine.readOptimizer() };
  expect(before.optimizer.scaler).toEqual({
    loss_scale: lossScaling.init_scale,
    growth_tracker: 1,
    skipped_steps: 0,
  });
  await engine.writeOptimizer({
    ...before.optimizer,
    scaler: { loss_scale: 2 ** 40, growth_tracker: 5, skipped_steps: 0 },
  });
  await engine.trainStep([batch], optimizerStep(2));
  const [, skipped] = await engine.drainMetrics();
  expect(skipped.loss).toBeGreaterThan(0);
  expect(Number.isFinite(skipped.gradNorm)).toBe(false);
  const after = await engine.readOptimizer();
  expect(after.scaler).toEqual({ loss_scale: 2 ** 39, growth_tracker: 0, skipped_steps: 1 });
  expect(difference(await engine.readWeights(), before.weights)).toBe(0);
  expect(difference(after.exp_avg, before.optimizer.exp_avg)).toBe(0);
  engine.dispose();
});

test('fp16 is reengine where it cannot be had', async () => {
  const odd = parseConfig({ ...smallModel, hidden_size: 24 }, 'odd');
  const created = KernelEngine.create(gpu, odd, randomWeights(odd), { settings: half });
  await expect(created).rejects.toMatchObject({ code: 'engine-fp16-sizes' });
  expect(() => new ComposedEngine(config, weights, 'cpu', half)).toThrow(/WebGPU/);
});

test('frozen embeddings stay; all else is trained as in the composed form, with less memory', async () => {
  const fresh = await Gpu.open(navigator.gpu);
  const engine = await create(frozen, fresh);
  const composed = new ComposedEngine(config, weights, 'cpu', frozen);
  const batch = randomBatch(3, 20, 4);
  const [found, wanted] = [await engine.gradients(batch), await composed.gradients(batch)];
  expect([...found.gradients.keys()].toSorted()).toEqual(trainedParameters(config, frozen).toSorted());
  expect(difference(found.gradients, wanted.gradients)).toBeLessThan(1e-5);
  for (const each of [engine, composed]) await each.trainStep([batch], optimizerStep(1));
  const [metrics, wantedMetrics] = [await engine.drainMetrics(), await composed.drainMetrics()];
  expect(Math.abs(metrics[0].gradNorm / wantedMetrics[0].gradNorm - 1)).toBeLessThan(2e-4);
  const table = 'deberta.embeddings.word_embeddings.weight';
  for (const each of [engine, composed]) {
    const trained = await each.readWeights();
    expect(trained.get(table)?.data).toEqual(weights.get(table)?.data);
    expect(trained.get('qa_outputs.weight')?.data).not.toEqual(weights.get('qa_outputs.weight')?.data);
    expect((await each.readOptimizer()).exp_avg.has(table)).toBe(false);
  }
  const passes = [{ ...batch, mode: 'train' as const }];
  const plan = planMemory(config, passes, gpu.memory, frozen);
  expect(Math.abs(fresh.counters.peakBytes / plan.total - 1)).toBeLessThan(0.02);
  expect(plan.total).toBeLessThan(planMemory(config, passes, gpu.memory).total);
  engine.dispose();
  fresh.dispose();
  composed.dispose();
});
