// The masks of dropout.ts, drawn on the GPU.
import type { KernelCall, Slice } from '../kernel.ts';
import { STEP_STATE_WGSL } from '../kernel.ts';
import { GROUP_INDEX_WGSL, grid } from '../kernel-grid.ts';

export interface Drop {
  /** StepState: seed and micro-batch. */
  state: Slice;
  /** Which of the model's dropouts this is. */
  site: number;
  /** Probability of dropping; 0 = off. */
  dropout: number;
}

/** dropoutKey and dropoutMask of dropout.ts. */
export const DROPOUT_WGSL = /* wgsl */ `
fn dropout_hash(value: u32) -> u32 {
  var x = value;
  x ^= x >> 16u; x *= 0x7feb352du;
  x ^= x >> 15u; x *= 0x846ca68bu;
  x ^= x >> 16u;
  return x;
}
fn dropout_key(seed: u32, micro_batch: u32, site: u32) -> u32 {
  return dropout_hash(
    dropout_hash(dropout_hash(seed) ^ ((micro_batch + 1u) * 0x9e3779b1u)) ^ ((site + 1u) * 0x85ebca6bu));
}
// 0 with probability p, else 1 / (1 - p).
fn dropout_scale(key: u32, index: u32, p: f32) -> f32 {
  let bits = dropout_hash(dropout_hash(index ^ key) + key);
  return select(1.0 / (1.0 - p), 0.0, bits < u32(p * 4294967296.0));
}
fn dropout_scale4(key: u32, index: u32, p: f32) -> vec4<f32> {
  return vec4<f32>(
    dropout_scale(key, index, p), dropout_scale(key, index + 1u, p),
    dropout_scale(key, index + 2u, p), dropout_scale(key, index + 3u, p));
}
`;

const THREADS = 64;

/** y = x * mask over `length` elements. */
export function dropout(options: {
  label: string;
  x: Slice;
  y: Slice;
  length: number;
  drop: Drop;
}): KernelCall {
  const { label, x, y, length, drop } = options;
  return {
    label,
    code: /* wgsl */ `
${STEP_STATE_WGSL}${DROPOUT_WGSL}${GROUP_INDEX_WGSL}
struct Uniforms { length: u32, site: u32, dropout: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> state: StepState;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let i = group_index(group) * ${THREADS}u + t;
  if (i >= u.length) { return; }
  y[i] = x[i] * dropout_scale(dropout_key(state.seed, state.micro_batch, u.site), i, u.dropout);
}`,
    uniforms: [{ u32: length }, { u32: drop.site }, { f32: drop.dropout }],
    bindings: [x, y, drop.state],
    workgroups: grid(Math.ceil(length / THREADS)),
  };
}
