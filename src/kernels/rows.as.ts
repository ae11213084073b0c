// Rows of float32, four at once; what is beyond a multiple of 4 one by one.
import { sumOf } from './math.as';

/** Bytes of a row of `width` that are taken four floats at once. */
export function wholeBytes(width: usize): usize {
  return (width << 2) & ~15;
}

/** The sum of a row: 16 sums side by side, for speed and because a long sequential sum loses digits. */
export function rowSum(row: usize, width: usize): f32 {
  const whole = wholeBytes(width);
  const rounds = whole & ~63;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let i: usize = 0;
  for (; i < rounds; i += 64) {
    a = f32x4.add(a, v128.load(row + i));
    b = f32x4.add(b, v128.load(row + i, 16));
    c = f32x4.add(c, v128.load(row + i, 32));
    d = f32x4.add(d, v128.load(row + i, 48));
  }
  for (; i < whole; i += 16) a = f32x4.add(a, v128.load(row + i));
  let rest: f32 = 0;
  for (; i < width << 2; i += 4) rest += load<f32>(row + i);
  return sumOf(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))) + rest;
}

/** target += source. */
export function addRow(target: usize, source: usize, width: usize): void {
  const whole = wholeBytes(width);
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(source + i)));
  for (; i < width << 2; i += 4) store<f32>(target + i, load<f32>(target + i) + load<f32>(source + i));
}

export function copyRow(target: usize, source: usize, width: usize): void {
  const whole = wholeBytes(width);
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(target + i, v128.load(source + i));
  for (; i < width << 2; i += 4) store<f32>(target + i, load<f32>(source + i));
}

export function clearRow(target: usize, width: usize): void {
  const whole = wholeBytes(width);
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(target + i, f32x4.splat(0));
  for (; i < width << 2; i += 4) store<f32>(target + i, 0);
}

/** Four floats, or the `bytes` / 4 that are left of a row and zeros. */
export function loadUpTo4(at: usize, bytes: usize): v128 {
  if (bytes >= 16) return v128.load(at);
  let v = v128.load_zero<f32>(at);
  if (bytes > 4) v = f32x4.replace_lane(v, 1, load<f32>(at + 4));
  if (bytes > 8) v = f32x4.replace_lane(v, 2, load<f32>(at + 8));
  return v;
}

export function storeUpTo4(at: usize, v: v128, bytes: usize): void {
  if (bytes >= 16) {
    v128.store(at, v);
    return;
  }
  store<f32>(at, f32x4.extract_lane(v, 0));
  if (bytes > 4) store<f32>(at + 4, f32x4.extract_lane(v, 1));
  if (bytes > 8) store<f32>(at + 8, f32x4.extract_lane(v, 2));
}
