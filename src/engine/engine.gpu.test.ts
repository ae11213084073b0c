import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Gpu } from '../devices/gpu/device.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import { parseConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import { KernelEngine } from './engine.ts';
import { planMemory, type Pass } from './memory.ts';
import { difference, optimizerStep, randomBatch, randomWeights, smallModel } from './test-models.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
  await tf.setBackend('cpu');
});
afterAll(() => gpu.dispose());

const architectures: Record<string, Record<string, unknown>> = {
  'like ku-nlp': {},
  'convolution, tanh': { conv_kernel_size: 3, conv_act: 'tanh', conv_groups: 2 },
  'convolution, gelu': { conv_kernel_size: 3, conv_act: 'gelu' },
  'convolution, one tap': { conv_kernel_size: 1 },
  'own projections, both': { share_att_key: false },
  'own projection, c2p': { share_att_key: false, pos_att_type: ['c2p'], norm_rel_ebd: 'none' },
  'p2c, embedding projection': { pos_att_type: ['p2c'], embedding_size: 16 },
  'absolute positions, token types': {
    relative_attention: false,
    pos_att_type: [],
    position_biased_input: true,
    type_vocab_size: 2,
  },
  'relative parts named, but no relative attention': {
    relative_attention: false,
    position_biased_input: true,
  },
  'head size 6': { hidden_size: 24 },
  'head size 72': { hidden_size: 72, num_attention_heads: 1, num_hidden_layers: 1 },
};

describe.each(Object.keys(architectures))('%s', (name) => {
  test('agrees with the composed form: logits, loss, gradients, a step with dropout', async () => {
    const config = parseConfig({ ...smallModel, ...architectures[name] }, name);
    const weights = randomWeights(config);
    const fused = await KernelEngine.create(gpu, config, weights);
    const composed = new ComposedEngine(config, weights, 'cpu');
    const batch = randomBatch(3, 37, 1);

    const [logits, wantedLogits] = [await fused.evaluate(batch), await composed.evaluate(batch)];
    expect(Math.abs(logits.loss - wantedLogits.loss)).toBeLessThan(1e-5);
    for (const side of ['startLogits', 'endLogits'] as const) {
      const error = logits[side].map((value, i) => Math.abs(value - wantedLogits[side][i]));
      expect(Math.max(...error)).toBeLessThan(2e-5);
    }
    const [found, wanted] = [await fused.gradients(batch), await composed.gradients(batch)];
    expect(difference(found.gradients, wanted.gradients)).toBeLessThan(1e-5);

    for (const engine of [fused, composed]) {
      await engine.trainStep([batch, randomBatch(2, 20, 2)], optimizerStep(1));
      await engine.trainStep([batch], optimizerStep(2));
    }
    const [metrics, wantedMetrics] = [await fused.drainMetrics(), await composed.drainMetrics()];
    for (const [i, { loss, gradNorm }] of wantedMetrics.entries()) {
      expect(Math.abs(metrics[i].loss - loss)).toBeLessThan(2e-5);
      expect(Math.abs(metrics[i].gradNorm / gradNorm - 1)).toBeLessThan(2e-4);
    }
    fused.dispose();
    composed.dispose();
  });
});

test('what the loss does not depend on is left as it is, without decay', async () => {
  const config = parseConfig({ ...smallModel, pos_att_type: [] }, 'test');
  const weights = randomWeights(config);
  const table = 'deberta.encoder.rel_embeddings.weight';
  const [fused, composed] = [
    await KernelEngine.create(gpu, config, weights),
    new ComposedEngine(config, weights, 'cpu'),
  ];
  for (const engine of [fused, composed]) {
    await engine.trainStep([randomBatch(2, 16, 1)], optimizerStep(1));
    expect((await engine.readWeights()).get(table)?.data).toEqual(weights.get(table)?.data);
    engine.dispose();
  }
});

