// How the processor cuts a product: blocks of C, each a part that packs what it needs of A and B.
import type { Matmul } from './matmul.ts';

/** Largest block: what is packed for it fits the scratch memory of a thread, and mostly the second cache. */
const MOST = { rows: 128, columns: 256 };

/** A product is cut further while it has few parts and they are long: FLOPs of about 100 microseconds. Smaller blocks pack more often. */
const FEW_PARTS = 16;
const LONG_PART = 4e6;

const roundUp = (count: number, unit: number) => Math.ceil(count / unit) * unit;

/** In nearly equal blocks of at most `most`. */
const share = (count: number, most: number, unit: number) =>
  roundUp(Math.ceil(count / Math.ceil(count / most)), unit);

export function partOf({ M, N, K, batches = 1, heads = 1, sums = 1 }: Matmul) {
  let rows = share(M, MOST.rows, 4);
  let columns = share(N, MOST.columns, 8);
  const parts = () => Math.ceil(M / rows) * Math.ceil(N / columns) * batches * heads;
  while (parts() < FEW_PARTS && 2 * rows * columns * K * sums > LONG_PART && (rows > 4 || columns > 8)) {
    if (rows >= columns) rows = share(rows, rows / 2, 4);
    else columns = share(columns, columns / 2, 8);
  }
  return { rows, columns, parts: parts() };
}
