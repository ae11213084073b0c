// With P the probabilities, m the dropout mask, dP = dO V^T: dS = P (dP m - delta) / scale where query and key are real, else 0.
// dQ = dS K, dK = dS^T Q, dV = (P m)^T dO; P comes again from the scores and their log-sums.
import { binding, SCRATCH_BYTES, uniform, uniformFloat, variant } from '../call.as';
import { dropoutKey, dropoutMask4, dropoutThreshold } from '../dropout/mask.as';
import { exp4, madd, sumOf } from '../math.as';
import { describeKeys, keysIn, LOWEST } from './keys.as';
import { multiply, multiplyTransposed, pack, transpose, unpack } from './panels.as';
import { addRelative, addRelativeGrad } from './relative.as';

/** Rows of queries at once. */
const BLOCK: usize = 32;

/** The product of two rows. */
function dot(a: usize, b: usize, length: usize): f32 {
  let sum4 = f32x4.splat(0);
  const vectors = length & ~3;
  for (let d: usize = 0; d < vectors; d += 4) {
    sum4 = madd(v128.load(a + (d << 2)), v128.load(b + (d << 2)), sum4);
  }
  let sum = sumOf(sum4);
  for (let d = vectors; d < length; d++) sum += load<f32>(a + (d << 2)) * load<f32>(b + (d << 2));
  return sum;
}

