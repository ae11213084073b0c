import type { WgslForm } from '../kernel.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';

/** torch.amp.GradScaler's arguments. */
export interface LossScaling {
  growth_factor: number;
  backoff_factor: number;
  growth_interval: number;
}

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

/** `parts` workgroups, each with a partial sum. */
export function squareSumsWgsl(parts: number): WgslForm {
  return {
    code: /* wgsl */ `
${SUM_WGSL}
struct Uniforms { length: u32, first: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  var sum = vec4<f32>(0.0);
  for (var i = group.x * ${THREADS}u + t; i < u.length / 4u; i += ${parts * THREADS}u) {
    let g = gradients[i];
    sum += g * g;
  }
  let total = workgroup_sum(t, (sum.x + sum.y) + (sum.z + sum.w));
  if (t == 0u) { partials[u.first + group.x] = total; }
}`,
    workgroups: [parts, 1, 1],
  };
}

/**
 * The scale after a step. A step that overflowed does not count for Adam either, so the bias corrections of the next ones are
 * those of a smaller t: 1 - beta^t = -expm1(t log beta), by a series near 0 where the subtraction would lose digits.
 */
const scaleWgsl = (scaling: LossScaling) => /* wgsl */ `
fn one_minus_power(log_beta: f32, t: f32) -> f32 {
  let x = t * log_beta;
  if (x < -0.5) { return 1.0 - exp(x); }
  var p = 1.0 / 40320.0;
  for (var k = 7u; k > 0u; k--) {
    var factorial = 1.0;
    for (var i = 2u; i <= k; i++) { factorial *= f32(i); }
    p = p * x + 1.0 / factorial;
  }
  return -p * x;
}
fn update_scale(overflow: bool) {
  if (overflow) {
    state.applies = 0u;
    state.loss_scale *= ${scaling.backoff_factor};
    state.growth_tracker = 0u;
    state.skipped_steps += 1u;
    return;
  }
  if (state.skipped_steps > 0u) {
    let t = f32(state.step - state.skipped_steps);
    state.bias_correction1 = one_minus_power(state.log_beta1, t);
    state.bias_correction2 = one_minus_power(state.log_beta2, t);
  }
  state.growth_tracker += 1u;
  if (state.growth_tracker == ${scaling.growth_interval}u) {
    state.loss_scale *= f32(${scaling.growth_factor});
    state.growth_tracker = 0u;
  }
}
`;

/** `scaling`: how the scale of the loss moves, or null where it does not. */
export function clipFactorWgsl(scaling: LossScaling | null): WgslForm {
  return {
    code: /* wgsl */ `
${STEP_STATE_WGSL}${SUM_WGSL}
struct Uniforms { length: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: StepState;
${scaling ? scaleWgsl(scaling) : ''}
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) t: u32) {
  var sum = 0.0;
  for (var i = t; i < u.length; i += ${THREADS}u) { sum += partials[i]; }
  let squares = workgroup_sum(t, sum);
  if (t == 0u) {
    let norm = sqrt(squares) / state.loss_scale;
    let clip = select(1.0, min(1.0, state.max_grad_norm / (norm + 1e-6)), state.max_grad_norm > 0.0);
    state.grad_norm = norm;
    state.clip = clip / state.loss_scale;
    state.applies = 1u;
    // By its bits: WGSL may take for granted that nothing is infinite.
    ${scaling ? 'update_scale((bitcast<u32>(squares) & 0x7f800000u) == 0x7f800000u);' : ''}
  }
}`,
    workgroups: [1, 1, 1],
  };
}
