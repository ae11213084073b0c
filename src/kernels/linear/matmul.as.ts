// C[M, N] (+)= op(A) op(B) with an epilogue, as matmul.ts defines it. A part owns a block of C. It packs what it needs of A in strips of 4 rows and of B in
// panels of 8 columns, KC deep, so that the innermost loop reads both from one end to the other and keeps a tile of 4 x 8 sums in registers.
import { binding, uniform, uniformFloat, variant } from '../call.as';
import { dropoutKey, dropoutMask4, dropoutThreshold } from '../dropout/mask.as';
import { bell4, geluSlope4, madd, phi4 } from '../math.as';
import { MICRO_BATCH, SEED, stateInteger } from '../step-state.as';

// Uniforms, by their place.
const M: usize = 0;
const N: usize = 1;
const K: usize = 2;
const LDA: usize = 3;
const LDB: usize = 4;
const LDC: usize = 5;
const A: usize = 6; // offset, batch, head, sum
const B: usize = 10; // offset, batch, head, sum
const C: usize = 14; // offset, batch, head
const HEADS: usize = 17;
const SUMS: usize = 18;
const ACCUMULATE: usize = 21;
const SITE: usize = 22;
const DROP_OFFSET: usize = 23;
const VECTOR_OFFSET: usize = 24;
const VECTOR_HEAD: usize = 25;
const DROPOUT: usize = 26;

// Epilogues, in the order of matmul.ts.
const PLAIN: u32 = 0;
const BIAS: u32 = 1;
const GELU: u32 = 2;
const FACTOR: u32 = 3;
const RESIDUAL: u32 = 4;
const DROPPED: u32 = 5;
const COLUMN_SUMS: u32 = 6;

/** Depth of a block; its sums go to C, so that rounding grows with KC and the number of blocks, not with K. */
const KC: usize = 512;

/** Where things lie in the scratch memory: a tile of C; the panels of B (at most 256 columns); the strips of A (at most 128 rows). */
const TILE: usize = 0;
const PANELS: usize = 256;
const STRIPS: usize = PANELS + KC * 256 * 4;

export function matmul(call: usize, part: u32, scratch: usize): void {
  const rows = <usize>uniform(call, M);
  const columns = <usize>uniform(call, N);
  const depth = <usize>uniform(call, K);
  const blockRows = <usize>variant(call, 3);
  const blockColumns = <usize>variant(call, 4);
  const across = (columns + blockColumns - 1) / blockColumns;
  const down = (rows + blockRows - 1) / blockRows;
  const n0 = (<usize>part % across) * blockColumns;
  const m0 = ((<usize>part / across) % down) * blockRows;
  const matrix = <usize>part / (across * down);
  const batch = matrix / uniform(call, HEADS);
  const head = matrix % uniform(call, HEADS);
  const mc = min(blockRows, rows - m0);
  const nc = min(blockColumns, columns - n0);

  const transposeA = variant(call, 0) == 1;
  const transposeB = variant(call, 1) == 1;
  const lda = (<usize>uniform(call, LDA)) << 2;
  const ldb = (<usize>uniform(call, LDB)) << 2;
  const a = binding(call, 0) + (offsetOf(call, A, batch, head) << 2) + (transposeA ? m0 << 2 : m0 * lda);
  const b = binding(call, 1) + (offsetOf(call, B, batch, head) << 2) + (transposeB ? n0 * ldb : n0 << 2);
  const sums = uniform(call, SUMS);
  const withSums = variant(call, 2) == COLUMN_SUMS && n0 == 0;
  let first = true;
  for (let sum: u32 = 0; sum < sums; sum++) {
    const fromA = a + ((<usize>sum * <usize>uniform(call, A + 3)) << 2);
    const fromB = b + ((<usize>sum * <usize>uniform(call, B + 3)) << 2);
    for (let k0: usize = 0; k0 < depth; k0 += KC) {
      const kc = min(KC, depth - k0);
      // A is read along its rows unless it is turned, B along its rows if it is turned.
      if (transposeA) packAcross(fromA + k0 * lda, lda, mc, kc, scratch + STRIPS, 4);
      else packAlong(fromA + (k0 << 2), lda, mc, kc, scratch + STRIPS, 4);
      if (transposeB) packAlong(fromB + (k0 << 2), ldb, nc, kc, scratch + PANELS, 8);
      else packAcross(fromB + k0 * ldb, ldb, nc, kc, scratch + PANELS, 8);
      if (withSums) addColumnSums(call, head, m0, mc, kc, scratch + STRIPS, first);
      const last = sum == sums - 1 && k0 + KC >= depth;
      multiplyBlock(call, batch, head, m0, n0, mc, nc, kc, scratch, first, last);
      first = false;
    }
  }
}

