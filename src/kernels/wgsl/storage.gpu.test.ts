import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../../devices/gpu/device.ts';
import { allocate, downloadHalf, runCalls, upload, uploadHalf } from '../../devices/harness.ts';
import { HALF_WGSL, valueReader, valueWriter } from './storage.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
});
afterAll(() => gpu.dispose());

test('float16 keeps 11 bits and its range; beyond it, and for NaN, there is infinity', async () => {
  const bits = (pattern: number) => new Float32Array(Uint32Array.of(pattern).buffer)[0];
  const x = Float32Array.of(
    0,
    1,
    -2.5,
    1 / 3,
    65504,
    -65504,
    65505,
    -7e4,
    1e38,
    bits(0x7fc00000),
    6.2e-5,
    -100.03,
  );
  const y = { ...allocate(gpu, x.length / 2), half: true };
  const code = /* wgsl */ `${HALF_WGSL}
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2<u32>>;
@compute @workgroup_size(4) fn main(@builtin(local_invocation_index) t: u32) {
  if (t < ${x.length / 4}u) { y[t] = pack_half4(x[t]); }
}`;
  const bindings = [upload(gpu, x), y];
  await runCalls(gpu, [
    { label: 'pack', uniforms: [], bindings, wgsl: { code, workgroups: [1, 1, 1] }, wasm: null },
  ]);
  const found = await downloadHalf(gpu, y);
  for (const [i, value] of x.entries()) {
    if (Math.abs(value) <= 65504)
      expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(Math.abs(value) / 2048);
    else expect(Math.abs(found[i])).toBe(Infinity);
  }
  expect(found[7]).toBe(-Infinity);
});

test('single values are read and written without their neighbours', async () => {
  const x = Float32Array.of(1, 2, 3, 4, 5, 6);
  const half = uploadHalf(gpu, x);
  const code = /* wgsl */ `${HALF_WGSL}
@group(0) @binding(1) var<storage, read_write> x: array<u32>;
${valueReader('x', true)}${valueWriter('x', true)}
@compute @workgroup_size(1) fn main() {
  set_x(2u, 10.0 * x_at(5u));
  set_x(5u, 10.0 * x_at(0u));
}`;
  const bindings = [half];
  await runCalls(gpu, [
    { label: 'values', uniforms: [], bindings, wgsl: { code, workgroups: [1, 1, 1] }, wasm: null },
  ]);
  expect([...(await downloadHalf(gpu, half))]).toEqual([1, 2, 60, 4, 5, 10]);
});
