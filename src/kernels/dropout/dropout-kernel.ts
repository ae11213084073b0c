// The masks of dropout.ts, drawn on the device.
import type { KernelCall, Slice } from '../kernel.ts';
import { cut } from '../parts.ts';
import { dropoutWgsl } from './dropout-kernel.wgsl.ts';

export interface Drop {
  /** StepState: seed and micro-batch. */
  state: Slice;
  /** Which of the model's dropouts this is. */
  site: number;
  /** Probability of dropping; 0 = off. */
  dropout: number;
}

/** Elements of a part: a multiple of 4. */
const PART = 16384;

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
    uniforms: [{ u32: length }, { u32: drop.site }, { f32: drop.dropout }],
    bindings: [x, y, drop.state],
    wgsl: dropoutWgsl(length),
    wasm: cut('dropout', length, PART),
  };
}
