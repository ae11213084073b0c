import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gpu } from '../../devices/gpu/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { GELU_WGSL } from './gelu.wgsl.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
});
afterAll(() => gpu.dispose());

/** erf in float64: its Taylor series, which converges fast enough up to 4. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

test('erf, gelu and its derivative are accurate to float32, near zero too', async () => {
  const x = Float32Array.from({ length: 1201 }, (_, i) => (i - 600) / 150).map((v) => (v === 0 ? 1e-5 : v));
  const y = allocate(gpu, 3 * x.length);
  const code = /* wgsl */ `${GELU_WGSL}
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= ${x.length}u) { return; }
  y[3u * id.x] = erf(x[id.x]);
  y[3u * id.x + 1u] = gelu(x[id.x]);
  y[3u * id.x + 2u] = gelu_grad(x[id.x]);
}`;
  const bindings = [upload(gpu, x), y];
  await runCalls(gpu, [
    { label: 'gelu', uniforms: [], bindings, wgsl: { code, workgroups: [20, 1, 1] }, wasm: null },
  ]);
  const found = await download(gpu, y);
  for (const [i, value] of x.entries()) {
    const error = found[3 * i] - erf(value);
    expect(Math.abs(error)).toBeLessThan(2e-7);
    if (Math.abs(value) < 0.1) expect(Math.abs(error / erf(value))).toBeLessThan(1e-5);
    const cdf = 0.5 * (1 + erf(value * Math.SQRT1_2));
    const slope = cdf + (value * Math.exp((-value * value) / 2)) / Math.sqrt(2 * Math.PI);
    expect(Math.abs(found[3 * i + 1] - value * cdf)).toBeLessThan(1e-6);
    expect(Math.abs(found[3 * i + 2] - slope)).toBeLessThan(1e-6);
  }
});
