import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../../devices/gpu/device.ts';
import { allocate, download, downloadHalf, runCalls, upload, uploadHalf } from '../../devices/harness.ts';
import { relativeError, values } from '../test-values.ts';
import { describeLayerNorm } from './layer-norm.cases.ts';
import { layerNorm } from './layer-norm.ts';

describeLayerNorm(() => Gpu.open(navigator.gpu));

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
});
afterAll(() => gpu.dispose());

test('a float16 result is the float32 one, rounded', async () => {
  const [rows, width] = [17, 768];
  const norm = {
    label: 'norm',
    rows,
    width,
    eps: 1e-7,
    x: upload(gpu, values(rows * width, 1)),
    weight: upload(gpu, values(width, 2)),
    bias: upload(gpu, values(width, 3)),
  };
  const whole = allocate(gpu, rows * width);
  const half = uploadHalf(gpu, new Float32Array(rows * width));
  await runCalls(gpu, [layerNorm({ ...norm, y: whole }), layerNorm({ ...norm, y: half })]);
  expect(relativeError(await downloadHalf(gpu, half), await download(gpu, whole))).toBeLessThan(1 / 2048);
});
