import type { Slice } from '../kernels/kernel.ts';
import { matmul } from '../kernels/linear/matmul.ts';
import type { Device } from './device.ts';

/** A product of the shape that a small model's layers have: 0.1 GFLOP. */
const [M, N, K] = [512, 384, 256];

/** The first products run in code that a browser has not optimized yet, so that a single one would tell too little. */
const ENOUGH_MS = 30;
const [FEWEST_PRODUCTS, MOST_PRODUCTS] = [4, 10];
/** One that takes so long is of a processor that plays GPU: it will not become a hundred times as fast. */
const SLOW_MS = 60;

/** GFLOPS of matrix products: the best of those that the device does in some 30 ms, each waited for. */
export async function measureRate(device: Device): Promise<number> {
  const allocate = (length: number): Slice => ({
    buffer: device.createBuffer('rate', 4 * length),
    offset: 0,
    size: 4 * length,
  });
  const [a, b, c] = [allocate(M * K), allocate(K * N), allocate(M * N)];
  const matrices = { a: { slice: a, ld: K }, b: { slice: b, ld: N }, c: { slice: c, ld: N } };
  const plan = await device.compile([matmul(device.untimedTiles, { label: 'rate', M, N, K, ...matrices })]);
  try {
    let best = Infinity;
    const begun = performance.now();
    for (let i = 0; i < MOST_PRODUCTS; i++) {
      const elapsed = performance.now() - begun;
      if (i >= FEWEST_PRODUCTS ? elapsed > ENOUGH_MS : i >= 2 && best > SLOW_MS) break;
      const start = performance.now();
      await device.run([plan]);
      await device.read({ ...c, size: 4 });
      best = Math.min(best, performance.now() - start);
    }
    device.check();
    return (2 * M * N * K) / (best * 1e6);
  } finally {
    plan.dispose();
    for (const { buffer } of [a, b, c]) device.destroyBuffer(buffer);
  }
}
