import { expect, test } from 'vitest';
import { quantizeRows, quantizeTable, rowScales, tableScale, transpose } from './quantize.ts';

// What onnxruntime 1.32's quant_utils.quantize_data gives.
test('rows are those of quantize_dynamic, halves rounded to even, a row of zeros with scale 1', () => {
  const data = Float32Array.of(
    ...[1.27, 0.005, 0.015, -0.025, -1.27, 0.4999, 0.1, 0],
    ...[0.0007487457478418946, 0.0016347829950973392, 0.00027276878245174885, -0.0012333287158980966],
    ...[-0.0009582652128301561, 0.0016000190516933799, 0.00020288243831600994, -0.001732134842313826],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
  );
  const scales = rowScales(data, 3);
  expect([...scales]).toEqual([0.009999999776482582, 1.3638857126352377e-5, 1]);
  const values = quantizeRows(data, scales);
  expect([...values]).toEqual([
    ...[127, 0, 2, -2, -127, 50, 10, 0],
    ...[55, 120, 20, -90, -70, 117, 15, -127],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
  ]);
});

test('a table has a zero point', () => {
  const data = Float32Array.of(-0.3, 0.7, 0.05, 0.25, 0.1, -0.0125);
  const scale = tableScale(data);
  expect(scale).toEqual({ scale: 0.003921568859368563, zeroPoint: 77 });
  expect([...quantizeTable(data, scale)]).toEqual([1, 255, 90, 141, 102, 74]);
});

test('[out, in] becomes [in, out]', () => {
  expect([...transpose(Int8Array.of(1, 2, 3, 4, 5, 6), 2)]).toEqual([1, 4, 2, 5, 3, 6]);
});
