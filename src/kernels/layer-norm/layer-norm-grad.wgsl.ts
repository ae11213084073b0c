import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import type { WgslForm } from '../kernel.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';
import { perThread, THREADS, unitOf, WORKGROUP_SUM_WGSL } from './layer-norm.wgsl.ts';

/** A workgroup per block of `blockRows` rows. `mask`, `dropped`, `drop`: what of the optional there is. */
export function layerNormGradWgsl(options: {
  rows: number;
  width: number;
  blockRows: number;
  mask: boolean;
  dropped: boolean;
  /** Dropout followed the norm. */
  drop: boolean;
}): WgslForm {
  const { rows, width, blockRows, mask, dropped, drop } = options;
  const state = dropped || drop;
  const extra = Object.entries({ mask, dropped, state }).flatMap(([name, there]) => (there ? [name] : []));
  const at = (name: string) => 6 + extra.indexOf(name);
  const { size, code } = unitOf(width);
  return {
    code: /* wgsl */ `
${STEP_STATE_WGSL}${DROPOUT_WGSL}${GROUP_INDEX_WGSL}${WORKGROUP_SUM_WGSL}${code}
struct Uniforms { rows: u32, width: u32, eps: f32, partial_offset: u32, site: u32, dropout: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<V>;
@group(0) @binding(2) var<storage, read> weight: array<V>;
@group(0) @binding(3) var<storage, read> dy: array<V>;
@group(0) @binding(4) var<storage, read_write> dx: array<V>;
@group(0) @binding(5) var<storage, read_write> partials: array<V>;
${mask ? `@group(0) @binding(${at('mask')}) var<storage, read> mask: array<u32>;` : ''}
${dropped ? `@group(0) @binding(${at('dropped')}) var<storage, read_write> dropped: array<V>;` : ''}
${state ? `@group(0) @binding(${at('state')}) var<storage, read> state: StepState;` : ''}
const PER_THREAD = ${perThread(width)}u;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let block = group_index(group);
  if (block * ${blockRows}u >= u.rows) { return; }
  ${state ? 'let key = dropout_key(state.seed, state.micro_batch, u.site);' : ''}
  let n = f32(u.width);
  let units = u.width / ${size}u;
  var d_weight: array<V, PER_THREAD>;
  var d_bias: array<V, PER_THREAD>;
  for (var r = 0u; r < ${blockRows}u; r++) {
    let row = block * ${blockRows}u + r;
    if (row >= u.rows) { break; }
    var values: array<V, PER_THREAD>;
    var slopes: array<V, PER_THREAD>;
    var sum = 0.0;
    for (var j = 0u; j < PER_THREAD; j++) {
      let c = j * ${THREADS}u + t;
      if (c < units) {
        let i = row * units + c;
        values[j] = x[i];
        sum += total(values[j]);
        slopes[j] = dy[i]${drop ? ` * drop_mask(key, i * ${size}u, u.dropout)` : ''};
        ${mask ? 'if (mask[row] == 0u) { slopes[j] = V(0.0); }' : ''}
      }
    }
    let mean = workgroup_sum(t, vec3<f32>(sum)).x / n;
    var parts = vec3<f32>(0.0);
    for (var j = 0u; j < PER_THREAD; j++) {
      let c = j * ${THREADS}u + t;
      if (c < units) {
        values[j] -= mean;
        let g = slopes[j] * weight[c];
        parts += vec3<f32>(total(values[j] * values[j]), total(g), total(g * values[j]));
      }
    }
    parts = workgroup_sum(t, parts) / n;
    let inverse = 1.0 / sqrt(parts.x + u.eps);
    for (var j = 0u; j < PER_THREAD; j++) {
      let c = j * ${THREADS}u + t;
      if (c < units) {
        let i = row * units + c;
        let normal = values[j] * inverse;
        let value = (slopes[j] * weight[c] - parts.y - normal * parts.z * inverse) * inverse;
        dx[i] = value;
        ${dropped ? `dropped[i] = value * drop_mask(key, i * ${size}u, u.dropout);` : ''}
        d_weight[j] += slopes[j] * normal;
        d_bias[j] += slopes[j];
      }
    }
  }
  for (var j = 0u; j < PER_THREAD; j++) {
    let c = j * ${THREADS}u + t;
    if (c < units) {
      let first = u.partial_offset / ${size}u + block * 2u * units + c;
      partials[first] = d_weight[j];
      partials[first + units] = d_bias[j];
    }
  }
}`,
    workgroups: grid(Math.ceil(rows / blockRows)),
  };
}

export function addNormPartialsWgsl(width: number, norms: number, most: number): WgslForm {
  return {
    code: /* wgsl */ `
struct Uniforms { norms: array<vec4<u32>, ${most}>, width: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let c = group.x * 64u + t;
  if (c >= 2u * u.width) { return; }
  let norm = u.norms[group.y];
  var sum = 0.0;
  for (var block = 0u; block < norm.y; block++) { sum += partials[norm.x + block * 2u * u.width + c]; }
  let at = select(norm.z + c, norm.w + c - u.width, c >= u.width);
  gradients[at] += sum;
}`,
    workgroups: [Math.ceil((2 * width) / 64), norms, 1],
  };
}
