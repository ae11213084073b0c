import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../../devices/gpu/device.ts';
import { allocate, download, downloadHalf, runCalls, upload, uploadHalf } from '../../devices/harness.ts';
import { values } from '../test-values.ts';
import { describeConv } from './conv.cases.ts';
import { convColumns } from './conv.ts';

describeConv(() => Gpu.open(navigator.gpu));

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
});
afterAll(() => gpu.dispose());

test('columns of float16', async () => {
  const [B, N, width, kernel] = [2, 5, 6, 3];
  const x = uploadHalf(gpu, values(B * N * width, 1));
  const [y, wanted] = [allocate(gpu, B * N * width * kernel), allocate(gpu, B * N * width * kernel)];
  const shape = { label: 'columns', B, N, width, kernel };
  const whole = upload(gpu, await downloadHalf(gpu, x));
  await runCalls(gpu, [convColumns({ ...shape, x, y }), convColumns({ ...shape, x: whole, y: wanted })]);
  expect(await download(gpu, y)).toEqual(await download(gpu, wanted));
});
