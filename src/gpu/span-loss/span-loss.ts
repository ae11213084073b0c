import { STEP_STATE_WGSL, type KernelCall, type Slice } from '../kernel.ts';

export interface SpanLoss {
  label: string;
  B: number;
  N: number;
  /** [B * N, 2]: start and end side by side. */
  logits: Slice;
  /** 2 B labels (u32; starts, then ends) and their 2 B weights (f32; 0 for a label that is ignored): `spanTargets`. */
  targets: Slice;
  state: Slice;
  /** [B * N, 2], or null where only the loss is wanted. */
  dLogits: Slice | null;
}

/**
 * Labels clamped to [0, N], N ignored, and the weights that make the loss the mean over the counted labels of each side.
 * `counts` are those of the whole batch when this is a part of it.
 */
export function spanTargets(
  N: number,
  starts: Int32Array,
  ends: Int32Array,
  counts = [countLabels(N, starts), countLabels(N, ends)],
): Uint32Array<ArrayBuffer> {
  const B = starts.length;
  const targets = new Uint32Array(4 * B);
  const weights = new Float32Array(targets.buffer, 8 * B);
  for (const [side, labels] of [starts, ends].entries()) {
    for (const [b, label] of labels.entries()) {
      targets[side * B + b] = Math.min(N, Math.max(0, label));
      weights[side * B + b] = label < N ? 0.5 / counts[side] : 0;
    }
  }
  return targets;
}

export function countLabels(N: number, labels: Int32Array): number {
  return labels.reduce((count, label) => count + Number(label < N), 0);
}

const THREADS = 128;

/** Adds gradient_scale * loss to the StepState and writes the gradient of the logits, times gradient_scale. One workgroup. */
export function spanLoss({ label, B, N, logits, targets, state, dLogits }: SpanLoss): KernelCall {
  return {
    label,
    code: /* wgsl */ `
${STEP_STATE_WGSL}
struct Uniforms { B: u32, N: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> state: StepState;
${dLogits ? '@group(0) @binding(4) var<storage, read_write> d_logits: array<f32>;' : ''}
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
  for (var row = 0u; row < 2u * u.B; row++) {
    let side = row / u.B;
    let first = (row % u.B) * u.N * 2u + side;
    let label = targets[row];
    let weight = bitcast<f32>(targets[2u * u.B + row]);
    var top = -3.4e38;
    for (var n = t; n < u.N; n += ${THREADS}u) { top = max(top, logits[first + 2u * n]); }
    top = reduce(t, top, true);
    var total = 0.0;
    for (var n = t; n < u.N; n += ${THREADS}u) { total += exp(logits[first + 2u * n] - top); }
    let log_total = log(reduce(t, total, false));
    if (label < u.N) { loss += weight * (log_total - (logits[first + 2u * label] - top)); }
    ${
      dLogits
        ? `for (var n = t; n < u.N; n += ${THREADS}u) {
      let at = first + 2u * n;
      let probability = exp(logits[at] - top - log_total);
      d_logits[at] = state.gradient_scale * weight * (probability - select(0.0, 1.0, n == label));
    }`
        : ''
    }
  }
  if (t == 0u) { state.loss += state.gradient_scale * loss; }
}`,
    uniforms: [{ u32: B }, { u32: N }],
    bindings: [logits, targets, state, ...(dLogits ? [dLogits] : [])],
    workgroups: [1, 1, 1],
  };
}
