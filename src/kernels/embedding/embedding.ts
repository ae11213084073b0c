// Embedding sums and their gradient. No float atomics: the host sorts the positions by token, and the workgroup that owns
// a token's row adds up its positions in order.
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import type { KernelCall, Slice } from '../kernel.ts';

const THREADS = 64;

export interface Embed {
  label: string;
  B: number;
  N: number;
  width: number;
  /** [B * N] u32. */
  ids: Slice;
  word: Slice;
  /** [max positions, width], or null. */
  position: Slice | null;
  types: { ids: Slice; table: Slice } | null;
  /** [B * N, width]. */
  y: Slice;
}

/** y = word[id] + position[n] + type[typeId]. */
export function embed({ label, B, N, width, ids, word, position, types, y }: Embed): KernelCall {
  const extra = [...(position ? [position] : []), ...(types ? [types.ids, types.table] : [])];
  const first = position ? 5 : 4;
  return {
    label,
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
    uniforms: [{ u32: B * N }, { u32: N }, { u32: width }],
    bindings: [ids, word, y, ...extra],
    workgroups: grid(B * N),
  };
}

/** Elements of the u32 array that `sortRows` gives for T positions. */
export function sortedLength(T: number): number {
  return 3 * T + 2;
}

/**
 * Positions sorted by row: [count, row of each of T slots, first position of each slot and the end (T + 1), positions (T)].
 * Rows equal to `skipped` (padding_idx: no gradient) are left out. Stable, so sums have one order.
 */
export function sortRows(rows: Int32Array, skipped: number): Uint32Array<ArrayBuffer> {
  const T = rows.length;
  const sorted = new Uint32Array(sortedLength(T));
  // One number per position, so that the engine's numeric sort does the work: once per step, on the critical path. Plain
  // loops: with Float64Array.from and filter this took five times as long.
  const keys = new Float64Array(T);
  let kept = 0;
  for (let at = 0; at < T; at++) {
    if (rows[at] !== skipped) keys[kept++] = rows[at] * T + at;
  }
  keys.subarray(0, kept).sort();
  let count = 0;
  let previous = -1;
  for (let at = 0; at < kept; at++) {
    const row = Math.floor(keys[at] / T);
    if (row !== previous) {
      sorted[1 + count] = row;
      sorted[1 + T + count] = at;
      count++;
      previous = row;
    }
    sorted[2 + 2 * T + at] = keys[at] - row * T;
  }
  sorted[0] = count;
  sorted[1 + T + count] = kept;
  return sorted;
}

/** table[row] += the sum of dy over the positions of that row. `rows`: at most so many different rows. */
export function embedGrad(options: {
  label: string;
  T: number;
  rows: number;
  width: number;
  dy: Slice;
  sorted: Slice;
  dTable: Slice;
}): KernelCall {
  const { label, T, rows, width, dy, sorted, dTable } = options;
  return {
    label,
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
    uniforms: [{ u32: T }, { u32: width }],
    bindings: [dy, sorted, dTable],
    workgroups: grid(Math.min(T, rows)),
  };
}

/** table[n] += the sum of dy over the batch at position n. */
export function positionGrad(options: {
  label: string;
  B: number;
  N: number;
  width: number;
  dy: Slice;
  dTable: Slice;
}): KernelCall {
  const { label, B, N, width, dy, dTable } = options;
  return {
    label,
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
    uniforms: [{ u32: B }, { u32: N * width }],
    bindings: [dy, dTable],
    workgroups: grid(Math.ceil((N * width) / THREADS)),
  };
}
