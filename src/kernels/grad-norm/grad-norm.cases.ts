import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../../devices/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { values } from '../test-values.ts';
import { clipFactor, NORM_PARTS, squareSums } from './grad-norm.ts';

/** What holds on every device. */
export function describeGradNorm(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
    await tf.setBackend('cpu');
  });
  afterAll(() => device.dispose());

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
    const state = upload(device, initial);
    const partials = allocate(device, NORM_PARTS * slabs.length);
    await runCalls(device, [
      ...slabs.map((gradients, slab) =>
        squareSums({
          label: 'sums',
          gradients: upload(device, gradients),
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
    const found = await download(device, state);
    expect(found[GRAD_NORM] / norm).toBeCloseTo(1, 6);
    // The clipping takes the scale of the loss out of the gradients.
    expect(found[CLIP] * 2).toBeCloseTo(max === 1 ? 1 / (norm + 1e-6) : 1, 6);
  });
}