/** A part: one head of one batch row. */
export function attentionGrad(call: usize, part: u32, scratch: usize): void {
  const B: usize = uniform(call, 0);
  const N: usize = uniform(call, 1);
  const heads: usize = uniform(call, 2);
  const pitch = (<usize>uniform(call, 3)) << 2;
  const inverseScale = f32x4.splat(uniformFloat(call, 6));
  const D: usize = variant(call, 0);
  const pair: usize = part;
  const b = pair / heads;
  const head = pair % heads;
  const H = heads * D;
  const width = (H * 3) << 2;

  const inputs = binding(call, 0);
  const fromQuery = (b * N * H * 3 + head * D) << 2;
  const query = binding(call, 1) + fromQuery;
  let next: usize = 2;
  let c2p: usize = 0;
  let p2c: usize = 0;
  let dC2p: usize = 0;
  let dP2c: usize = 0;
  if (variant(call, 1)) c2p = binding(call, next++) + pair * N * pitch;
  if (variant(call, 2)) p2c = binding(call, next++) + pair * N * pitch;
  const fromContext = (b * N * H + head * D) << 2;
  const context = binding(call, next++) + fromContext;
  const logSums = binding(call, next++) + ((pair * N) << 2);
  const dContext = binding(call, next++) + fromContext;
  const dQuery = binding(call, next++) + fromQuery;
  if (c2p) dC2p = binding(call, next++) + pair * N * pitch;
  if (p2c) dP2c = binding(call, next++) + pair * N * pitch;
  if (c2p) memory.fill(dC2p, 0, N * pitch);
  if (p2c) memory.fill(dP2c, 0, N * pitch);
  const distanceZero = inputs + ((1 + N) << 2);
  const mask = inputs + ((1 + 2 * N + b * N) << 2);

  const p = uniformFloat(call, 5);
  const dropKey = dropoutKey(load<u32>(inputs), load<u32>(inputs, 4), uniform(call, 4));
  const threshold = dropoutThreshold(p);
  const kept = f32x4.splat(1 / (1 - p));

  const padded = (N + 7) & ~7;
  const panels = (D + 7) >> 3;
  // Two rows more, so that the panels lie in different sets of the cache.
  const stride = (BLOCK + 2) << 5;
  const real = scratch;
  const blocked = real + (padded << 2);
  const queries = blocked + (padded << 2);
  const outputs = queries + panels * stride;
  const dQueries = outputs + panels * stride;
  const free = dQueries + panels * stride;
  const held = keysIn(scratch + SCRATCH_BYTES - free, 5 * (panels << 5) + 2 * (stride >> 3), padded);
  const size = (held * panels) << 5;
  const keys = free;
  const keysAcross = keys + size;
  const valuesAcross = keysAcross + size;
  const dKeys = valuesAcross + size;
  const dValues = dKeys + size;
  // First scores, then probabilities; first gradients of probabilities, then of scores.
  const scores = dValues + size;
  const gradients = scores + (held >> 3) * stride;
  describeKeys(mask, N, padded, real, blocked);

  for (let j0: usize = 0; j0 < padded; j0 += held) {
    const count = min(held, padded - j0);
    const there = min(count, N - j0);
    const high = count << 5;
    const key = query + (H << 2) + j0 * width;
    pack(key + (H << 2), width, there, D, dValues, high, count);
    transpose(dValues, high, count, panels, valuesAcross);
    pack(key, width, there, D, keys, high, count);
    transpose(keys, high, count, panels, keysAcross);
    memory.fill(dKeys, 0, size << 1);

    for (let i0: usize = 0; i0 < N; i0 += BLOCK) {
      const rows = min(BLOCK, N - i0);
      const relativeRows = c2p | p2c ? rows : 0;
      pack(query + i0 * width, width, rows, D, queries, stride, BLOCK);
      pack(dContext + ((i0 * H) << 2), H << 2, rows, D, outputs, stride, BLOCK);
      for (let j: usize = 0; j < count; j += 8) {
        const column = (j >> 3) * stride;
        const across = (j * panels) << 5;
        for (let i: usize = 0; i < rows; i += 4) {
          const row = i << 5;
          multiply(queries + row, stride, panels, keysAcross + across, scores + column + row, false);
          multiply(outputs + row, stride, panels, valuesAcross + across, gradients + column + row, false);
        }
      }

      for (let i: usize = 0; i < relativeRows; i += 4) {
        for (let j: usize = 0; j < there; j += 4) {
          const s = scores + (j >> 3) * stride + (i << 5) + ((j & 4) << 2);
          addRelative(s, i0 + i, j0 + j, N, distanceZero, c2p, p2c, pitch);
        }
      }

      for (let i: usize = 0; i < rows; i++) {
        const from = (i0 + i) << 2;
        const logSum = f32x4.splat(load<f32>(logSums + from));
        const at = from * H;
        const delta = f32x4.splat(dot(context + at, dContext + at, D));
        const rowReal = load<u32>(mask + from) != 0;
        const index = <u32>(((head * B + b) * N + i0 + i) * N + j0);
        let s = scores + (i << 5);
        let g = gradients + (i << 5);
        for (let j: usize = 0; j < count; j += 4) {
          const drop = p == 0 ? kept : dropoutMask4(dropKey, index + <u32>j, threshold, kept);
          const column = (j0 + j) << 2;
          if (rowReal) {
            const keyReal = v128.load(real + column);
            const score = f32x4.sub(f32x4.mul(v128.load(s), inverseScale), logSum);
            const weight = v128.and(exp4(score), keyReal);
            const slope = f32x4.sub(f32x4.mul(v128.load(g), drop), delta);
            v128.store(s, f32x4.mul(weight, drop));
            v128.store(g, f32x4.mul(f32x4.mul(weight, slope), inverseScale));
          } else {
            // The log-sum of a padded query cannot hold log N beside the lowest float; its weights are known.
            const inside = f32x4.eq(v128.load(blocked + column), f32x4.splat(LOWEST));
            v128.store(s, v128.and(f32x4.mul(drop, f32x4.splat(1 / <f32>N)), inside));
            v128.store(g, f32x4.splat(0));
          }
          const step = j & 4 ? stride - 16 : 16;
          s += step;
          g += step;
        }
      }

      for (let i: usize = 0; i < relativeRows; i += 4) {
        for (let j: usize = 0; j < there; j += 4) {
          const s = gradients + (j >> 3) * stride + (i << 5) + ((j & 4) << 2);
          addRelativeGrad(s, i0 + i, j0 + j, N, distanceZero, dC2p, dP2c, pitch);
        }
      }

      for (let d: usize = 0; d < panels; d++) {
        for (let i: usize = 0; i < rows; i += 4) {
          const target = dQueries + d * stride + (i << 5);
          multiply(gradients + (i << 5), stride, count >> 3, keys + d * high, target, false);
        }
        for (let j: usize = 0; j < count; j += 4) {
          const from = (j >> 3) * stride + ((j & 4) << 2);
          const target = d * high + (j << 5);
          multiplyTransposed(gradients + from, rows, queries + d * stride, dKeys + target);
          multiplyTransposed(scores + from, rows, outputs + d * stride, dValues + target);
        }
      }
      unpack(dQueries, stride, rows, D, dQuery + i0 * width, width, j0 > 0);
    }
    const dKey = dQuery + (H << 2) + j0 * width;
    unpack(dKeys, high, there, D, dKey, width, false);
    unpack(dValues, high, there, D, dKey + (H << 2), width, false);
  }
}
