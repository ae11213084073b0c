// How a call is cut for the processor: by its shape alone (see WasmForm). A kernel finds the size of a part as field 0 of its variant.
import type { WasmForm } from './kernel.ts';

/** `count` pieces of work, `size` of them a part. */
export function cut(kernel: string, count: number, size: number, variant: readonly number[] = []): WasmForm {
  return { kernel, parts: Math.ceil(count / size), variant: [size, ...variant] };
}

/** Rows of a part of about `elements` elements. */
export function rowsOf(elements: number, width: number): number {
  return Math.max(1, Math.floor(elements / width));
}
