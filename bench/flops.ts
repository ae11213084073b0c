import type { Device } from '../src/devices/device.ts';
import type { StepCalls } from '../src/engine/memory.ts';

/** Multiply-adds (counted as 2) of matrix products and attention in a training step. */
export interface Flops {
  /** With rows and columns that fill tiles, and with what is computed again. */
  executed: number;
  /** What the mathematics needs. */
  necessary: number;
}

/** Of a step as it is recorded for this kind of device. */
export function flopsOf({ pass, finish }: StepCalls, kind: Device['kind']): Flops {
  const flops = { executed: 0, necessary: 0 };
  for (const call of [...pass, ...finish]) {
    if ((kind === 'gpu' ? call.wgsl : call.wasm) === null) continue;
    const executed = (kind === 'cpu' ? call.wasm?.executed : undefined) ?? call.flops?.executed ?? 0;
    flops.executed += executed;
    flops.necessary += call.flops?.necessary ?? 0;
  }
  return flops;
}
