import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepState } from '../../engine/state.ts';
import { Gpu } from '../../devices/gpu/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/gpu/harness.ts';
import { values } from '../test-values.ts';
import { clipFactor, lossScaling, NORM_PARTS, squareSums } from './grad-norm.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
  await tf.setBackend('cpu');
});
afterAll(() => gpu.dispose());

const optimizerStep = {
  learning_rate: 1e-3,
  adam_beta1: 0.9,
  adam_beta2: 0.999,
  adam_epsilon: 1e-8,
  weight_decay: 0,
  max_grad_norm: 1,
  dropoutSeed: 0,
};
const MAX_GRAD_NORM = 9;
const CLIP = 10;
const GRAD_NORM = 11;
const LOSS_SCALE = 20;

// Less than one vector per thread, and more than one round of all threads.
const slabs = [values(64, 1, 0.3), values(4 * 128 * NORM_PARTS + 192, 2, 0.01)];

test.each([1, 100, 0])('norm over all slabs and the clipping factor for max_grad_norm %f', async (max) => {
  const initial = new Float32Array(64);
  initial[MAX_GRAD_NORM] = max;
  initial[LOSS_SCALE] = 2;
  const state = upload(gpu, initial);
  const partials = allocate(gpu, NORM_PARTS * slabs.length);
  await runCalls(gpu, [
    ...slabs.map((gradients, slab) =>
      squareSums({
        label: 'sums',
        gradients: upload(gpu, gradients),
        length: gradients.length,
        partials,
        slab,
      }),
    ),
    clipFactor({ label: 'clip', partials, slabs: slabs.length, scaling: false, state }),
  ]);
  const squares = slabs.map((gradients) => tf.sum(tf.square(tf.tensor1d(gradients))));
  const norm = tf.sqrt(tf.addN(squares)).dataSync()[0] / 2;
  // Of the three bounds one clips, one is above the norm, one is off.
  expect(norm).toBeGreaterThan(1);
  expect(norm).toBeLessThan(100);
  const found = await download(gpu, state);
  expect(found[GRAD_NORM] / norm).toBeCloseTo(1, 6);
  // The clipping takes the scale of the loss out of the gradients.
  expect(found[CLIP] * 2).toBeCloseTo(max === 1 ? 1 / (norm + 1e-6) : 1, 6);
});

describe('the scale of the loss', () => {
  const gradients = values(64, 1);
  /** What the step makes of a state of the scaler: [loss_scale, growth_tracker, skipped_steps, applies, correction 1, 2]. */
  async function after(data: Float32Array, scale: number, tracker: number, skipped: number, step: number) {
    const state = new Float32Array(64);
    state.set(new Float32Array(stepState({ ...optimizerStep, step }, 1)));
    state[LOSS_SCALE] = scale;
    const integers = new Uint32Array(state.buffer);
    integers.set([tracker, skipped], LOSS_SCALE + 1);
    const slice = upload(gpu, state);
    const partials = allocate(gpu, NORM_PARTS);
    await runCalls(gpu, [
      squareSums({ label: 'sums', gradients: upload(gpu, data), length: data.length, partials, slab: 0 }),
      clipFactor({ label: 'clip', partials, slabs: 1, scaling: true, state: slice }),
    ]);
    const found = await download(gpu, slice);
    const counts = new Uint32Array(found.buffer).subarray(LOSS_SCALE + 1, LOSS_SCALE + 4);
    return { scale: found[LOSS_SCALE], counts: [...counts], corrections: [...found.subarray(7, 9)] };
  }

  test('backs off at an overflow, which does not apply', async () => {
    const overflow = gradients.with(5, Infinity);
    expect(await after(overflow, 1024, 7, 1, 9)).toMatchObject({ scale: 512, counts: [0, 2, 0] });
    // The sum of squares is beyond float32.
    expect(await after(gradients.with(5, 1e30), 1024, 7, 1, 9)).toMatchObject({ scale: 512 });
  });

  test('grows after an interval without one', async () => {
    expect(await after(gradients, 1024, 7, 0, 9)).toMatchObject({ scale: 1024, counts: [8, 0, 1] });
    const { growth_interval } = lossScaling;
    expect(await after(gradients, 1024, growth_interval - 1, 0, 9)).toMatchObject({
      scale: 2048,
      counts: [0, 0, 1],
    });
  });

  test.each([
    [1, 0],
    [5, 3],
    [2000, 4],
  ])('Adam does not count skipped steps: step %i, %i skipped', async (step, skipped) => {
    const { corrections } = await after(gradients, 8, 0, skipped, step);
    for (const [i, beta] of [0.9, 0.999].entries()) {
      expect(corrections[i] / (1 - beta ** (step - skipped))).toBeCloseTo(1, 6);
    }
  });
});
