// With n = (x - mean) / s, s = sqrt(variance + eps), g = dy * weight (dy after mask and dropout):
//   dx = (g - mean(g) - n mean(g n)) / s,  dWeight = sum over rows of dy n,  dBias = sum over rows of dy.
// A workgroup walks over some rows and leaves their part of dWeight and dBias in `partials`; the parts of many norms are
// added up by one dispatch at the end, in a fixed order.
import type { Drop } from '../dropout/dropout-kernel.ts';
import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import type { KernelCall, Slice } from '../kernel.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';
import { isDropped, perThread, THREADS, unitOf, WORKGROUP_SUM_WGSL, type Norm } from './layer-norm.ts';

/** Rows per workgroup. */
export const PARTIAL_ROWS = 16;

/** Float32 elements of the partial sums of one norm. */
export function partialLength(rows: number, width: number): number {
  return Math.ceil(rows / PARTIAL_ROWS) * 2 * width;
}

export interface NormGrad extends Norm {
  dy: Slice;
  dx: Slice;
  /** Also writes dx * mask of this dropout: the gradient of a dropped branch beside its residual. */
  dropped?: { y: Slice; drop: Drop };
  /** [blocks, 2, width] from element `partialOffset` (a multiple of 4) on. */
  partials: Slice;
  partialOffset: number;
}

/** dx and the partial sums of dWeight and dBias. `drop` and `mask` are those that followed the norm. */
export function layerNormGrad(options: NormGrad): KernelCall {
  const { label, x, weight, dy, dx, rows, width, eps, mask, drop, dropped, partials, partialOffset } =
    options;
  const before = isDropped(drop);
  const state = dropped?.drop.state ?? (before ? drop.state : undefined);
  const extra = [mask, dropped?.y, state].filter((slice) => slice !== undefined);
  const bindings = [x, weight, dy, dx, partials, ...extra];
  const at = (slice: Slice | undefined) => (slice ? 6 + extra.indexOf(slice) : 0);
  const { size, code } = unitOf(width);
  return {
    label,
    code: /* wgsl */ `
${STEP_STATE_WGSL}${DROPOUT_WGSL}${GROUP_INDEX_WGSL}${WORKGROUP_SUM_WGSL}${code}
struct Uniforms { rows: u32, width: u32, eps: f32, partial_offset: u32, site: u32, dropout: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<V>;
@group(0) @binding(2) var<storage, read> weight: array<V>;
@group(0) @binding(3) var<storage, read> dy: array<V>;
@group(0) @binding(4) var<storage, read_write> dx: array<V>;
@group(0) @binding(5) var<storage, read_write> partials: array<V>;
${mask ? `@group(0) @binding(${at(mask)}) var<storage, read> mask: array<u32>;` : ''}
${dropped ? `@group(0) @binding(${at(dropped.y)}) var<storage, read_write> dropped: array<V>;` : ''}
${state ? `@group(0) @binding(${at(state)}) var<storage, read> state: StepState;` : ''}
const PER_THREAD = ${perThread(width)}u;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let block = group_index(group);
  if (block * ${PARTIAL_ROWS}u >= u.rows) { return; }
  ${state ? 'let key = dropout_key(state.seed, state.micro_batch, u.site);' : ''}
  let n = f32(u.width);
  let units = u.width / ${size}u;
  var d_weight: array<V, PER_THREAD>;
  var d_bias: array<V, PER_THREAD>;
  for (var r = 0u; r < ${PARTIAL_ROWS}u; r++) {
    let row = block * ${PARTIAL_ROWS}u + r;
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
        slopes[j] = dy[i]${before ? ` * drop_mask(key, i * ${size}u, u.dropout)` : ''};
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
    uniforms: [
      { u32: rows },
      { u32: width },
      { f32: eps },
      { u32: partialOffset },
      { u32: dropped?.drop.site ?? drop?.site ?? 0 },
      { f32: dropped?.drop.dropout ?? drop?.dropout ?? 0 },
    ],
    bindings,
    workgroups: grid(Math.ceil(rows / PARTIAL_ROWS)),
  };
}

/** The partial sums of one norm and where, in elements of `gradients`, their sums are added. */
export interface PartialSums {
  partialOffset: number;
  blocks: number;
  weightOffset: number;
  biasOffset: number;
}

/** As many as fit into 256 bytes of uniforms. */
export const NORMS_PER_CALL = 15;

/** Adds the partial sums of up to NORMS_PER_CALL norms to their gradients. */
export function addNormPartials(options: {
  label: string;
  width: number;
  norms: readonly PartialSums[];
  partials: Slice;
  gradients: Slice;
}): KernelCall {
  const { label, width, norms, partials, gradients } = options;
  const fields = norms.flatMap((norm) => [
    norm.partialOffset,
    norm.blocks,
    norm.weightOffset,
    norm.biasOffset,
  ]);
  return {
    label,
    code: /* wgsl */ `
struct Uniforms { norms: array<vec4<u32>, ${NORMS_PER_CALL}>, width: u32 }
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
    uniforms: [
      ...Array.from({ length: 4 * NORMS_PER_CALL }, (_, i) => ({ u32: fields[i] ?? 0 })),
      { u32: width },
    ],
    bindings: [partials, gradients],
    workgroups: [Math.ceil((2 * width) / 64), norms.length, 1],
  };
}
