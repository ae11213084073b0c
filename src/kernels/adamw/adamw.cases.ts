import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adamW as composedAdamW } from '../../model/composed/adam-w.ts';
import type { OptimizerStep } from '../../model/engine.ts';
import { stepState } from '../../engine/state.ts';
import type { Device } from '../../devices/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { relativeError, values } from '../test-values.ts';
import { adamW } from './adamw.ts';

/** What holds on every device. */
export function describeAdamW(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
    await tf.setBackend('cpu');
  });
  afterAll(() => device.dispose());

  const CLIP = 10;
  const APPLIES = 23;

  // More than a workgroup, not whole workgroups; several parts of work.
  test.each([
    [4 * 128 + 68, true],
    [4 * 128 + 68, false],
    [70_004, true],
  ])('five steps of %i elements in place, decayed: %s', async (length, decayed) => {
    const clip = 0.37;
    const weights = values(length, 1, 0.5);
    const slices = {
      weights: upload(device, weights),
      expAvg: allocate(device, length),
      expAvgSq: allocate(device, length),
    };
    let wanted = {
      parameter: tf.tensor1d(weights) as tf.Tensor,
      first: tf.zeros([length]) as tf.Tensor,
      second: tf.zeros([length]) as tf.Tensor,
    };
    for (let number = 1; number <= 5; number++) {
      const step: OptimizerStep = {
        learning_rate: 1e-2 / number,
        adam_beta1: 0.9,
        adam_beta2: 0.999,
        adam_epsilon: 1e-8,
        weight_decay: 0.1,
        max_grad_norm: 1,
        step: number,
        dropoutSeed: 0,
      };
      // Gradients of very different sizes, zeros among them.
      const gradients = values(length, 10 + number).map((g, i) => (i % 9 === 0 ? 0 : g * 10 ** -(i % 5)));
      const state = new Float32Array(64);
      state.set(new Float32Array(stepState(step, 1)));
      state[CLIP] = clip;
      new Uint32Array(state.buffer)[APPLIES] = 1;
      await runCalls(device, [
        adamW({
          label: 'adamw',
          length,
          decayed,
          ...slices,
          gradients: upload(device, gradients),
          state: upload(device, state),
        }),
      ]);
      wanted = composedAdamW(wanted.parameter, tf.mul(tf.tensor1d(gradients), clip), wanted, step, decayed);
    }
    const moved = (found: ArrayLike<number>) => weights.map((value, i) => found[i] - value);
    const found = await download(device, slices.weights);
    expect(relativeError(found, wanted.parameter.dataSync())).toBeLessThan(3e-7);
    // What the steps moved, against what they should have.
    expect(relativeError(moved(found), moved(wanted.parameter.dataSync()))).toBeLessThan(1e-5);
    expect(relativeError(await download(device, slices.expAvg), wanted.first.dataSync())).toBeLessThan(1e-6);
    expect(relativeError(await download(device, slices.expAvgSq), wanted.second.dataSync())).toBeLessThan(
      1e-6,
    );
  });
}
