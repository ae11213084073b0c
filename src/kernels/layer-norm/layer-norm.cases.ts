import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layerNorm as composedNorm, spread } from '../../model/composed/operations.ts';
import type { Device } from '../../devices/device.ts';
import { dropoutKey, dropoutMask } from '../dropout/dropout.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { relativeError, values } from '../test-values.ts';
import { layerNorm } from './layer-norm.ts';
import { addNormPartials, layerNormGrad, PARTIAL_ROWS, partialLength } from './layer-norm-grad.ts';

/** What holds on every device. */
export function describeLayerNorm(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
    await tf.setBackend('cpu');
  });
  afterAll(() => device.dispose());

  const eps = 1e-7;
  const seed = 31;
  const microBatch = 2;

  function stepState() {
    const state = new Uint32Array(64);
    state.set([seed, microBatch], 13);
    return upload(device, state);
  }

  const maskOf = (site: number, length: number, p: number) =>
    dropoutMask(dropoutKey(seed, microBatch, site), length, p);

  // Below, across and at many times the 128 threads of a workgroup; rows below and across a block of partial sums.
  describe.each([
    [1, 5],
    [21, 99],
    [33, 130],
    [100, 768],
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
        x: upload(device, x),
        weight: upload(device, weight),
        rows,
        width,
        eps,
        ...(after ? { mask: upload(device, real), drop } : {}),
      };
      const [y, dx] = [allocate(device, rows * width), allocate(device, rows * width)];
      // Room before the partial sums, and gradients that are not zero: both are added to.
      const partials = allocate(device, 8 + partialLength(rows, width));
      const gradients = upload(device, new Float32Array(2 * width + 3).fill(1));
      await runCalls(device, [
        layerNorm({ ...norm, bias: upload(device, bias), y }),
        layerNormGrad({ ...norm, dy: upload(device, dy), dx, partials, partialOffset: 8 }),
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
      expect(relativeError(await download(device, y), wanted.y)).toBeLessThan(2e-6);
      expect(relativeError(await download(device, dx), wanted.grads[0])).toBeLessThan(5e-6);
      const sums = (await download(device, gradients)).map((value) => value - 1);
      expect(relativeError(sums.subarray(3, 3 + width), wanted.grads[1])).toBeLessThan(5e-6);
      expect(relativeError(sums.subarray(3 + width), wanted.grads[2])).toBeLessThan(5e-6);
      expect([...sums.subarray(0, 3)]).toEqual([0, 0, 0]);
    });

    test('the gradient of a dropped branch beside its residual', async () => {
      const [dx, dropped] = [allocate(device, rows * width), allocate(device, rows * width)];
      await runCalls(device, [
        layerNormGrad({
          label: 'norm',
          x: upload(device, x),
          weight: upload(device, weight),
          rows,
          width,
          eps,
          dy: upload(device, dy),
          dx,
          dropped: { y: dropped, drop: { state: stepState(), site, dropout } },
          partials: allocate(device, partialLength(rows, width)),
          partialOffset: 0,
        }),
      ]);
      const all = await download(device, dx);
      const mask = maskOf(site, rows * width, dropout);
      expect(relativeError(all, reference(false).grads[0])).toBeLessThan(5e-6);
      expect(
        relativeError(
          await download(device, dropped),
          all.map((value, i) => value * mask[i]),
        ),
      ).toBeLessThan(1e-6);
    });
  });

  test('partial sums of many norms are added to their own gradients', async () => {
    // Several parts of work.
    const [width, blocks, count] = [300, 20, 15];
    const each = partialLength(blocks * PARTIAL_ROWS, width);
    const data = values(count * each, 5);
    const gradients = upload(device, new Float32Array(2 * count * width).fill(2));
    const norms = Array.from({ length: count }, (_, i) => ({
      partialOffset: i * each,
      // Not all alike.
      blocks: blocks - i,
      weightOffset: i * width,
      biasOffset: (2 * count - 1 - i) * width,
    }));
    const partials = upload(device, data);
    await runCalls(device, [addNormPartials({ label: 'sums', width, norms, partials, gradients })]);
    const wanted = new Float64Array(2 * count * width).fill(2);
    for (const norm of norms) {
      for (let block = 0; block < norm.blocks; block++) {
        const row = data.subarray(norm.partialOffset + 2 * width * block);
        for (let c = 0; c < width; c++) {
          wanted[norm.weightOffset + c] += row[c];
          wanted[norm.biasOffset + c] += row[width + c];
        }
      }
    }
    expect(relativeError(await download(device, gradients), wanted)).toBeLessThan(1e-6);
  });
}
