// Embedding sums and their gradient. No float atomics: the host sorts the positions by token, and whoever owns
// a token's row adds up its positions in order.
import type { KernelCall, Slice } from '../kernel.ts';
import { cut, rowsOf } from '../parts.ts';
import { embedGradWgsl, embedWgsl, positionGradWgsl } from './embedding.wgsl.ts';

/** Elements of a part, and the columns of a part of embedGrad. */
const PART = 131072;
const GRAD_PART = 65536;
const COLUMNS = 256;

export interface Embed {
  label: string;
  B: number;
  N: number;
  width: number;
  /** [B * N] u32. */
  ids: Slice;
  word: Slice;
  /** [max positions, width], or null. */
  position: Slice | null;
  types: { ids: Slice; table: Slice } | null;
  /** [B * N, width]. */
  y: Slice;
}

/** y = word[id] + position[n] + type[typeId]. */
export function embed({ label, B, N, width, ids, word, position, types, y }: Embed): KernelCall {
  const extra = [...(position ? [position] : []), ...(types ? [types.ids, types.table] : [])];
  return {
    label,
    uniforms: [{ u32: B * N }, { u32: N }, { u32: width }],
    bindings: [ids, word, y, ...extra],
    wgsl: embedWgsl(B * N, position !== null, types !== null),
    wasm: cut('embed', B * N, rowsOf(PART, width), [Number(position !== null), Number(types !== null)]),
  };
}

/** Elements of the u32 array that `sortRows` gives for T positions. */
export function sortedLength(T: number): number {
  return 3 * T + 2;
}

/**
 * Positions sorted by row: [count, row of each of T slots, first position of each slot and the end (T + 1), positions (T)].
 * Rows equal to `skipped` (padding_idx: no gradient) are left out. Stable, so sums have one order.
 */
export function sortRows(rows: Int32Array, skipped: number): Uint32Array<ArrayBuffer> {
  const T = rows.length;
  const sorted = new Uint32Array(sortedLength(T));
  // One number per position, so that the engine's numeric sort does the work: once per step, on the critical path. Plain
  // loops: with Float64Array.from and filter this took five times as long.
  const keys = new Float64Array(T);
  let kept = 0;
  for (let at = 0; at < T; at++) {
    if (rows[at] !== skipped) keys[kept++] = rows[at] * T + at;
  }
  keys.subarray(0, kept).sort();
  let count = 0;
  let previous = -1;
  for (let at = 0; at < kept; at++) {
    const row = Math.floor(keys[at] / T);
    if (row !== previous) {
      sorted[1 + count] = row;
      sorted[1 + T + count] = at;
      count++;
      previous = row;
    }
    sorted[2 + 2 * T + at] = keys[at] - row * T;
  }
  sorted[0] = count;
  sorted[1 + T + count] = kept;
  return sorted;
}

/** table[row] += the sum of dy over the positions of that row. `rows`: at most so many different rows. */
export function embedGrad(options: {
  label: string;
  T: number;
  rows: number;
  width: number;
  dy: Slice;
  sorted: Slice;
  dTable: Slice;
}): KernelCall {
  const { label, T, rows, width, dy, sorted, dTable } = options;
  const slots = Math.min(T, rows);
  // A slot has T / slots positions on average.
  const size = rowsOf(GRAD_PART, Math.ceil(T / slots) * Math.min(width, COLUMNS));
  const chunks = Math.ceil(width / COLUMNS);
  return {
    label,
    uniforms: [{ u32: T }, { u32: width }],
    bindings: [dy, sorted, dTable],
    wgsl: embedGradWgsl(slots),
    wasm: { kernel: 'embedGrad', parts: Math.ceil(slots / size) * chunks, variant: [size, COLUMNS, chunks] },
  };
}

/** table[n] += the sum of dy over the batch at position n. */
export function positionGrad(options: {
  label: string;
  B: number;
  N: number;
  width: number;
  dy: Slice;
  dTable: Slice;
}): KernelCall {
  const { label, B, N, width, dy, dTable } = options;
  return {
    label,
    uniforms: [{ u32: B }, { u32: N * width }],
    bindings: [dy, dTable],
    wgsl: positionGradWgsl(N * width),
    wasm: cut('positionGrad', N * width, 4 * rowsOf(PART / 4, B)),
  };
}
