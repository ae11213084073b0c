// The scores of relative positions, taken from and given back to tables [N, R], for 4 x 4 scores s[i][j] at a time (rows 32 bytes apart).
// Row i of c2p and row j of p2c are read at column(i - j). `at`: the address of the column of distance 0. Where the seven distances of a
// block have consecutive columns, as near distances do, four of them are one vector.

/** Whether the columns of `distance` and of the three distances on both sides of it are consecutive. */
function consecutive(at: usize, distance: isize): bool {
  const from = at + <usize>(distance << 2);
  const middle = v128.load32_splat(from);
  return (
    i32x4.all_true(i32x4.eq(v128.load(from - 12), i32x4.add(middle, i32x4(-3, -2, -1, 0)))) &&
    i32x4.all_true(i32x4.eq(v128.load(from), i32x4.add(middle, i32x4(0, 1, 2, 3))))
  );
}

/** The four floats at `address` in the order of falling distances. */
function loadReversed(address: usize): v128 {
  const value = v128.load(address);
  return i32x4.shuffle(value, value, 3, 2, 1, 0);
}

function gather(a: usize, b: usize, c: usize, d: usize): v128 {
  let value = v128.load32_zero(a);
  value = v128.load32_lane(b, value, 1);
  value = v128.load32_lane(c, value, 2);
  return v128.load32_lane(d, value, 3);
}

function addTo(address: usize, value: v128): void {
  v128.store(address, f32x4.add(v128.load(address), value));
}

function addOne(address: usize, value: f32): void {
  store<f32>(address, load<f32>(address) + value);
}

/** Adds the scores of relative positions to s. `i`, `j`: the block's first query and key; a table of 0 is none; `pitch`: bytes of a row. */
export function addRelative(
  s: usize,
  i: usize,
  j: usize,
  N: usize,
  at: usize,
  c2p: usize,
  p2c: usize,
  pitch: usize,
): void {
  if (i + 4 > N || j + 4 > N) {
    for (let y = i; y < min(i + 4, N); y++) {
      for (let x = j; x < min(j + 4, N); x++) {
        const column = (<usize>load<u32>(at + ((y - x) << 2))) << 2;
        let sum: f32 = 0;
        if (c2p) sum += load<f32>(c2p + y * pitch + column);
        if (p2c) sum += load<f32>(p2c + x * pitch + column);
        addOne(s + ((y - i) << 5) + ((x - j) << 2), sum);
      }
    }
    return;
  }
  const distance = <isize>i - <isize>j;
  const from = at + <usize>(distance << 2);
  const c = c2p + i * pitch;
  const p = p2c + j * pitch;
  if (consecutive(at, distance)) {
    const column = (<usize>load<u32>(from)) << 2;
    let s0 = v128.load(s);
    let s1 = v128.load(s, 32);
    let s2 = v128.load(s, 64);
    let s3 = v128.load(s, 96);
    if (c2p) {
      const first = c + column - 12;
      s0 = f32x4.add(s0, loadReversed(first));
      s1 = f32x4.add(s1, loadReversed(first + pitch + 4));
      s2 = f32x4.add(s2, loadReversed(first + 2 * pitch + 8));
      s3 = f32x4.add(s3, loadReversed(first + 3 * pitch + 12));
    }
    if (p2c) {
      const first = p + column;
      const t0 = v128.load(first);
      const t1 = v128.load(first + pitch - 4);
      const t2 = v128.load(first + 2 * pitch - 8);
      const t3 = v128.load(first + 3 * pitch - 12);
      const low01 = i32x4.shuffle(t0, t1, 0, 4, 1, 5);
      const low23 = i32x4.shuffle(t2, t3, 0, 4, 1, 5);
      const high01 = i32x4.shuffle(t0, t1, 2, 6, 3, 7);
      const high23 = i32x4.shuffle(t2, t3, 2, 6, 3, 7);
      s0 = f32x4.add(s0, i64x2.shuffle(low01, low23, 0, 2));
      s1 = f32x4.add(s1, i64x2.shuffle(low01, low23, 1, 3));
      s2 = f32x4.add(s2, i64x2.shuffle(high01, high23, 0, 2));
      s3 = f32x4.add(s3, i64x2.shuffle(high01, high23, 1, 3));
    }
    v128.store(s, s0);
    v128.store(s, s1, 32);
    v128.store(s, s2, 64);
    v128.store(s, s3, 96);
    return;
  }
  for (let y: usize = 0; y < 4; y++) {
    const columns = from + (y << 2);
    const column0 = (<usize>load<u32>(columns)) << 2;
    const column1 = (<usize>load<u32>(columns - 4)) << 2;
    const column2 = (<usize>load<u32>(columns - 8)) << 2;
    const column3 = (<usize>load<u32>(columns - 12)) << 2;
    let value = v128.load(s + (y << 5));
    if (c2p) {
      const row = c + y * pitch;
      value = f32x4.add(value, gather(row + column0, row + column1, row + column2, row + column3));
    }
    if (p2c) {
      const p1 = p + pitch;
      const p2 = p1 + pitch;
      const p3 = p2 + pitch;
      value = f32x4.add(value, gather(p + column0, p1 + column1, p2 + column2, p3 + column3));
    }
    v128.store(s + (y << 5), value);
  }
}

