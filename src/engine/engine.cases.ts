// What holds for the engine on every device.
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../devices/device.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import { parseConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import { KernelEngine } from './engine.ts';
import { planMemory, type Pass } from './memory.ts';
import { difference, optimizerStep, randomBatch, randomWeights, smallModel } from './test-models.ts';

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

export function describeEngine(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
    await tf.setBackend('cpu');
  });
  afterAll(() => device.dispose());

  describe.each(Object.keys(architectures))('%s', (name) => {
    test('agrees with the composed form: logits, loss, gradients, a step with dropout', async () => {
      const config = parseConfig({ ...smallModel, ...architectures[name] }, name);
      const weights = randomWeights(config);
      const engine = await KernelEngine.create(device, config, weights);
      const composed = new ComposedEngine(config, weights, 'cpu');
      const batch = randomBatch(3, 37, 1);

      const [logits, wantedLogits] = [await engine.evaluate(batch), await composed.evaluate(batch)];
      expect(Math.abs(logits.loss - wantedLogits.loss)).toBeLessThan(1e-5);
      for (const side of ['startLogits', 'endLogits'] as const) {
        const error = logits[side].map((value, i) => Math.abs(value - wantedLogits[side][i]));
        expect(Math.max(...error)).toBeLessThan(2e-5);
      }
      const [found, wanted] = [await engine.gradients(batch), await composed.gradients(batch)];
      expect(difference(found.gradients, wanted.gradients)).toBeLessThan(1e-5);

      const told = await engine.stepLoss([batch, randomBatch(2, 20, 2)], optimizerStep(1));
      for (const each of [engine, composed]) {
        await each.trainStep([batch, randomBatch(2, 20, 2)], optimizerStep(1));
        await each.trainStep([batch], optimizerStep(2));
      }
      const [metrics, wantedMetrics] = [await engine.drainMetrics(), await composed.drainMetrics()];
      expect(told).toBeCloseTo(metrics[0].loss, 6);
      for (const [i, { loss, gradNorm }] of wantedMetrics.entries()) {
        expect(Math.abs(metrics[i].loss - loss)).toBeLessThan(2e-5);
        expect(Math.abs(metrics[i].gradNorm / gradNorm - 1)).toBeLessThan(2e-4);
      }
      engine.dispose();
      composed.dispose();
    });
  });

  test('what the loss does not depend on is left as it is, without decay', async () => {
    const config = parseConfig({ ...smallModel, pos_att_type: [] }, 'test');
    const weights = randomWeights(config);
    const table = 'deberta.encoder.rel_embeddings.weight';
    const [engine, composed] = [
      await KernelEngine.create(device, config, weights),
      new ComposedEngine(config, weights, 'cpu'),
    ];
    for (const each of [engine, composed]) {
      await each.trainStep([randomBatch(2, 16, 1)], optimizerStep(1));
      expect((await each.readWeights()).get(table)?.data).toEqual(weights.get(table)?.data);
      each.dispose();
    }
  });

  test('a batch cut into parts gives the same loss and gradients', async () => {
    const config = parseConfig(smallModel, 'test');
    const weights = randomWeights(config);
    const batch = randomBatch(4, 24, 5);
    const whole = await KernelEngine.create(device, config, weights);
    const cut = await KernelEngine.create(device, config, weights, { bindingBytes: 4 * 2 * 24 * 100 });
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
      const fresh = await open();
      const engine = await KernelEngine.create(fresh, config, weights);
      await engine.trainStep([batch], optimizerStep(1));
      const first = { ...fresh.counters };
      for (let number = 2; number <= 10; number++) await engine.trainStep([batch], optimizerStep(number));
      expect(fresh.counters.buffersCreated).toBe(first.buffersCreated);
      expect(fresh.counters.pipelinesCompiled).toBe(first.pipelinesCompiled);
      expect(fresh.counters.submits - first.submits).toBeGreaterThanOrEqual(9);
      expect(await engine.drainMetrics()).toHaveLength(10);
      runs.push(await engine.readWeights());
      const plan = planMemory(config, [{ ...batch, mode: 'train' }], fresh.memory);
      expect(Math.abs(fresh.counters.peakBytes / plan.total - 1)).toBeLessThan(0.02);
      engine.dispose();
      fresh.dispose();
    }
    for (const [name, { data }] of runs[0]) expect(runs[1].get(name)?.data, name).toEqual(data);
  });

  test('a step that is given up leaves no trace: the run is the same to the bit', async () => {
    const config = parseConfig(smallModel, 'test');
    const weights = randomWeights(config);
    const batches = [randomBatch(3, 32, 9), randomBatch(2, 17, 3)];
    const stop = new AbortController();
    stop.abort();
    const [plain, stopped] = await Promise.all(
      [false, true].map(async (gives) => {
        const engine = await KernelEngine.create(device, config, weights);
        await engine.trainStep(batches, optimizerStep(1));
        const given = gives && engine.trainStep(batches, optimizerStep(2), stop.signal);
        if (given) await expect(given).rejects.toBe(stop.signal.reason);
        await engine.trainStep(batches, optimizerStep(2));
        expect(await engine.drainMetrics()).toHaveLength(2);
        const trained = await engine.readWeights();
        engine.dispose();
        return trained;
      }),
    );
    for (const [name, { data }] of plain) expect(stopped.get(name)?.data, name).toEqual(data);
  });

  test.each([{}, { conv_kernel_size: 3 }])(
    'what is computed again is the same to the bit, with less memory, %j',
    async (architecture) => {
      const config = parseConfig({ ...smallModel, ...architecture }, 'test');
      const weights = randomWeights(config);
      const batches = [randomBatch(3, 32, 9), randomBatch(2, 17, 3)];
      const [kept, again] = await Promise.all(
        [false, true].map(async (gradient_checkpointing) => {
          const engine = await KernelEngine.create(device, config, weights, { gradient_checkpointing });
          for (const number of [1, 2]) await engine.trainStep(batches, optimizerStep(number));
          const trained = await engine.readWeights();
          engine.dispose();
          return trained;
        }),
      );
      for (const [name, { data }] of kept) expect(again.get(name)?.data, name).toEqual(data);
      const passes: Pass[] = [{ B: 8, N: 128, mode: 'train' }];
      const total = (recompute: boolean) =>
        planMemory(config, passes, device.memory, undefined, recompute).total;
      expect(total(true)).toBeLessThan(0.9 * total(false));
    },
  );

  test('reserve makes the large buffers of a run before its first step', async () => {
    const config = parseConfig(smallModel, 'test');
    const before = device.counters.liveBytes;
    const engine = await KernelEngine.create(device, config, randomWeights(config));
    const passes: Pass[] = [
      { B: 3, N: 32, mode: 'train' },
      { B: 8, N: 40, mode: 'evaluate' },
    ];
    const plan = planMemory(config, passes, engine.deviceMemory);
    const ownBytes = device.memory.ownBytes(0);
    await engine.reserve(passes, [plan]);
    const { buffersCreated } = device.counters;
    await engine.evaluate(randomBatch(8, 40, 1));
    await engine.trainStep([randomBatch(3, 32, 2), randomBatch(2, 24, 3)], optimizerStep(1));
    await engine.drainMetrics();
    // The uniforms of three shapes and of the optimizer, and the staging buffer, twice: it grows.
    expect(device.counters.buffersCreated - buffersCreated).toBeLessThanOrEqual(6);
    expect(plan.fits).toBe(true);
    expect((device.counters.liveBytes - before + ownBytes) / plan.total).toBeCloseTo(1, 1);
    engine.dispose();
    expect(device.counters.liveBytes).toBe(before);
  });
}
