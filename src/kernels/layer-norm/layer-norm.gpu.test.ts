import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layerNorm as composedNorm, spread } from '../../model/composed/operations.ts';
import { Gpu } from '../../devices/gpu/device.ts';
import { dropoutKey, dropoutMask } from '../dropout/dropout.ts';
import { allocate, download, downloadHalf, runCalls, upload, uploadHalf } from '../../devices/gpu/harness.ts';
import { relativeError, values } from '../test-values.ts';
import { layerNorm } from './layer-norm.ts';
import { addNormPartials, layerNormGrad, PARTIAL_ROWS, partialLength } from './layer-norm-grad.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
  await tf.setBackend('cpu');
});
afterAll(() => gpu.dispose());

const eps = 1e-7;
const seed = 31;
const microBatch = 2;

function stepState() {
  const state = new Uint32Array(64);
  state.set([seed, microBatch], 13);
  return upload(gpu, state);
}

const maskOf = (site: number, length: number, p: number) =>
  dropoutMask(dropoutKey(seed, microBatch, site), length, p);

// Below, across and at many times the 128 threads of a workgroup; rows below and across a block of partial sums.
describe.each([
  [1, 5],
  [21, 99],
  [33, 130],
  [17, 768],
])('%i rows of %i', (rows, width) => {
  const x = values(rows * width, 1).map((value, i) => value + (i % 7));
  const [weight, bias, dy] = [values(width, 2), values(width, 3), values(rows * width, 4)];
  const dropout = 0.3;
  const site = 4;
  const real = Uint32Array.from({ length: rows }, (_, row) => Number(row % 3 !== 1));

  /** The composed form, with what follows a norm at the embeddings when `after` is set. */
  const reference = (after: boolean) => {
    const f = (...[input, w, b]: tf.Tensor[]) => {
      const y = composedNorm(input, w, b, eps);
      if (!after) return y;
      const mask = spread(tf.tensor2d(Float32Array.from(real), [rows, 1]), width);
      return tf.mul(tf.mul(y, mask), tf.tensor2d(maskOf(site, rows * width, dropout), [rows, width]));
    };
    const inputs = [tf.tensor2d(x, [rows, width]), tf.tensor1d(weight), tf.tensor1d(bias)];
    const { value, grads } = tf.valueAndGrads(f)(inputs, tf.tensor2d(dy, [rows, width]));
    return { y: value.dataSync(), grads: grads.map((gradient) => gradient.dataSync()) };
  };

  test.each([false, true])('forward and backward, with mask and dropout: %s', async (after) => {
    const drop = { state: stepState(), site, dropout };
    const norm = {
      label: 'norm',
      x: upload(gpu, x),
      weight: upload(gpu, weight),
      rows,
      width,
      eps,
      ...(after ? { mask: upload(gpu, real), drop } : {}),
    };
    const [y, dx] = [allocate(gpu, rows * width), allocate(gpu, rows * width)];
    // Room before the partial sums, and gradients that are not zero: both are added to.
    const partials = allocate(gpu, 8 + partialLength(rows, width));
    const gradients = upload(gpu, new Float32Array(2 * width + 3).fill(1));
    await runCalls(gpu, [
      layerNorm({ ...norm, bias: upload(gpu, bias), y }),
      layerNormGrad({ ...norm, dy: upload(gpu, dy), dx, partials, partialOffset: 8 }),
      addNormPartials({
        label: 'sums',
        width,
        norms: [
          {
            partialOffset: 8,
            blocks: Math.ceil(rows / PARTIAL_ROWS),
            weightOffset: 3,
            biasOffset: 3 + width,
          },
        ],
        partials,
        gradients,
      }),
    ]);
    const wanted = reference(after);
    expect(relativeError(await download(gpu, y), wanted.y)).toBeLessThan(2e-6);
    expect(relativeError(await download(gpu, dx), wanted.grads[0])).toBeLessThan(5e-6);
    const sums = (await download(gpu, gradients)).map((value) => value - 1);
    expect(relativeError(sums.subarray(3, 3 + width), wanted.grads[1])).toBeLessThan(5e-6);
    expect(relativeError(sums.subarray(3 + width), wanted.grads[2])).toBeLessThan(5e-6);
    expect([...sums.subarray(0, 3)]).toEqual([0, 0, 0]);
  });

  if (width % 4 === 0)
    test('a float16 result is the float32 one, rounded', async () => {
      const norm = { label: 'norm', rows, width, eps, x: upload(gpu, x), weight: upload(gpu, weight) };
      const y = uploadHalf(gpu, new Float32Array(rows * width));
      await runCalls(gpu, [layerNorm({ ...norm, bias: upload(gpu, bias), y })]);
      expect(relativeError(await downloadHalf(gpu, y), reference(false).y)).toBeLessThan(1 / 2048);
    });

  test('the gradient of a dropped branch beside its residual', async () => {
    const [dx, dropped] = [allocate(gpu, rows * width), allocate(gpu, rows * width)];
    await runCalls(gpu, [
      layerNormGrad({
        label: 'norm',
        x: upload(gpu, x),
        weight: upload(gpu, weight),
        rows,
        width,
        eps,
        dy: upload(gpu, dy),
        dx,
        dropped: { y: dropped, drop: { state: stepState(), site, dropout } },
        partials: allocate(gpu, partialLength(rows, width)),
        partialOffset: 0,
      }),
    ]);
    const all = await download(gpu, dx);
    const mask = maskOf(site, rows * width, dropout);
    expect(relativeError(all, reference(false).grads[0])).toBeLessThan(5e-6);
    expect(
      relativeError(
        await download(gpu, dropped),
        all.map((value, i) => value * mask[i]),
      ),
    ).toBeLessThan(1e-6);
  });
});