/** Adds the gradients s to the tables that the scores came from. */
export function addRelativeGrad(
  s: usize,
  i: usize,
  j: usize,
  N: usize,
  at: usize,
  c2p: usize,
  p2c: usize,
  pitch: usize,
): void {
  const distance = <isize>i - <isize>j;
  const from = at + <usize>(distance << 2);
  const whole = i + 4 <= N && j + 4 <= N;
  const c = c2p + i * pitch;
  const p = p2c + j * pitch;
  if (whole && consecutive(at, distance)) {
    const column = (<usize>load<u32>(from)) << 2;
    const s0 = v128.load(s);
    const s1 = v128.load(s, 32);
    const s2 = v128.load(s, 64);
    const s3 = v128.load(s, 96);
    if (c2p) {
      const first = c + column - 12;
      addTo(first, i32x4.shuffle(s0, s0, 3, 2, 1, 0));
      addTo(first + pitch + 4, i32x4.shuffle(s1, s1, 3, 2, 1, 0));
      addTo(first + 2 * pitch + 8, i32x4.shuffle(s2, s2, 3, 2, 1, 0));
      addTo(first + 3 * pitch + 12, i32x4.shuffle(s3, s3, 3, 2, 1, 0));
    }
    if (p2c) {
      const first = p + column;
      const low01 = i32x4.shuffle(s0, s1, 0, 4, 1, 5);
      const low23 = i32x4.shuffle(s2, s3, 0, 4, 1, 5);
      const high01 = i32x4.shuffle(s0, s1, 2, 6, 3, 7);
      const high23 = i32x4.shuffle(s2, s3, 2, 6, 3, 7);
      addTo(first, i64x2.shuffle(low01, low23, 0, 2));
      addTo(first + pitch - 4, i64x2.shuffle(low01, low23, 1, 3));
      addTo(first + 2 * pitch - 8, i64x2.shuffle(high01, high23, 0, 2));
      addTo(first + 3 * pitch - 12, i64x2.shuffle(high01, high23, 1, 3));
    }
    return;
  }
  const right = min<usize>(4, N - j);
  for (let y: usize = 0; y < min<usize>(4, N - i); y++) {
    for (let x: usize = 0; x < right; x++) {
      const column = (<usize>load<u32>(from + ((y - x) << 2))) << 2;
      const value = load<f32>(s + (y << 5) + (x << 2));
      if (c2p) addOne(c + y * pitch + column, value);
      if (p2c) addOne(p + x * pitch + column, value);
    }
  }
}
