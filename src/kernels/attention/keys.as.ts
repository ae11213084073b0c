// What every attention kernel knows of the keys of its batch row, as two arrays of 4-byte lanes, one lane per key up to a multiple of 8.

export const LOWEST: f32 = -3.4028234663852886e38;

/** Fills `real` with all ones where the key is real, `blocked` with the score of a key that is not: lowest, and -infinity beyond N. */
export function describeKeys(mask: usize, N: usize, padded: usize, real: usize, blocked: usize): void {
  for (let j: usize = 0; j < padded; j++) {
    const there = j < N && load<u32>(mask + (j << 2)) != 0;
    store<u32>(real + (j << 2), there ? 0xffffffff : 0);
    store<f32>(blocked + (j << 2), j < N ? LOWEST : -Infinity);
  }
}

/** As many keys (a multiple of 8) as fit into `bytes`, at most `padded`. */
export function keysIn(bytes: usize, each: usize, padded: usize): usize {
  return min<usize>(padded, (bytes / each) & ~7);
}

/**
 * ln x of a positive normal x, by the series of 2 artanh((m - 1) / (m + 1)). (AssemblyScript's own reads a table that would lie in the device's memory.)
 */
export function logOf(x: f32): f64 {
  const bits = reinterpret<u32>(x) - 0x3f3504f3;
  const exponent = (<i32>bits) >> 23;
  const m = <f64>reinterpret<f32>((bits & 0x7fffff) + 0x3f3504f3);
  const s = (m - 1) / (m + 1);
  const t = s * s;
  const series = 1 + t * (1.0 / 3 + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9 + t * (1.0 / 11)))));
  return <f64>exponent * Math.LN2 + 2 * s * series;
}
