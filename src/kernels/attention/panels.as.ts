// Matrices as panels of 8 columns: element (row, column) lies at (column / 8) stride + 32 row + 4 (column % 8), so the same copy serves
// as either factor of a product and as its result. Addresses and strides are bytes; a stride is that from panel to panel.
import { madd } from '../math.as';

/** Copies `rows` rows of `columns` floats, `pitch` apart, into panels; what is beyond them, up to `padded` rows, is 0. */
export function pack(
  source: usize,
  pitch: usize,
  rows: usize,
  columns: usize,
  to: usize,
  stride: usize,
  padded: usize,
): void {
  if (columns & 7 || rows < padded) memory.fill(to, 0, ((columns + 7) >> 3) * stride);
  const vectors = columns & ~3;
  for (let row: usize = 0; row < rows; row++) {
    const from = source + row * pitch;
    const line = to + (row << 5);
    for (let d: usize = 0; d < vectors; d += 4) {
      v128.store(line + (d >> 3) * stride + ((d & 4) << 2), v128.load(from + (d << 2)));
    }
    for (let d = vectors; d < columns; d++) {
      store<f32>(line + (d >> 3) * stride + ((d & 7) << 2), load<f32>(from + (d << 2)));
    }
  }
}

/** Writes the first `rows` rows of panels as rows of `columns` floats, `pitch` apart; `adds`: adds them to what is there. */
export function unpack(
  from: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  target: usize,
  pitch: usize,
  adds: bool,
): void {
  const vectors = columns & ~3;
  for (let row: usize = 0; row < rows; row++) {
    const to = target + row * pitch;
    const line = from + (row << 5);
    for (let d: usize = 0; d < vectors; d += 4) {
      const value = v128.load(line + (d >> 3) * stride + ((d & 4) << 2));
      v128.store(to + (d << 2), adds ? f32x4.add(v128.load(to + (d << 2)), value) : value);
    }
    for (let d = vectors; d < columns; d++) {
      const value = load<f32>(line + (d >> 3) * stride + ((d & 7) << 2));
      store<f32>(to + (d << 2), adds ? load<f32>(to + (d << 2)) + value : value);
    }
  }
}

/** The transpose of `rows` rows (a multiple of 8) in `panels` panels: panels of 8 of the rows, 256 panels apart. */
export function transpose(from: usize, stride: usize, rows: usize, panels: usize, to: usize): void {
  for (let panel: usize = 0; panel < panels; panel++) {
    for (let row: usize = 0; row < rows; row += 4) {
      const target = to + (row >> 3) * (panels << 8) + ((row & 4) << 2) + (panel << 8);
      const line = from + panel * stride + (row << 5);
      transpose4(line, target);
      transpose4(line + 16, target + 128);
    }
  }
}

/** The transpose of 4 x 4 floats whose rows are 32 bytes apart, in both places. */
export function transpose4(from: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 32);
  const c = v128.load(from, 64);
  const d = v128.load(from, 96);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ba = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const dc = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 32);
  v128.store(to, i64x2.shuffle(ba, dc, 0, 2), 64);
  v128.store(to, i64x2.shuffle(ba, dc, 1, 3), 96);
}

/**
 * C = A B, or C += A B, for 4 rows of A (`panels` panels of it) and one panel of B and of C: the sums stay in 8 vectors. B's rows are the
 * columns of A, 32 bytes apart.
 */
export function multiply(a: usize, stride: usize, panels: usize, b: usize, c: usize, adds: bool): void {
  const zero = f32x4.splat(0);
  let c00 = adds ? v128.load(c) : zero;
  let c01 = adds ? v128.load(c, 16) : zero;
  let c10 = adds ? v128.load(c, 32) : zero;
  let c11 = adds ? v128.load(c, 48) : zero;
  let c20 = adds ? v128.load(c, 64) : zero;
  let c21 = adds ? v128.load(c, 80) : zero;
  let c30 = adds ? v128.load(c, 96) : zero;
  let c31 = adds ? v128.load(c, 112) : zero;
  const skip = stride - 32;
  for (let end = a + panels * stride; a != end; a += skip) {
    for (let last = a + 32; a != last; a += 8, b += 64) {
      let b0 = v128.load(b);
      let b1 = v128.load(b, 16);
      let x = v128.load32_splat(a);
      c00 = madd(x, b0, c00);
      c01 = madd(x, b1, c01);
      x = v128.load32_splat(a, 32);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      x = v128.load32_splat(a, 64);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      x = v128.load32_splat(a, 96);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
      b0 = v128.load(b, 32);
      b1 = v128.load(b, 48);
      x = v128.load32_splat(a, 4);
      c00 = madd(x, b0, c00);
      c01 = madd(x, b1, c01);
      x = v128.load32_splat(a, 36);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      x = v128.load32_splat(a, 68);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      x = v128.load32_splat(a, 100);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
}

/** C += A^T B for 4 columns of A in one panel, one panel of B and of C: the sum over `rows` rows. */
export function multiplyTransposed(a: usize, rows: usize, b: usize, c: usize): void {
  let c00 = v128.load(c);
  let c01 = v128.load(c, 16);
  let c10 = v128.load(c, 32);
  let c11 = v128.load(c, 48);
  let c20 = v128.load(c, 64);
  let c21 = v128.load(c, 80);
  let c30 = v128.load(c, 96);
  let c31 = v128.load(c, 112);
  for (let end = a + (rows << 5); a != end; a += 32, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
}
