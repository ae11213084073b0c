import type { KernelCall, Slice } from '../kernel.ts';
import { cut } from '../parts.ts';
import { adamWWgsl } from './adamw.wgsl.ts';

/** Elements of a part. */
const PART = 32768;

/**
 * torch.optim.AdamW in place on one slab of `length` elements (a multiple of 4): decay, then
 * p -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps), with the gradient times the clipping factor. Nothing where the
 * state says that the step does not apply.
 */
export function adamW(options: {
  label: string;
  length: number;
  decayed: boolean;
  weights: Slice;
  gradients: Slice;
  expAvg: Slice;
  expAvgSq: Slice;
  state: Slice;
}): KernelCall {
  const { label, length, decayed, weights, gradients, expAvg, expAvgSq, state } = options;
  return {
    label,
    uniforms: [{ u32: length }, { u32: decayed ? 1 : 0 }],
    bindings: [weights, gradients, expAvg, expAvgSq, state],
    wgsl: adamWWgsl(length),
    wasm: cut('adamW', length, PART),
  };
}
