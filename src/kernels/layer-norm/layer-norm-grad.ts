// With n = (x - mean) / s, s = sqrt(variance + eps), g = dy * weight (dy after mask and dropout):
//   dx = (g - mean(g) - n mean(g n)) / s,  dWeight = sum over rows of dy n,  dBias = sum over rows of dy.
// A workgroup, or a part of the work on the processor, walks over some rows and leaves their part of dWeight and dBias in `partials`; the parts of many norms are
// added up by one dispatch at the end, in a fixed order.
import type { Drop } from '../dropout/dropout-kernel.ts';
import type { KernelCall, Slice } from '../kernel.ts';
import { cut, rowsOf } from '../parts.ts';
import { addNormPartialsWgsl, layerNormGradWgsl } from './layer-norm-grad.wgsl.ts';
import { isDropped, type Norm } from './layer-norm.ts';

/** Rows of one partial sum. */
export const PARTIAL_ROWS = 16;

/** Float32 elements of the partial sums of one norm. */
export function partialLength(rows: number, width: number): number {
  return Math.ceil(rows / PARTIAL_ROWS) * 2 * width;
}

export interface NormGrad extends Norm {
  dy: Slice;
  dx: Slice;
  /** Also writes dx * mask of this dropout: the gradient of a dropped branch beside its residual. */
  dropped?: { y: Slice; drop: Drop };
  /** [blocks, 2, width] from element `partialOffset` (a multiple of 4) on. */
  partials: Slice;
  partialOffset: number;
}

/** Elements of a part, and the columns that addNormPartials adds up at once. */
const PART = 16384;
const SUMS_PART = 131072;
const COLUMNS = 256;

/** dx and the partial sums of dWeight and dBias. `drop` and `mask` are those that followed the norm. */
export function layerNormGrad(options: NormGrad): KernelCall {
  const { label, x, weight, dy, dx, rows, width, eps, mask, drop, dropped, partials, partialOffset } =
    options;
  const before = isDropped(drop);
  const state = dropped?.drop.state ?? (before ? drop.state : undefined);
  const extra = [mask, dropped?.y, state].filter((slice) => slice !== undefined);
  const present = { mask: mask !== undefined, dropped: dropped !== undefined, drop: before };
  const blocks = Math.ceil(rows / PARTIAL_ROWS);
  return {
    label,
    uniforms: [
      { u32: rows },
      { u32: width },
      { f32: eps },
      { u32: partialOffset },
      { u32: dropped?.drop.site ?? drop?.site ?? 0 },
      { f32: dropped?.drop.dropout ?? drop?.dropout ?? 0 },
    ],
    bindings: [x, weight, dy, dx, partials, ...extra],
    wgsl: layerNormGradWgsl({ rows, width, blockRows: PARTIAL_ROWS, ...present }),
    wasm: cut('layerNormGrad', blocks, rowsOf(PART, PARTIAL_ROWS * width), [
      PARTIAL_ROWS,
      Number(present.mask),
      Number(present.dropped),
      Number(present.drop),
    ]),
  };
}

/** The partial sums of one norm and where, in elements of `gradients`, their sums are added. */
export interface PartialSums {
  partialOffset: number;
  blocks: number;
  weightOffset: number;
  biasOffset: number;
}

/** As many as fit into 256 bytes of uniforms. */
export const NORMS_PER_CALL = 15;

/** Adds the partial sums of up to NORMS_PER_CALL norms to their gradients. */
export function addNormPartials(options: {
  label: string;
  width: number;
  norms: readonly PartialSums[];
  partials: Slice;
  gradients: Slice;
}): KernelCall {
  const { label, width, norms, partials, gradients } = options;
  const fields = norms.flatMap((norm) => [
    norm.partialOffset,
    norm.blocks,
    norm.weightOffset,
    norm.biasOffset,
  ]);
  const chunks = Math.ceil(width / COLUMNS);
  const pieces = norms.length * chunks;
  const longest = Math.max(...norms.map(({ blocks }) => blocks));
  const size = rowsOf(SUMS_PART, longest * 2 * Math.min(width, COLUMNS));
  return {
    label,
    uniforms: [
      ...Array.from({ length: 4 * NORMS_PER_CALL }, (_, i) => ({ u32: fields[i] ?? 0 })),
      { u32: width },
    ],
    bindings: [partials, gradients],
    wgsl: addNormPartialsWgsl(width, norms.length, NORMS_PER_CALL),
    wasm: cut('addNormPartials', pieces, size, [pieces, COLUMNS, chunks]),
  };
}
