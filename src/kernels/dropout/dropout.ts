/**
 * Dropout from a counter: whether element `index` of `site` is kept is a pure function of (seed, microBatch, site, index), so the
 * mask is recomputed wherever it is needed and never stored. The hash is lowbias32 (Wellons 2018), keyed twice.
 */
function lowbias32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Key of one site in one micro-batch of one step. */
export function dropoutKey(seed: number, microBatch: number, site: number): number {
  return lowbias32(
    lowbias32(lowbias32(seed) ^ Math.imul(microBatch + 1, 0x9e3779b1)) ^ Math.imul(site + 1, 0x85ebca6b),
  );
}

/** The mask of a site's first `length` elements: 0 with probability p, else 1 / (1 - p). */
export function dropoutMask(key: number, length: number, p: number): Float32Array {
  const mask = new Float32Array(length);
  const kept = 1 / (1 - p);
  const threshold = p * 2 ** 32;
  for (let index = 0; index < length; index++) {
    if (lowbias32(lowbias32(index ^ key) + key) >= threshold) mask[index] = kept;
  }
  return mask;
}
