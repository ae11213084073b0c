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
