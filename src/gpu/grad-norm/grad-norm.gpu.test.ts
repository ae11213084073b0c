import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../device.ts';
import { allocate, download, runCalls, upload } from '../harness.ts';
import { values } from '../test-values.ts';
import { clipFactor, NORM_PARTS, squareSums } from './grad-norm.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
  await tf.setBackend('cpu');
});
afterAll(() => gpu.dispose());

const MAX_GRAD_NORM = 9;
const CLIP = 10;
const GRAD_NORM = 11;

// Less than one vector per thread, and more than one round of all threads.
const slabs = [values(64, 1, 0.3), values(4 * 128 * NORM_PARTS + 192, 2, 0.01)];

test.each([1, 100, 0])('norm over all slabs and the clipping factor for max_grad_norm %f', async (max) => {
  const initial = new Float32Array(64);
  initial[MAX_GRAD_NORM] = max;
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
    clipFactor({ label: 'clip', partials, slabs: slabs.length, state }),
  ]);
  const squares = slabs.map((gradients) => tf.sum(tf.square(tf.tensor1d(gradients))));
  const norm = tf.sqrt(tf.addN(squares)).dataSync()[0];
  // Of the three bounds one clips, one is above the norm, one is off.
  expect(norm).toBeGreaterThan(1);
  expect(norm).toBeLessThan(100);
  const found = await download(gpu, state);
  expect(found[GRAD_NORM] / norm).toBeCloseTo(1, 6);
  expect(found[CLIP]).toBeCloseTo(max === 1 ? 1 / (norm + 1e-6) : 1, 6);
});