function offsetOf(call: usize, at: usize, batch: usize, head: usize): usize {
  return (
    <usize>uniform(call, at) + batch * <usize>uniform(call, at + 1) + head * <usize>uniform(call, at + 2)
  );
}

/**
 * Packs lines that lie along k (line i at source + i * stride) in groups of `width` (4 or 8): [group][k][width]. What a group has beyond the last line is
 * of no account: it becomes rows or columns of the tile that are never stored.
 */
function packAlong(source: usize, stride: usize, lines: usize, kc: usize, to: usize, width: usize): void {
  const step = width << 2;
  for (let line: usize = 0; line < lines; line += 4) {
    const out = to + (line / width) * kc * step + ((line % width) << 2);
    const from = source + line * stride;
    let k: usize = 0;
    if (line + 4 <= lines) {
      for (; k + 4 <= kc; k += 4) {
        const at = from + (k << 2);
        const r0 = v128.load(at);
        const r1 = v128.load(at + stride);
        const r2 = v128.load(at + 2 * stride);
        const r3 = v128.load(at + 3 * stride);
        const low01 = i8x16.shuffle(r0, r1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
        const low23 = i8x16.shuffle(r2, r3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
        const high01 = i8x16.shuffle(r0, r1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
        const high23 = i8x16.shuffle(r2, r3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
        const into = out + k * step;
        v128.store(into, i64x2.shuffle(low01, low23, 0, 2));
        v128.store(into + step, i64x2.shuffle(low01, low23, 1, 3));
        v128.store(into + 2 * step, i64x2.shuffle(high01, high23, 0, 2));
        v128.store(into + 3 * step, i64x2.shuffle(high01, high23, 1, 3));
      }
    }
    for (; k < kc; k++) {
      for (let i: usize = 0; i < 4; i++) {
        const value = line + i < lines ? load<f32>(from + i * stride + (k << 2)) : 0;
        store<f32>(out + k * step + (i << 2), value);
      }
    }
  }
}

/**
 * The same for lines that lie across: element k of line i at source + k * stride + 4 i. Sixteen lines at once, a cache line of each row: four at a time
 * would fetch every one of them four times.
 */
function packAcross(source: usize, stride: usize, lines: usize, kc: usize, to: usize, width: usize): void {
  const step = width << 2;
  // Where the second, third and fourth group of four lines go, from the first on.
  const next = width == 4 ? kc << 4 : 16;
  const second = width == 4 ? next << 1 : kc << 5;
  let line: usize = 0;
  for (; line + 16 <= lines; line += 16) {
    let out = to + line * kc * 4;
    let from = source + (line << 2);
    for (let k: usize = 0; k < kc; k++) {
      v128.store(out, v128.load(from));
      v128.store(out + next, v128.load(from, 16));
      v128.store(out + second, v128.load(from, 32));
      v128.store(out + second + next, v128.load(from, 48));
      from += stride;
      out += step;
    }
  }
  for (; line < lines; line += 4) {
    let out = to + (line / width) * kc * step + ((line % width) << 2);
    let from = source + (line << 2);
    const count = min<usize>(4, lines - line);
    for (let k: usize = 0; k < kc; k++) {
      v128.store(out, loadSome(from, count));
      from += stride;
      out += step;
    }
  }
}

/** sums[m] (+)= the sums of A's rows of this block over k. */
function addColumnSums(
  call: usize,
  head: usize,
  m0: usize,
  mc: usize,
  kc: usize,
  strips: usize,
  first: bool,
): void {
  const at = <usize>uniform(call, VECTOR_OFFSET) + head * <usize>uniform(call, VECTOR_HEAD) + m0;
  const sums = binding(call, 3) + (at << 2);
  const add = !first || uniform(call, ACCUMULATE) == 1;
  for (let m: usize = 0; m < mc; m += 4) {
    const strip = strips + m * kc * 4;
    let v = f32x4.splat(0);
    for (let k: usize = 0; k < kc; k++) v = f32x4.add(v, v128.load(strip + (k << 4)));
    const to = sums + (m << 2);
    const count = min<usize>(4, mc - m);
    if (add) v = f32x4.add(v, loadSome(to, count));
    storeSome(to, v, count);
  }
}

/** Every tile of the block: for each panel of B the strips of A, so that the panel stays in the first cache. */
function multiplyBlock(
  call: usize,
  batch: usize,
  head: usize,
  m0: usize,
  n0: usize,
  mc: usize,
  nc: usize,
  kc: usize,
  scratch: usize,
  first: bool,
  last: bool,
): void {
  const kind = variant(call, 2);
  const ldc = (<usize>uniform(call, LDC)) << 2;
  const add = !first || uniform(call, ACCUMULATE) == 1;
  // What needs no more than C itself is stored from registers.
  const simple = kind == PLAIN || kind == COLUMN_SUMS || (!last && kind != DROPPED);
  const block = (offsetOf(call, C, batch, head) << 2) + m0 * ldc + (n0 << 2);
  const c = binding(call, 2) + block;
  for (let n: usize = 0; n < nc; n += 8) {
    const panel = scratch + PANELS + n * kc * 4;
    for (let m: usize = 0; m < mc; m += 4) {
      let pa = scratch + STRIPS + m * kc * 4;
      let pb = panel;
      let c00 = f32x4.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      const end = pb + (kc << 5);
      while (pb < end) {
        const b0 = v128.load(pb);
        const b1 = v128.load(pb, 16);
        let a = v128.load_splat<f32>(pa);
        c00 = madd(a, b0, c00);
        c01 = madd(a, b1, c01);
        a = v128.load_splat<f32>(pa, 4);
        c10 = madd(a, b0, c10);
        c11 = madd(a, b1, c11);
        a = v128.load_splat<f32>(pa, 8);
        c20 = madd(a, b0, c20);
        c21 = madd(a, b1, c21);
        a = v128.load_splat<f32>(pa, 12);
        c30 = madd(a, b0, c30);
        c31 = madd(a, b1, c31);
        pa += 16;
        pb += 32;
      }
      const to = c + m * ldc + (n << 2);
      if (simple && m + 4 <= mc && n + 8 <= nc) {
        storeRow(to, c00, c01, add);
        storeRow(to + ldc, c10, c11, add);
        storeRow(to + 2 * ldc, c20, c21, add);
        storeRow(to + 3 * ldc, c30, c31, add);
        continue;
      }
      const tile = scratch + TILE;
      storeRow(tile, c00, c01, false);
      storeRow(tile + 32, c10, c11, false);
      storeRow(tile + 64, c20, c21, false);
      storeRow(tile + 96, c30, c31, false);
      finishTile(
        call,
        simple ? PLAIN : kind,
        block + m * ldc + (n << 2),
        m0 + m,
        n0 + n,
        min<usize>(4, mc - m),
        min<usize>(8, nc - n),
        tile,
        add,
      );
    }
  }
}

function storeRow(to: usize, left: v128, right: v128, add: bool): void {
  if (add) {
    v128.store(to, f32x4.add(v128.load(to), left));
    v128.store(to, f32x4.add(v128.load(to, 16), right), 16);
  } else {
    v128.store(to, left);
    v128.store(to, right, 16);
  }
}

/**
 * A tile of sums to C at byte `at` (row m, column n of the product), through the epilogue. What is laid out as C lies at the same byte. Only a dropout can
 * be applied to parts of a sum; the other epilogues wait for the last. The two halves of a row go side by side: each alone would wait for its own results.
 */
function finishTile(
  call: usize,
  kind: u32,
  at: usize,
  m: usize,
  n: usize,
  rows: usize,
  columns: usize,
  tile: usize,
  add: bool,
): void {
  const ldc = (<usize>uniform(call, LDC)) << 2;
  const left = min<usize>(4, columns);
  const right = columns - left;
  const c = binding(call, 2) + at;
  // What lies as C does beside it: GELU's slope, a factor, or the residual.
  const beside = binding(call, kind == FACTOR ? 3 : 4) + at;
  const hasBias = kind == BIAS || kind == GELU || kind == RESIDUAL;
  const keeps = kind == GELU && variant(call, 5) == 1;
  const vector = binding(call, 3) + ((<usize>uniform(call, VECTOR_OFFSET) + n) << 2);
  const biasLeft = hasBias ? loadSome(vector, left) : f32x4.splat(0);
  const biasRight = hasBias ? loadSome(vector + 16, right) : f32x4.splat(0);
  const p = uniformFloat(call, DROPOUT);
  let key: u32 = 0;
  let threshold: u32 = 0;
  let kept = f32x4.splat(1);
  if (p > 0) {
    const state = binding(call, kind == RESIDUAL ? 5 : 3);
    key = dropoutKey(stateInteger(state, SEED), stateInteger(state, MICRO_BATCH), uniform(call, SITE));
    threshold = dropoutThreshold(p);
    kept = f32x4.splat(1 / (1 - p));
  }
  let index = uniform(call, DROP_OFFSET) + <u32>m * uniform(call, N) + <u32>n;
  for (let row: usize = 0; row < rows; row++) {
    const byte = row * ldc;
    let v = v128.load(tile + (row << 5));
    let w = v128.load(tile + (row << 5), 16);
    if (add && kind != DROPPED) {
      v = f32x4.add(v, loadSome(c + byte, left));
      w = f32x4.add(w, loadSome(c + byte + 16, right));
    }
    if (hasBias) {
      v = f32x4.add(v, biasLeft);
      w = f32x4.add(w, biasRight);
    }
    if (kind == GELU) {
      const bellV = bell4(v);
      const bellW = bell4(w);
      const belowV = phi4(v, bellV);
      const belowW = phi4(w, bellW);
      if (keeps) {
        storeSome(beside + byte, geluSlope4(v, bellV, belowV), left);
        storeSome(beside + byte + 16, geluSlope4(w, bellW, belowW), right);
      }
      v = f32x4.mul(v, belowV);
      w = f32x4.mul(w, belowW);
    } else if (kind == FACTOR) {
      v = f32x4.mul(v, loadSome(beside + byte, left));
      w = f32x4.mul(w, loadSome(beside + byte + 16, right));
    } else if (p > 0) {
      v = f32x4.mul(v, dropoutMask4(key, index, threshold, kept));
      w = f32x4.mul(w, dropoutMask4(key, index + 4, threshold, kept));
      index += uniform(call, N);
    }
    if (kind == RESIDUAL) {
      v = f32x4.add(v, loadSome(beside + byte, left));
      w = f32x4.add(w, loadSome(beside + byte + 16, right));
    }
    if (add && kind == DROPPED) {
      v = f32x4.add(v, loadSome(c + byte, left));
      w = f32x4.add(w, loadSome(c + byte + 16, right));
    }
    storeSome(c + byte, v, left);
    storeSome(c + byte + 16, w, right);
  }
}

/** The first `count` of four values. */
function loadSome(from: usize, count: usize): v128 {
  if (count == 4) return v128.load(from);
  if (count == 0) return f32x4.splat(0);
  let v = v128.load_zero<f32>(from);
  if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(from, 4));
  if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(from, 8));
  return v;
}

function storeSome(to: usize, v: v128, count: usize): void {
  if (count == 4) {
    v128.store(to, v);
    return;
  }
  if (count == 0) return;
  store<f32>(to, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(v, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(v, 2), 8);
}
