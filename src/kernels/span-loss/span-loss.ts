import type { KernelCall, Slice } from '../kernel.ts';
import { spanLossWgsl } from './span-loss.wgsl.ts';

export interface SpanLoss {
  label: string;
  B: number;
  N: number;
  /** [B * N, 2]: start and end side by side. */
  logits: Slice;
  /** 2 B labels (u32; starts, then ends) and their 2 B weights (f32; 0 for a label that is ignored): `spanTargets`. */
  targets: Slice;
  state: Slice;
  /** Null where only the loss is wanted. `logits` [B * N, 2]; their sum over all tokens is added to `bias` [2], the head's. */
  gradient: { logits: Slice; bias: Slice } | null;
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

/** Adds gradient_scale * loss to the StepState and gives the gradients of the logits and of the head's bias, times gradient_scale
 * and loss_scale. */
export function spanLoss({ label, B, N, logits, targets, state, gradient }: SpanLoss): KernelCall {
  return {
    label,
    uniforms: [{ u32: B }, { u32: N }],
    bindings: [logits, targets, state, ...(gradient ? [gradient.logits, gradient.bias] : [])],
    wgsl: spanLossWgsl(gradient !== null),
    wasm: { kernel: 'spanLoss', parts: 1, variant: [Number(gradient !== null)] },
  };
}
