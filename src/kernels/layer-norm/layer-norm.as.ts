import { binding, uniform, uniformFloat, variant } from '../call.as';
import { dropoutKept, dropoutMask1, dropoutMask4, dropoutThreshold, siteKey } from '../dropout/mask.as';
import { madd, sumOf } from '../math.as';
import { clearRow, rowSum, wholeBytes } from '../rows.as';

/** The sum of the squares of a row's distances from `mean`. */
function rowSquares(row: usize, width: usize, mean: f32): f32 {
  const means = f32x4.splat(mean);
  const whole = wholeBytes(width);
  const rounds = whole & ~31;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let i: usize = 0;
  for (; i < rounds; i += 32) {
    const v = f32x4.sub(v128.load(row + i), means);
    const w = f32x4.sub(v128.load(row + i, 16), means);
    a = madd(v, v, a);
    b = madd(w, w, b);
  }
  for (; i < whole; i += 16) {
    const v = f32x4.sub(v128.load(row + i), means);
    a = madd(v, v, a);
  }
  let rest: f32 = 0;
  for (; i < width << 2; i += 4) {
    const v = load<f32>(row + i) - mean;
    rest += v * v;
  }
  return sumOf(f32x4.add(a, b)) + rest;
}

export function layerNorm(call: usize, part: u32, _scratch: usize): void {
  const x = binding(call, 0);
  const weight = binding(call, 1);
  const bias = binding(call, 2);
  const y = binding(call, 3);
  const masked = variant(call, 1) == 1;
  const dropped = variant(call, 2) == 1;
  const mask = masked ? binding(call, 4) : 0;
  const key = dropped ? siteKey(binding(call, masked ? 5 : 4), uniform(call, 3)) : 0;
  const threshold = dropoutThreshold(uniformFloat(call, 4));
  const kept = dropoutKept(uniformFloat(call, 4));
  const width = <usize>uniform(call, 1);
  const count = <f32>uniform(call, 1);
  const eps = uniformFloat(call, 2);
  const whole = wholeBytes(width);
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), uniform(call, 0));
  for (let row = first; row < end; row++) {
    const at = (<usize>row * width) << 2;
    const from = x + at;
    const to = y + at;
    if (masked && load<u32>(mask + ((<usize>row) << 2)) == 0) {
      clearRow(to, width);
      continue;
    }
    const mean = rowSum(from, width) / count;
    const inverse = <f32>1 / sqrt<f32>(rowSquares(from, width, mean) / count + eps);
    const means = f32x4.splat(mean);
    const inverses = f32x4.splat(inverse);
    let i: usize = 0;
    for (; i < whole; i += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(from + i), means), inverses);
      v128.store(to + i, madd(normal, v128.load(weight + i), v128.load(bias + i)));
    }
    for (; i < width << 2; i += 4) {
      const normal = (load<f32>(from + i) - mean) * inverse;
      store<f32>(to + i, normal * load<f32>(weight + i) + load<f32>(bias + i));
    }
    if (!dropped) continue;
    let index = row * <u32>width;
    for (i = 0; i < whole; i += 16, index += 4) {
      v128.store(to + i, f32x4.mul(v128.load(to + i), dropoutMask4(key, index, threshold, kept)));
    }
    for (; i < width << 2; i += 4, index++) {
      store<f32>(to + i, load<f32>(to + i) * dropoutMask1(key, index, threshold, kept));
    }
  }
}
