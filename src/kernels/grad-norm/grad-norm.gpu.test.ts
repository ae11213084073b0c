import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepState } from '../../engine/state.ts';
import { Gpu } from '../../devices/gpu/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { values } from '../test-values.ts';
import { describeGradNorm } from './grad-norm.cases.ts';
import { clipFactor, lossScaling, NORM_PARTS, squareSums } from './grad-norm.ts';

describeGradNorm(() => Gpu.open(navigator.gpu));

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
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
const LOSS_SCALE = 20;

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
