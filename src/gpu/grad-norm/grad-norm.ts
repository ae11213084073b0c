// The global norm of all gradients and the factor that clips it, without a read-back.
import { STEP_STATE_WGSL, type KernelCall, type Slice } from '../kernel.ts';

/** Partial sums per slab. */
export const NORM_PARTS = 256;
const THREADS = 128;

const SUM_WGSL = /* wgsl */ `
var<workgroup> parts: array<f32, ${THREADS}>;
fn workgroup_sum(t: u32, value: f32) -> f32 {
  parts[t] = value;
  for (var half = ${THREADS / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (t < half) { parts[t] += parts[t + half]; }
  }
  workgroupBarrier();
  return parts[0];
}
`;

/** partials[slab * NORM_PARTS + part] = sums of squares of a slab of `length` elements. */
export function squareSums(options: {
  label: string;
  gradients: Slice;
  length: number;
  partials: Slice;
  slab: number;
}): KernelCall {
  const { label, gradients, length, partials, slab } = options;
  return {
    label,
    code: /* wgsl */ `
${SUM_WGSL}
struct Uniforms { length: u32, first: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  var sum = vec4<f32>(0.0);
  for (var i = group.x * ${THREADS}u + t; i < u.length / 4u; i += ${NORM_PARTS * THREADS}u) {
    let g = gradients[i];
    sum += g * g;
  }
  let total = workgroup_sum(t, (sum.x + sum.y) + (sum.z + sum.w));
  if (t == 0u) { partials[u.first + group.x] = total; }
}`,
    uniforms: [{ u32: length }, { u32: slab * NORM_PARTS }],
    bindings: [gradients, partials],
    workgroups: [NORM_PARTS, 1, 1],
  };
}

/** Writes grad_norm and clip = min(1, max_grad_norm / (norm + 1e-6)) (1 when max_grad_norm is 0) into the StepState. */
export function clipFactor(options: {
  label: string;
  partials: Slice;
  slabs: number;
  state: Slice;
}): KernelCall {
  const { label, partials, slabs, state } = options;
  return {
    label,
    code: /* wgsl */ `
${STEP_STATE_WGSL}${SUM_WGSL}
struct Uniforms { length: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: StepState;
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) t: u32) {
  var sum = 0.0;
  for (var i = t; i < u.length; i += ${THREADS}u) { sum += partials[i]; }
  let norm = sqrt(workgroup_sum(t, sum));
  if (t == 0u) {
    state.grad_norm = norm;
    state.clip = select(1.0, min(1.0, state.max_grad_norm / (norm + 1e-6)), state.max_grad_norm > 0.0);
  }
}`,
    uniforms: [{ u32: slabs * NORM_PARTS }],
    bindings: [partials, state],
    workgroups: [1, 1, 1],
  };
}
