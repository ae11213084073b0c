import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../../devices/gpu/device.ts';
import { allocate, download, downloadHalf, runCalls, upload, uploadHalf } from '../../devices/harness.ts';
import { values } from '../test-values.ts';
import { density, describeMatmul, normal, product, worst } from './matmul.cases.ts';
import { matmul } from './matmul.ts';
import { tiles, type TileName } from './tile.ts';

const names = Object.keys(tiles) as TileName[];

describeMatmul(() => Gpu.open(navigator.gpu), names);

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
});
afterAll(() => gpu.dispose());

test.each(names)('float16 matrices: sums in float32, results rounded once, %s', async (name) => {
  const choice = { large: name, small: name };
  const [M, N, K] = [24, 12, 1100];
  const [a, b, other] = [values(M * K, 1), values(N * K, 2), values(M * N, 3)];
  const halves = { a: uploadHalf(gpu, a), b: uploadHalf(gpu, b), other: uploadHalf(gpu, other) };
  const c = uploadHalf(gpu, other);
  const [kept, sum] = [uploadHalf(gpu, new Float32Array(M * N)), allocate(gpu, M * N)];
  const bias = upload(gpu, values(N, 4));
  const common = {
    label: 'test',
    M,
    N,
    K,
    a: { slice: halves.a, ld: K },
    b: { slice: halves.b, ld: K, transposed: true },
  };
  await runCalls(gpu, [
    matmul(choice, { ...common, c: { slice: c, ld: N }, accumulate: true }),
    matmul(choice, {
      ...common,
      c: { slice: sum, ld: N },
      epilogue: { kind: 'gelu', bias, keepSlope: kept },
    }),
  ]);
  const [x, y] = [await downloadHalf(gpu, halves.a), await downloadHalf(gpu, halves.b)];
  const start = await downloadHalf(gpu, halves.other);
  const exact = product(
    M,
    N,
    K,
    (m, k) => x[m * K + k],
    (k, n) => y[n * K + k],
  );
  const unit = 1 / 2048;
  expect(
    worst(
      await downloadHalf(gpu, c),
      exact.map((v, i) => v + start[i]),
    ),
  ).toBeLessThan(unit);
  const linear = exact.map((v, i) => v + values(N, 4)[i % N]);
  const slopes = linear.map((v) => normal(v) + v * density(v));
  expect(worst(await downloadHalf(gpu, kept), slopes)).toBeLessThan(unit);
  expect(
    worst(
      await download(gpu, sum),
      linear.map((v) => v * normal(v)),
    ),
  ).toBeLessThan(5e-6);
});
