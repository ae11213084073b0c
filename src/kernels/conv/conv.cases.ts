import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../devices/device.ts';
import { dropoutKey, dropoutMask } from '../dropout/dropout.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { relativeError, values } from '../test-values.ts';
import { composedActivation, composedConvolution } from './composed.ts';
import { convActivation, convActivationGrad, convColumns, convColumnsGrad } from './conv.ts';

/** What holds on every device. */
export function describeConv(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
    await tf.setBackend('cpu');
  });
  afterAll(() => device.dispose());

  // Rows shorter than the kernel's reach among them.
  test.each([
    { B: 2, N: 19, H: 12, kernel: 3, groups: 1 },
    { B: 3, N: 7, H: 10, kernel: 5, groups: 2 },
    { B: 2, N: 2, H: 4, kernel: 7, groups: 1 },
    // Several parts.
    { B: 4, N: 60, H: 64, kernel: 3, groups: 1 },
  ])('columns times weight is the convolution: $B x $N x $H, kernel $kernel, groups $groups', async (the) => {
    const { B, N, H, kernel, groups } = the;
    const T = B * N;
    const inside = H / groups;
    const width = inside * kernel;
    const [x, weight, dy, old] = [values(T * H, 1), values(H * width, 2), values(T * H, 3), values(T * H, 4)];
    /** [rows, groups, columns] of the groups' matrices side by side <-> [groups, rows, columns]. */
    const perGroup = (data: Float32Array, columns: number) =>
      tf.transpose(tf.tensor3d(data, [T, groups, columns]), [1, 0, 2]);
    const sideBySide = (tensor: tf.Tensor) =>
      tf.transpose(tensor, [1, 0, 2]).dataSync() as Float32Array<ArrayBuffer>;
    const w = tf.tensor3d(weight, [groups, inside, width]);
    const columns = allocate(device, T * H * kernel);
    // dx is added to.
    const dx = upload(device, old);
    const dColumns = upload(device, sideBySide(tf.matMul(perGroup(dy, inside), w)));
    const shape = { label: 'columns', B, N, width: H, kernel };
    await runCalls(device, [
      convColumns({ ...shape, x: upload(device, x), y: columns }),
      convColumnsGrad({ ...shape, x: dColumns, y: dx }),
    ]);
    const y = sideBySide(tf.matMul(perGroup(await download(device, columns), width), w, false, true));
    const { value, grads } = tf.valueAndGrads((...[input, filter]: tf.Tensor[]) =>
      composedConvolution(input, filter, groups),
    )([tf.tensor3d(x, [B, N, H]), tf.tensor3d(weight, [H, inside, kernel])], tf.tensor3d(dy, [B, N, H]));
    expect(relativeError(y, value.dataSync())).toBeLessThan(2e-6);
    const added = (await download(device, dx)).map((sum, i) => sum - old[i]);
    expect(relativeError(added, grads[0].dataSync())).toBeLessThan(2e-6);
  });

  // The last is several parts of work.
  describe.each([
    ['tanh', 23, 9],
    ['gelu', 23, 9],
    ['tanh', 300, 64],
    ['gelu', 300, 64],
  ] as const)('%s, %i rows of %i', (act, rows, width) => {
    test.each([0, 0.25])('of bias, mask and dropout %f, beside the residual', async (dropout) => {
      const [seed, microBatch, site] = [77, 1, 6];
      const length = rows * width;
      // From the range where tanh is a series to where it is 1.
      const x = values(length, 1, 4).map((value, i) => (i % 4 === 0 ? value / 50 : value));
      const [bias, residual, dy] = [values(width, 2, 0.1), values(length, 3), values(length, 4)];
      const mask = Uint32Array.from({ length: rows }, (_, row) => Number(row % 4 !== 3));
      const state = new Uint32Array(64);
      state.set([seed, microBatch], 13);
      const options = {
        label: 'activation',
        rows,
        width,
        act,
        x: upload(device, x),
        bias: upload(device, bias),
        mask: upload(device, mask),
        drop: { state: upload(device, state), site, dropout },
      };
      const [y, dx, dResidual] = [
        allocate(device, length),
        allocate(device, length),
        allocate(device, length),
      ];
      await runCalls(device, [
        convActivation({ ...options, residual: upload(device, residual), y }),
        convActivationGrad({ ...options, dy: upload(device, dy), dx, dResidual }),
      ]);
      const matrix = (data: ArrayLike<number>) => tf.tensor2d(Float32Array.from(data), [rows, width]);
      const masks = Float32Array.from({ length }, (_, i) => mask[Math.floor(i / width)]);
      const dropMask = dropoutMask(dropoutKey(seed, microBatch, site), length, dropout);
      const { value, grads } = tf.valueAndGrads((...[input, rest]: tf.Tensor[]) =>
        composedActivation(input, tf.tensor1d(bias), rest, matrix(masks), matrix(dropMask), act),
      )([matrix(x), matrix(residual)], matrix(dy));
      expect(relativeError(await download(device, y), value.dataSync())).toBeLessThan(1e-6);
      expect(relativeError(await download(device, dx), grads[0].dataSync())).toBeLessThan(1e-6);
      expect(await download(device, dResidual)).toEqual(dy);
    });
  });
}
