import { binding, uniform, uniformFloat, variant } from '../call.as';
import { dropoutKept, dropoutMask1, dropoutMask4, dropoutThreshold, siteKey } from '../dropout/mask.as';
import { madd, sumOf } from '../math.as';
import { clearRow, rowSum, wholeBytes } from '../rows.as';

/** Blocks of rows; scratch holds dy of a row after mask and dropout where there are any. */
export function layerNormGrad(call: usize, part: u32, scratch: usize): void {
  const x = binding(call, 0);
  const weight = binding(call, 1);
  const dy = binding(call, 2);
  const dx = binding(call, 3);
  const blockRows = variant(call, 1);
  const masked = variant(call, 2) == 1;
  const beside = variant(call, 3) == 1;
  const dropped = variant(call, 4) == 1;
  let next: usize = 5;
  let mask: usize = 0;
  let besides: usize = 0;
  let key: u32 = 0;
  if (masked) mask = binding(call, next++);
  if (beside) besides = binding(call, next++);
  if (beside || dropped) key = siteKey(binding(call, next), uniform(call, 4));
  const threshold = dropoutThreshold(uniformFloat(call, 5));
  const kept = dropoutKept(uniformFloat(call, 5));
  const rows = uniform(call, 0);
  const width = <usize>uniform(call, 1);
  const bytes = width << 2;
  const whole = wholeBytes(width);
  const count = <f32>uniform(call, 1);
  const eps = uniformFloat(call, 2);
  const first = part * variant(call, 0) * blockRows;
  const end = min<u32>(first + variant(call, 0) * blockRows, rows);
  let dWeight: usize = 0;
  let dBias: usize = 0;
  for (let row = first; row < end; row++) {
    if (row % blockRows == 0) {
      dWeight = binding(call, 4) + ((<usize>uniform(call, 3) + <usize>(row / blockRows) * 2 * width) << 2);
      dBias = dWeight + bytes;
      clearRow(dWeight, 2 * width);
    }
    const at = (<usize>row * width) << 2;
    const from = x + at;
    const to = dx + at;
    const index = row * <u32>width;
    let slopes = dy + at;
    if (masked && load<u32>(mask + ((<usize>row) << 2)) == 0) {
      slopes = scratch;
      clearRow(slopes, width);
    } else if (dropped) {
      slopes = scratch;
      let i: usize = 0;
      for (; i < whole; i += 16) {
        const factors = dropoutMask4(key, index + ((<u32>i) >> 2), threshold, kept);
        v128.store(slopes + i, f32x4.mul(v128.load(dy + at + i), factors));
      }
      for (; i < bytes; i += 4) {
        const factor = dropoutMask1(key, index + ((<u32>i) >> 2), threshold, kept);
        store<f32>(slopes + i, load<f32>(dy + at + i) * factor);
      }
    }
    // The sums of v^2, g and g v, with v = x - mean.
    const mean = rowSum(from, width) / count;
    const means = f32x4.splat(mean);
    let squares4 = f32x4.splat(0);
    let g4 = f32x4.splat(0);
    let gv4 = f32x4.splat(0);
    let i: usize = 0;
    for (; i < whole; i += 16) {
      const v = f32x4.sub(v128.load(from + i), means);
      const g = f32x4.mul(v128.load(slopes + i), v128.load(weight + i));
      squares4 = madd(v, v, squares4);
      g4 = f32x4.add(g4, g);
      gv4 = madd(g, v, gv4);
    }
    let squares = sumOf(squares4);
    let meanG = sumOf(g4);
    let meanGv = sumOf(gv4);
    for (; i < bytes; i += 4) {
      const v = load<f32>(from + i) - mean;
      const g = load<f32>(slopes + i) * load<f32>(weight + i);
      squares += v * v;
      meanG += g;
      meanGv += g * v;
    }
    const inverse = <f32>1 / sqrt<f32>(squares / count + eps);
    meanG /= count;
    // What a normal is multiplied with.
    const pull = (meanGv / count) * inverse;
    const inverses = f32x4.splat(inverse);
    const meanGs = f32x4.splat(meanG);
    const pulls = f32x4.splat(pull);
    for (i = 0; i < whole; i += 16) {
      const slope = v128.load(slopes + i);
      const normal = f32x4.mul(f32x4.sub(v128.load(from + i), means), inverses);
      const g = f32x4.mul(slope, v128.load(weight + i));
      v128.store(to + i, f32x4.mul(f32x4.sub(f32x4.sub(g, meanGs), f32x4.mul(normal, pulls)), inverses));
      v128.store(dWeight + i, madd(slope, normal, v128.load(dWeight + i)));
      v128.store(dBias + i, f32x4.add(v128.load(dBias + i), slope));
    }
    for (; i < bytes; i += 4) {
      const slope = load<f32>(slopes + i);
      const normal = (load<f32>(from + i) - mean) * inverse;
      store<f32>(to + i, (slope * load<f32>(weight + i) - meanG - normal * pull) * inverse);
      store<f32>(dWeight + i, load<f32>(dWeight + i) + slope * normal);
      store<f32>(dBias + i, load<f32>(dBias + i) + slope);
    }
    if (!beside) continue;
    for (i = 0; i < whole; i += 16) {
      const factors = dropoutMask4(key, index + ((<u32>i) >> 2), threshold, kept);
      v128.store(besides + at + i, f32x4.mul(v128.load(to + i), factors));
    }
    for (; i < bytes; i += 4) {
      const factor = dropoutMask1(key, index + ((<u32>i) >> 2), threshold, kept);
      store<f32>(besides + at + i, load<f32>(to + i) * factor);
    }
  }
}

/** target[c] += the sum of `blocks` rows, `stride` bytes apart. */
function addBlocks(target: usize, from: usize, width: usize, blocks: u32, stride: usize): void {
  const whole = wholeBytes(width);
  let i: usize = 0;
  for (; i < whole; i += 16) {
    let sum = f32x4.splat(0);
    let at = from + i;
    for (let block: u32 = 0; block < blocks; block++, at += stride) sum = f32x4.add(sum, v128.load(at));
    v128.store(target + i, f32x4.add(v128.load(target + i), sum));
  }
  for (; i < width << 2; i += 4) {
    let sum: f32 = 0;
    let at = from + i;
    for (let block: u32 = 0; block < blocks; block++, at += stride) sum += load<f32>(at);
    store<f32>(target + i, load<f32>(target + i) + sum);
  }
}

/** A piece of work: some columns of one norm, of weight and bias both. */
export function addNormPartials(call: usize, part: u32, _scratch: usize): void {
  const partials = binding(call, 0);
  const gradients = binding(call, 1);
  const width = <usize>uniform(call, 60);
  const pieces = variant(call, 1);
  const columns = <usize>variant(call, 2);
  const chunks = variant(call, 3);
  const begin = part * variant(call, 0);
  const end = min<u32>(begin + variant(call, 0), pieces);
  for (let piece = begin; piece < end; piece++) {
    const norm = (<usize>(piece / chunks)) << 2;
    const first = <usize>(piece % chunks) * columns;
    const count = min<usize>(columns, width - first);
    for (let half: usize = 0; half < 2; half++) {
      const from = partials + ((<usize>uniform(call, norm) + half * width + first) << 2);
      const to = gradients + ((<usize>uniform(call, norm + 2 + half) + first) << 2);
      addBlocks(to, from, count, uniform(call, norm + 1), width << 3);
    }
  }
}
