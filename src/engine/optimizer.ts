// The end of a step as dispatches: what is left of the gradients, the global norm, AdamW.
import { adamW } from '../kernels/adamw/adamw.ts';
import { clipFactor, NORM_PARTS, squareSums } from '../kernels/grad-norm/grad-norm.ts';
import type { DeviceBuffer, KernelCall, Slice } from '../kernels/kernel.ts';
import type { Layout } from './layout.ts';

export interface OptimizerBuffers {
  weights: readonly DeviceBuffer[];
  gradients: readonly DeviceBuffer[];
  expAvg: readonly DeviceBuffer[];
  expAvgSq: readonly DeviceBuffer[];
  normParts: Slice;
  state: Slice;
}

/** Bytes of the buffer for the global norm's partial sums. */
export function normPartBytes(layout: Layout): number {
  return 4 * NORM_PARTS * layout.slabs.length;
}

/** `layout`: of what is trained. `scaling`: the loss is scaled (fp16). */
export function optimizerCalls(layout: Layout, buffers: OptimizerBuffers, scaling: boolean): KernelCall[] {
  const { normParts, state } = buffers;
  const whole = (list: readonly DeviceBuffer[], slab: number): Slice => ({
    buffer: list[slab],
    offset: 0,
    size: 4 * layout.slabs[slab].length,
  });
  const sums = layout.slabs.map(({ length }, slab) =>
    squareSums({
      label: 'square sums',
      gradients: whole(buffers.gradients, slab),
      length,
      partials: normParts,
      slab,
    }),
  );
  const clip = clipFactor({
    label: 'clip',
    partials: normParts,
    slabs: layout.slabs.length,
    scaling,
    state,
  });
  const updates = layout.slabs.map(({ length, decayed }, slab) =>
    adamW({
      label: 'adamw',
      length,
      decayed,
      weights: whole(buffers.weights, slab),
      gradients: whole(buffers.gradients, slab),
      expAvg: whole(buffers.expAvg, slab),
      expAvgSq: whole(buffers.expAvgSq, slab),
      state,
    }),
  );
  return [...sums, clip, ...updates];
}
