import { binding, SCRATCH_BYTES, uniform, uniformFloat, variant } from '../call.as';
import { dropoutKey, dropoutMask4, dropoutThreshold } from '../dropout/mask.as';
import { exp4, largestOf, sumOf, log } from '../math.as';
import { describeKeys, keysIn, LOWEST } from './keys.as';
import { multiply, pack, transpose, unpack } from './panels.as';
import { addRelative } from './relative.as';

/** A part: some queries of one head of one batch row, in blocks whose scores against all keys are held at once. */
export function attention(call: usize, part: u32, scratch: usize): void {
  const B: usize = uniform(call, 0);
  const N: usize = uniform(call, 1);
  const heads: usize = uniform(call, 2);
  const pitch = (<usize>uniform(call, 3)) << 2;
  const inverseScale = f32x4.splat(uniformFloat(call, 6));
  const D: usize = variant(call, 0);
  const partQueries: usize = variant(call, 3);
  const parts = (N + partQueries - 1) / partQueries;
  const pair = <usize>part / parts;
  const b = pair / heads;
  const head = pair % heads;
  const H = heads * D;

  const inputs = binding(call, 0);
  const query = binding(call, 1) + ((3 * b * N * H + head * D) << 2);
  const key = query + (H << 2);
  const value = key + (H << 2);
  let next: usize = 2;
  let c2p: usize = 0;
  let p2c: usize = 0;
  if (variant(call, 1)) c2p = binding(call, next++) + pair * N * pitch;
  if (variant(call, 2)) p2c = binding(call, next++) + pair * N * pitch;
  const context = binding(call, next) + ((b * N * H + head * D) << 2);
  const logSums = binding(call, next + 1) + ((pair * N) << 2);
  const distanceZero = inputs + ((1 + N) << 2);
  const mask = inputs + ((1 + 2 * N + b * N) << 2);

  const p = uniformFloat(call, 5);
  const dropKey = dropoutKey(load<u32>(inputs), load<u32>(inputs, 4), uniform(call, 4));
  const threshold = dropoutThreshold(p);
  const kept = f32x4.splat(1 / (1 - p));

  const padded = (N + 7) & ~7;
  const panels = (D + 7) >> 3;
  const block: usize = N > 2048 ? 8 : 32;
  // Two rows more, so that the panels lie in different sets of the cache.
  const stride = (block + 2) << 5;
  const real = scratch;
  const blocked = real + (padded << 2);
  const scores = blocked + (padded << 2);
  const queries = scores + (padded >> 3) * stride;
  const sums = queries + panels * stride;
  const keys = sums + panels * stride;
  const held = keysIn(scratch + SCRATCH_BYTES - keys, panels << 6, padded);
  const values = keys + ((held * panels) << 5);
  describeKeys(mask, N, padded, real, blocked);

  const first = (<usize>part % parts) * partQueries;
  const end = min(first + partQueries, N);
  for (let i0 = first; i0 < end; i0 += block) {
    const rows = min(block, end - i0);
    const relativeRows = c2p | p2c ? rows : 0;
    pack(query + ((3 * i0 * H) << 2), (3 * H) << 2, rows, D, queries, stride, block);
    for (let j0: usize = 0; j0 < padded; j0 += held) {
      const count = min(held, padded - j0);
      if (i0 == first || held < padded) {
        pack(key + ((3 * j0 * H) << 2), (3 * H) << 2, min(count, N - j0), D, values, count << 5, count);
        transpose(values, count << 5, count, panels, keys);
      }
      for (let j: usize = 0; j < count; j += 8) {
        const column = scores + ((j0 + j) >> 3) * stride;
        for (let i: usize = 0; i < rows; i += 4) {
          multiply(queries + (i << 5), stride, panels, keys + ((j * panels) << 5), column + (i << 5), false);
        }
      }
    }

    for (let i: usize = 0; i < relativeRows; i += 4) {
      for (let j: usize = 0; j < N; j += 4) {
        const s = scores + (j >> 3) * stride + (i << 5) + ((j & 4) << 2);
        addRelative(s, i0 + i, j, N, distanceZero, c2p, p2c, pitch);
      }
    }

    for (let i: usize = 0; i < rows; i++) {
      const row = scores + (i << 5);
      const rowReal = i32x4.splat(load<u32>(mask + ((i0 + i) << 2)) != 0 ? -1 : 0);
      let top4 = f32x4.splat(LOWEST);
      for (let j: usize = 0, s = row; j < padded; j += 8, s += stride) {
        const at = j << 2;
        const real0 = v128.and(v128.load(real + at), rowReal);
        const real1 = v128.and(v128.load(real + at, 16), rowReal);
        const s0 = f32x4.mul(v128.load(s), inverseScale);
        const s1 = f32x4.mul(v128.load(s, 16), inverseScale);
        const score0 = v128.bitselect(s0, v128.load(blocked + at), real0);
        const score1 = v128.bitselect(s1, v128.load(blocked + at, 16), real1);
        top4 = f32x4.pmax(top4, f32x4.pmax(score0, score1));
        v128.store(s, score0);
        v128.store(s, score1, 16);
      }
      const top = largestOf(top4);
      top4 = f32x4.splat(top);
      let total0 = f32x4.splat(0);
      let total1 = f32x4.splat(0);
      for (let j: usize = 0, s = row; j < padded; j += 8, s += stride) {
        const weight0 = exp4(f32x4.sub(v128.load(s), top4));
        const weight1 = exp4(f32x4.sub(v128.load(s, 16), top4));
        total0 = f32x4.add(total0, weight0);
        total1 = f32x4.add(total1, weight1);
        v128.store(s, weight0);
        v128.store(s, weight1, 16);
      }
      const total = sumOf(f32x4.add(total0, total1));
      store<f32>(logSums + ((i0 + i) << 2), top + <f32>log(total));
      const factor = f32x4.splat(1 / total);
      const keptFactor = p == 0 ? factor : f32x4.mul(factor, kept);
      const index = <u32>(((head * B + b) * N + i0 + i) * N);
      for (let j: usize = 0, s = row; j < padded; j += 4, s += j & 4 ? 16 : stride - 16) {
        const weight = p == 0 ? factor : dropoutMask4(dropKey, index + <u32>j, threshold, keptFactor);
        v128.store(s, f32x4.mul(v128.load(s), weight));
      }
    }

    memory.fill(sums, 0, panels * stride);
    for (let j0: usize = 0; j0 < padded; j0 += held) {
      const count = min(held, padded - j0);
      if (i0 == first || held < padded) {
        pack(value + ((3 * j0 * H) << 2), (3 * H) << 2, min(count, N - j0), D, values, count << 5, count);
      }
      for (let d: usize = 0; d < panels; d++) {
        const column = sums + d * stride;
        for (let i: usize = 0; i < rows; i += 4) {
          const from = scores + (j0 >> 3) * stride + (i << 5);
          multiply(from, stride, count >> 3, values + ((d * count) << 5), column + (i << 5), true);
        }
      }
    }
    unpack(sums, stride, rows, D, context + ((i0 * H) << 2), H << 2, false);
  }
}
