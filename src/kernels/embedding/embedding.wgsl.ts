import type { WgslForm } from '../kernel.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';

const THREADS = 64;

/** `position`, `types`: which of the tables there are. */
export function embedWgsl(T: number, position: boolean, types: boolean): WgslForm {
  const first = position ? 5 : 4;
  return {
    code: /* wgsl */ `
${GROUP_INDEX_WGSL}
struct Uniforms { T: u32, N: u32, width: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> word: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
${position ? '@group(0) @binding(4) var<storage, read> position: array<f32>;' : ''}
${
  types
    ? `@group(0) @binding(${first}) var<storage, read> type_ids: array<u32>;
@group(0) @binding(${first + 1}) var<storage, read> types: array<f32>;`
    : ''
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let token = group_index(group);
  if (token >= u.T) { return; }
  for (var c = t; c < u.width; c += ${THREADS}u) {
    var value = word[ids[token] * u.width + c];
    ${position ? 'value += position[(token % u.N) * u.width + c];' : ''}
    ${types ? 'value += types[type_ids[token] * u.width + c];' : ''}
    y[token * u.width + c] = value;
  }
}`,
    workgroups: grid(T),
  };
}

/** A workgroup per slot: at most `slots`. */
export function embedGradWgsl(slots: number): WgslForm {
  return {
    code: /* wgsl */ `
${GROUP_INDEX_WGSL}
struct Uniforms { T: u32, width: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> sorted: array<u32>;
@group(0) @binding(3) var<storage, read_write> table: array<f32>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let slot = group_index(group);
  if (slot >= sorted[0]) { return; }
  let row = sorted[1u + slot];
  let first = sorted[1u + u.T + slot];
  let end = sorted[2u + u.T + slot];
  for (var c = t; c < u.width; c += ${THREADS}u) {
    // Parts of 64: a long sequential sum loses digits.
    var sum = 0.0;
    for (var start = first; start < end; start += 64u) {
      var part = 0.0;
      for (var at = start; at < min(end, start + 64u); at++) {
        part += dy[sorted[2u + 2u * u.T + at] * u.width + c];
      }
      sum += part;
    }
    table[row * u.width + c] += sum;
  }
}`,
    workgroups: grid(slots),
  };
}

export function positionGradWgsl(length: number): WgslForm {
  return {
    code: /* wgsl */ `
${GROUP_INDEX_WGSL}
struct Uniforms { B: u32, length: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> table: array<f32>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let i = group_index(group) * ${THREADS}u + t;
  if (i >= u.length) { return; }
  var sum = 0.0;
  for (var b = 0u; b < u.B; b++) { sum += dy[b * u.length + i]; }
  table[i] += sum;
}`,
    workgroups: grid(Math.ceil(length / THREADS)),
  };
}
