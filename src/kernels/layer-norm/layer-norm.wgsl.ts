import type { WgslForm } from '../kernel.ts';
import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';
import { elementType, HALF_WGSL, stored } from '../wgsl/storage.ts';

export const THREADS = 128;

/** Sums a vec3 over the workgroup; every thread gets the sum. The order of additions is fixed. */
export const WORKGROUP_SUM_WGSL = /* wgsl */ `
var<workgroup> sums: array<vec3<f32>, ${THREADS}>;
var<workgroup> group_sums: array<vec3<f32>, ${THREADS / 8}>;
fn workgroup_sum(t: u32, value: vec3<f32>) -> vec3<f32> {
  sums[t] = value;
  workgroupBarrier();
  if (t < ${THREADS / 8}u) {
    var part = vec3<f32>(0.0);
    for (var i = 0u; i < 8u; i++) { part += sums[8u * t + i]; }
    group_sums[t] = part;
  }
  workgroupBarrier();
  var sum = vec3<f32>(0.0);
  for (var i = 0u; i < ${THREADS / 8}u; i++) { sum += group_sums[i]; }
  return sum;
}
`;

/** What a thread takes at once of a row: a vector of 4 where the width allows, else one value; `V` in the code. */
export function unitOf(width: number): { size: number; code: string } {
  const size = width % 4 === 0 ? 4 : 1;
  const code =
    size === 4
      ? /* wgsl */ `
alias V = vec4<f32>;
fn total(v: V) -> f32 { return dot(v, V(1.0)); }
fn drop_mask(key: u32, index: u32, p: f32) -> V { return dropout_scale4(key, index, p); }`
      : /* wgsl */ `
alias V = f32;
fn total(v: V) -> f32 { return v; }
fn drop_mask(key: u32, index: u32, p: f32) -> V { return dropout_scale(key, index, p); }`;
  return { size, code };
}

/** Units of a row per thread, held in registers. */
export function perThread(width: number): number {
  return Math.ceil(width / unitOf(width).size / THREADS);
}

/** One workgroup per row. `mask`, `dropped`: which of the optional bindings there are; `half`: y is float16. */
export function layerNormWgsl(options: {
  rows: number;
  width: number;
  mask: boolean;
  dropped: boolean;
  half: boolean;
}): WgslForm {
  const { rows, width, mask, dropped, half } = options;
  const { size, code } = unitOf(width);
  const yAccess = half ? 'half' : 'vector';
  return {
    code: /* wgsl */ `
${STEP_STATE_WGSL}${DROPOUT_WGSL}${GROUP_INDEX_WGSL}${WORKGROUP_SUM_WGSL}${code}${half ? HALF_WGSL : ''}
struct Uniforms { rows: u32, width: u32, eps: f32, site: u32, dropout: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<V>;
@group(0) @binding(2) var<storage, read> weight: array<V>;
@group(0) @binding(3) var<storage, read> bias: array<V>;
@group(0) @binding(4) var<storage, read_write> y: array<${half ? elementType.half : 'V'}>;
${mask ? '@group(0) @binding(5) var<storage, read> mask: array<u32>;' : ''}
${dropped ? `@group(0) @binding(${mask ? 6 : 5}) var<storage, read> state: StepState;` : ''}
const PER_THREAD = ${perThread(width)}u;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let row = group_index(group);
  if (row >= u.rows) { return; }
  let units = u.width / ${size}u;
  var values: array<V, PER_THREAD>;
  var sum = 0.0;
  for (var j = 0u; j < PER_THREAD; j++) {
    let c = j * ${THREADS}u + t;
    if (c < units) { values[j] = x[row * units + c]; sum += total(values[j]); }
  }
  let mean = workgroup_sum(t, vec3<f32>(sum)).x / f32(u.width);
  var squares = 0.0;
  for (var j = 0u; j < PER_THREAD; j++) {
    let c = j * ${THREADS}u + t;
    if (c < units) { values[j] -= mean; squares += total(values[j] * values[j]); }
  }
  let inverse = 1.0 / sqrt(workgroup_sum(t, vec3<f32>(squares)).x / f32(u.width) + u.eps);
  ${dropped ? 'let key = dropout_key(state.seed, state.micro_batch, u.site);' : ''}
  for (var j = 0u; j < PER_THREAD; j++) {
    let c = j * ${THREADS}u + t;
    if (c >= units) { break; }
    let i = row * units + c;
    var value = values[j] * inverse * weight[c] + bias[c];
    ${mask ? 'if (mask[row] == 0u) { value = V(0.0); }' : ''}
    ${dropped ? `value *= drop_mask(key, i * ${size}u, u.dropout);` : ''}
    y[i] = ${stored(yAccess, 'value')};
  }
}`,
    workgroups: grid(rows),
  };
}