test('a batch cut into parts gives the same loss and gradients', async () => {
  const config = parseConfig(smallModel, 'test');
  const weights = randomWeights(config);
  const batch = randomBatch(4, 24, 5);
  const whole = await KernelEngine.create(gpu, config, weights);
  const cut = await KernelEngine.create(gpu, config, weights, { bindingBytes: 4 * 2 * 24 * 100 });
  const [wanted, found] = [await whole.gradients(batch), await cut.gradients(batch)];
  expect(Math.abs(found.loss - wanted.loss)).toBeLessThan(1e-6);
  expect(difference(found.gradients, wanted.gradients)).toBeLessThan(1e-6);
  whole.dispose();
  cut.dispose();
});

test('two runs are bit-identical; the second step of a shape makes nothing; memory is as planned', async () => {
  const config = parseConfig({ ...smallModel, conv_kernel_size: 3 }, 'test');
  const weights = randomWeights(config);
  const batch = randomBatch(3, 32, 9);
  const runs: NamedTensors[] = [];
  for (let run = 0; run < 2; run++) {
    const before = gpu.counters.liveBytes;
    gpu.counters.peakBytes = before;
    const engine = await KernelEngine.create(gpu, config, weights);
    await engine.trainStep([batch], optimizerStep(1));
    const first = { ...gpu.counters };
    for (let number = 2; number <= 10; number++) await engine.trainStep([batch], optimizerStep(number));
    expect(gpu.counters.buffersCreated).toBe(first.buffersCreated);
    expect(gpu.counters.pipelinesCompiled).toBe(first.pipelinesCompiled);
    expect(gpu.counters.submits - first.submits).toBe(9);
    expect(gpu.counters.passes - first.passes).toBe(9);
    expect(await engine.drainMetrics()).toHaveLength(10);
    runs.push(await engine.readWeights());
    const plan = planMemory(config, [{ ...batch, mode: 'train' }], gpu.device.limits);
    expect(Math.abs((gpu.counters.peakBytes - before) / plan.total - 1)).toBeLessThan(0.02);
    engine.dispose();
  }
  for (const [name, { data }] of runs[0]) expect(runs[1].get(name)?.data, name).toEqual(data);
});

test('reserve makes the large buffers of a run before its first step', async () => {
  const config = parseConfig(smallModel, 'test');
  const before = gpu.counters.liveBytes;
  const engine = await KernelEngine.create(gpu, config, randomWeights(config));
  const passes: Pass[] = [
    { B: 3, N: 32, mode: 'train' },
    { B: 8, N: 40, mode: 'evaluate' },
  ];
  await engine.reserve(passes);
  const { buffersCreated } = gpu.counters;
  await engine.evaluate(randomBatch(8, 40, 1));
  await engine.trainStep([randomBatch(3, 32, 2), randomBatch(2, 24, 3)], optimizerStep(1));
  await engine.drainMetrics();
  // The uniforms of three shapes and of the optimizer, and the staging buffer, twice: it grows.
  expect(gpu.counters.buffersCreated - buffersCreated).toBeLessThanOrEqual(6);
  const { total, fits } = planMemory(config, passes, engine.limits);
  expect(fits).toBe(true);
  expect((gpu.counters.liveBytes - before) / total).toBeCloseTo(1, 1);
  engine.dispose();
  expect(gpu.counters.liveBytes).toBe(before);
});

test('a run without enough memory is refused at once, and a smaller one goes on', async () => {
  const config = parseConfig(smallModel, 'test');
  const engine = await KernelEngine.create(gpu, config, randomWeights(config));
  const { live } = engine.memory();
  const { device } = gpu;
  // No test machine's memory is exhausted for this: the device reports what it would then.
  device.popErrorScope = async () => {
    Reflect.deleteProperty(device, 'popErrorScope');
    await device.popErrorScope();
    return new GPUOutOfMemoryError('test');
  };
  await expect(engine.reserve([{ B: 3, N: 32, mode: 'train' }])).rejects.toMatchObject({
    code: 'gpu-memory',
  });
  expect(engine.memory().live).toBe(live);
  await engine.reserve([{ B: 1, N: 32, mode: 'train' }]);
  await engine.trainStep([randomBatch(1, 32, 2)], optimizerStep(1));
  expect((await engine.drainMetrics())[0].loss).toBeGreaterThan(0);
  engine.dispose();
});
