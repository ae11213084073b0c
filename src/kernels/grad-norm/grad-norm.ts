// The global norm of all gradients and the factor that clips it, without a read-back.
import type { KernelCall, Slice } from '../kernel.ts';
import { cut } from '../parts.ts';
import { clipFactorWgsl, squareSumsWgsl } from './grad-norm.wgsl.ts';

/** Partial sums per slab. */
export const NORM_PARTS = 256;

/** Elements of a part. */
const PART = 131072;

/** partials[slab * NORM_PARTS + part] = sums of squares of a slab of `length` elements. */
export function squareSums(options: {
  label: string;
  gradients: Slice;
  length: number;
  partials: Slice;
  slab: number;
}): KernelCall {
  const { label, gradients, length, partials, slab } = options;
  // So many partial sums to a part.
  const size = Math.max(1, Math.floor((NORM_PARTS * PART) / length));
  return {
    label,
    uniforms: [{ u32: length }, { u32: slab * NORM_PARTS }],
    bindings: [gradients, partials],
    wgsl: squareSumsWgsl(NORM_PARTS),
    wasm: cut('squareSums', NORM_PARTS, Math.min(size, NORM_PARTS), [NORM_PARTS]),
  };
}

/** torch.amp.GradScaler's arguments and defaults: the scale grows after an interval without overflow, and backs off at each. */
export const lossScaling = {
  init_scale: 65536,
  growth_factor: 2,
  backoff_factor: 0.5,
  growth_interval: 2000,
};

/**
 * Writes grad_norm and clip = min(1, max_grad_norm / (norm + 1e-6)) (1 when max_grad_norm is 0), both of the gradients without
 * the scale of the loss, into the StepState. `scaling`: then looks for an overflow and moves the scale.
 */
export function clipFactor(options: {
  label: string;
  partials: Slice;
  slabs: number;
  scaling: boolean;
  state: Slice;
}): KernelCall {
  const { label, partials, slabs, scaling, state } = options;
  return {
    label,
    uniforms: [{ u32: slabs * NORM_PARTS }],
    bindings: [partials, state],
    wgsl: clipFactorWgsl(scaling ? lossScaling : null),
    // The processor has no float16, so no scale that moves.
    wasm: scaling ? null : { kernel: 'clipFactor', parts: 1 },
  };
}
