import type { WgslForm } from '../kernel.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';

const THREADS = 128;

export function adamWWgsl(length: number): WgslForm {
  return {
    code: /* wgsl */ `
${STEP_STATE_WGSL}${GROUP_INDEX_WGSL}
struct Uniforms { length: u32, decayed: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> exp_avg: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> exp_avg_sq: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> state: StepState;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let i = group_index(group) * ${THREADS}u + t;
  if (i >= u.length / 4u || state.applies == 0u) { return; }
  let g = gradients[i] * state.clip;
  let m = exp_avg[i] + (g - exp_avg[i]) * state.one_minus_beta1;
  let v = exp_avg_sq[i] * state.beta2 + g * g * state.one_minus_beta2;
  exp_avg[i] = m;
  exp_avg_sq[i] = v;
  let decay = select(1.0, 1.0 - state.learning_rate * state.weight_decay, u.decayed == 1u);
  let denominator = sqrt(v) / sqrt(state.bias_correction2) + state.epsilon;
  weights[i] = weights[i] * decay - (state.learning_rate / state.bias_correction1) * (m / denominator);
}`,
    workgroups: grid(Math.ceil(length / 4 / THREADS)),
  };
}
