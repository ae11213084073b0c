// For kernel tests: values to compute with, and how far a result is from its reference.

/** Values between -scale and scale that are not multiples of a power of two; the same for the same seed. */
export function values(length: number, seed: number, scale = 1.5): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * scale);
}

/** Largest difference over the largest wanted value; Infinity where a value is missing or not a number. */
export function relativeError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let error = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(found[i] - wanted[i]);
    error = Number.isFinite(difference) ? Math.max(error, difference) : Infinity;
    largest = Math.max(largest, Math.abs(wanted[i]));
  }
  return error / largest;
}
