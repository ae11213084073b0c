import type { WgslForm } from '../kernel.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';

const THREADS = 128;

// The gradient of qa_outputs.bias is 0 but for rounding, since each row's softmax sums to 1. What keeps that rounding, which Adam
// would turn into steps, small: exp to the last place (WGSL's own may be several units off); p - 1 at the label as minus the sum
// of the other p, which also loses nothing where p is near 1; sums by rows, in pairs.
const PRECISE_WGSL = /* wgsl */ `
fn precise_exp(value: f32) -> f32 {
  let x = max(value, -87.0);
  let n = round(x * 1.44269504088896341);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  var p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  return ldexp(p * r * r + r + 1.0, i32(n));
}
// The exponent's share of the logarithm is added last, in two parts: nearly half a unit in the last place.
fn precise_log(value: f32) -> f32 {
  let parts = frexp(value);
  var m = parts.fract;
  var e = f32(parts.exp);
  if (m < 0.70710678) {
    m = m + m;
    e -= 1.0;
  }
  m -= 1.0;
  var y = 7.0376836292e-2;
  y = y * m - 1.1514610310e-1;
  y = y * m + 1.1676998740e-1;
  y = y * m - 1.2420140846e-1;
  y = y * m + 1.4249322787e-1;
  y = y * m - 1.6668057665e-1;
  y = y * m + 2.0000714765e-1;
  y = y * m - 2.4999993993e-1;
  y = y * m + 3.3333331174e-1;
  y = y * m * m * m - e * 2.12194440e-4 - 0.5 * m * m;
  return (m + y) + e * 0.693359375;
}
`;

/** `gradient`: whether there are bindings for it. One workgroup. */
export function spanLossWgsl(gradient: boolean): WgslForm {
  return {
    code: /* wgsl */ `
${STEP_STATE_WGSL}${PRECISE_WGSL}
struct Uniforms { B: u32, N: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> state: StepState;
${
  gradient
    ? `@group(0) @binding(4) var<storage, read_write> d_logits: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_bias: array<f32>;`
    : ''
}
var<workgroup> parts: array<f32, ${THREADS}>;
fn reduce(t: u32, value: f32, largest: bool) -> f32 {
  parts[t] = value;
  for (var half = ${THREADS / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (t < half) {
      let other = parts[t + half];
      parts[t] = select(parts[t] + other, max(parts[t], other), largest);
    }
  }
  workgroupBarrier();
  let result = parts[0];
  workgroupBarrier();
  return result;
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) t: u32) {
  var loss = 0.0;
  var bias = vec2<f32>(0.0);
  for (var row = 0u; row < 2u * u.B; row++) {
    let side = row / u.B;
    let first = (row % u.B) * u.N * 2u + side;
    let label = targets[row];
    let weight = state.gradient_scale * bitcast<f32>(targets[2u * u.B + row]);
    var top = -3.4e38;
    for (var n = t; n < u.N; n += ${THREADS}u) { top = max(top, logits[first + 2u * n]); }
    top = reduce(t, top, true);
    var total = 0.0;
    for (var n = t; n < u.N; n += ${THREADS}u) { total += precise_exp(logits[first + 2u * n] - top); }
    total = reduce(t, total, false);
    let log_total = precise_log(total);
    let scaled = weight * state.loss_scale;
    if (label < u.N) { loss += weight * (log_total - (logits[first + 2u * label] - top)); }
    ${
      gradient
        ? `var sum = 0.0;
    for (var n = t; n < u.N; n += ${THREADS}u) {
      if (n == label) { continue; }
      let at = first + 2u * n;
      let d = precise_exp(logits[at] - top) / total * scaled;
      d_logits[at] = d;
      sum += d;
    }
    let others = reduce(t, sum, false);
    if (label < u.N && label % ${THREADS}u == t) {
      d_logits[first + 2u * label] = -others;
      sum -= others;
    }
    bias[side] += reduce(t, sum, false);`
        : ''
    }
  }
  if (t == 0u) {
    state.loss += loss;
    ${gradient ? 'd_bias[0] += bias.x; d_bias[1] += bias.y;' : ''}
  }
}`,
    workgroups: [1, 1, 1],
  };
}
