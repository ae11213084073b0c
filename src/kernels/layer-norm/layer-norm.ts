// LayerNorm over the rows of [rows, width]: y = (x - mean) / sqrt(variance + eps) * weight + bias, then times the row's
// mask, then dropout (the last two only at the embeddings).
import type { Drop } from '../dropout/dropout-kernel.ts';
import type { KernelCall, Slice } from '../kernel.ts';
import { cut, rowsOf } from '../parts.ts';
import { layerNormWgsl } from './layer-norm.wgsl.ts';

/** Elements of a part. */
const PART = 32768;

export interface Norm {
  label: string;
  x: Slice;
  weight: Slice;
  rows: number;
  width: number;
  eps: number;
  /** [rows] u32: rows of 0 give exactly 0. */
  mask?: Slice;
  drop?: Drop;
}

export function isDropped(drop: Drop | undefined): drop is Drop {
  return drop !== undefined && drop.dropout > 0;
}

/** y may be float16, of a width in multiples of 4. */
export function layerNorm(options: Norm & { bias: Slice; y: Slice }): KernelCall {
  const { label, x, weight, bias, y, rows, width, eps, mask, drop } = options;
  const dropped = isDropped(drop);
  if (y.half && width % 4 !== 0) throw new RangeError(`${label}: float16 comes in fours`);
  const present = { mask: mask !== undefined, dropped };
  return {
    label,
    uniforms: [
      { u32: rows },
      { u32: width },
      { f32: eps },
      { u32: drop?.site ?? 0 },
      { f32: drop?.dropout ?? 0 },
    ],
    bindings: [x, weight, bias, y, ...(mask ? [mask] : []), ...(dropped ? [drop.state] : [])],
    wgsl: layerNormWgsl({ rows, width, ...present, half: y.half === true }),
    wasm: cut('layerNorm', rows, rowsOf(PART, width), [Number(present.mask), Number(present.dropped)]),
  };
}
