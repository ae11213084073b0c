import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Gpu } from '../../devices/gpu/device.ts';
import { dropoutKey, dropoutMask } from '../dropout/dropout.ts';
import { allocate, download, downloadHalf, runCalls, upload, uploadHalf } from '../../devices/gpu/harness.ts';
import { matmul } from '../linear/matmul.ts';
import { defaultTiles } from '../linear/tile.ts';
import { relativeError, values } from '../test-values.ts';
import { composedActivation, composedConvolution } from './composed.ts';
import { convActivation, convActivationGrad, convColumns, convColumnsGrad } from './conv.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
  await tf.setBackend('cpu');
});
afterAll(() => gpu.dispose());

// Rows shorter than the kernel's reach among them.
test.each([
  { B: 2, N: 19, H: 12, kernel: 3, groups: 1 },
  { B: 3, N: 7, H: 10, kernel: 5, groups: 2 },
  { B: 2, N: 2, H: 4, kernel: 7, groups: 1 },
])('columns times weight is the convolution: $B x $N x $H, kernel $kernel, groups $groups', async (the) => {
  const { B, N, H, kernel, groups } = the;
  const T = B * N;
  const inside = H / groups;
  const width = inside * kernel;
  const [x, weight, dy, old] = [values(T * H, 1), values(H * width, 2), values(T * H, 3), values(T * H, 4)];
  const [columns, dColumns] = [allocate(gpu, T * H * kernel), allocate(gpu, T * H * kernel)];
  // dx is added to.
  const [y, dx, dWeight] = [allocate(gpu, T * H), upload(gpu, old), allocate(gpu, H * width)];
  const w = { slice: upload(gpu, weight), ld: width, head: inside * width };
  const dySlice = { slice: upload(gpu, dy), ld: H, head: inside };
  const perGroup = (slice: typeof columns) => ({ slice, ld: H * kernel, head: width });
  const common = { label: 'conv', heads: groups };
  const shape = { label: 'columns', B, N, width: H, kernel };
  await runCalls(gpu, [
    convColumns({ ...shape, x: upload(gpu, x), y: columns }),
    matmul(defaultTiles, {
      ...common,
      M: T,
      N: inside,
      K: width,
      a: perGroup(columns),
      b: { ...w, transposed: true },
      c: { slice: y, ld: H, head: inside },
    }),
    matmul(defaultTiles, {
      ...common,
      M: inside,
      N: width,
      K: T,
      a: { ...dySlice, transposed: true },
      b: perGroup(columns),
      c: { slice: dWeight, ld: width, head: inside * width },
    }),
    matmul(defaultTiles, { ...common, M: T, N: width, K: inside, a: dySlice, b: w, c: perGroup(dColumns) }),
    convColumnsGrad({ ...shape, x: dColumns, y: dx }),
  ]);
  const { value, grads } = tf.valueAndGrads((...[input, filter]: tf.Tensor[]) =>
    composedConvolution(input, filter, groups),
  )([tf.tensor3d(x, [B, N, H]), tf.tensor3d(weight, [H, inside, kernel])], tf.tensor3d(dy, [B, N, H]));
  expect(relativeError(await download(gpu, y), value.dataSync())).toBeLessThan(2e-6);
  const added = (await download(gpu, dx)).map((sum, i) => sum - old[i]);
  expect(relativeError(added, grads[0].dataSync())).toBeLessThan(2e-6);
  expect(relativeError(await download(gpu, dWeight), grads[1].dataSync())).toBeLessThan(2e-6);
});

test('columns of float16', async () => {
  const [B, N, width, kernel] = [2, 5, 6, 3];
  const x = uploadHalf(gpu, values(B * N * width, 1));
  const [y, wanted] = [allocate(gpu, B * N * width * kernel), allocate(gpu, B * N * width * kernel)];
  const shape = { label: 'columns', B, N, width, kernel };
  const whole = upload(gpu, await downloadHalf(gpu, x));
  await runCalls(gpu, [convColumns({ ...shape, x, y }), convColumns({ ...shape, x: whole, y: wanted })]);
  expect(await download(gpu, y)).toEqual(await download(gpu, wanted));
});

describe.each(['tanh', 'gelu'] as const)('%s', (act) => {
  test.each([0, 0.25])('of bias, mask and dropout %f, beside the residual', async (dropout) => {
    const [rows, width] = [23, 9];
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
      x: upload(gpu, x),
      bias: upload(gpu, bias),
      mask: upload(gpu, mask),
      drop: { state: upload(gpu, state), site, dropout },
    };
    const [y, dx, dResidual] = [allocate(gpu, length), allocate(gpu, length), allocate(gpu, length)];
    await runCalls(gpu, [
      convActivation({ ...options, residual: upload(gpu, residual), y }),
      convActivationGrad({ ...options, dy: upload(gpu, dy), dx, dResidual }),
    ]);
    const matrix = (data: ArrayLike<number>) => tf.tensor2d(Float32Array.from(data), [rows, width]);
    const masks = Float32Array.from({ length }, (_, i) => mask[Math.floor(i / width)]);
    const dropMask = dropoutMask(dropoutKey(seed, microBatch, site), length, dropout);
    const { value, grads } = tf.valueAndGrads((...[input, rest]: tf.Tensor[]) =>
      composedActivation(input, tf.tensor1d(bias), rest, matrix(masks), matrix(dropMask), act),
    )([matrix(x), matrix(residual)], matrix(dy));
    expect(relativeError(await download(gpu, y), value.dataSync())).toBeLessThan(1e-6);
    expect(relativeError(await download(gpu, dx), grads[0].dataSync())).toBeLessThan(1e-6);
    expect(await download(gpu, dResidual)).toEqual(dy);
  });
});
