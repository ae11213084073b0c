import { binding, uniform, variant } from '../call.as';
import { madd, sumOf } from '../math.as';
import * as state from '../step-state.as';

/** Bytes whose squares are summed in float32 at once. */
const RUN: usize = 16384;

/** The sum of squares from `at` to `end`, a whole number of vectors. */
function squares(at: usize, end: usize): f64 {
  let total: f64 = 0;
  while (at < end) {
    const runEnd = min<usize>(at + RUN, end);
    const rounds = at + ((runEnd - at) & ~63);
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    for (; at < rounds; at += 64) {
      const e = v128.load(at);
      const f = v128.load(at, 16);
      const g = v128.load(at, 32);
      const h = v128.load(at, 48);
      a = madd(e, e, a);
      b = madd(f, f, b);
      c = madd(g, g, c);
      d = madd(h, h, d);
    }
    for (; at < runEnd; at += 16) {
      const e = v128.load(at);
      a = madd(e, e, a);
    }
    total += <f64>sumOf(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
  return total;
}

/** Partial sum i is that of the i-th of so many pieces of the slab, each of whole vectors. */
export function squareSums(call: usize, part: u32, _scratch: usize): void {
  const gradients = binding(call, 0);
  const partials = binding(call, 1) + ((<usize>uniform(call, 1)) << 2);
  const count = variant(call, 1);
  const vectors = <usize>(uniform(call, 0) >> 2);
  const piece = (vectors + count - 1) / count;
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), count);
  for (let i = first; i < end; i++) {
    const from = min<usize>(<usize>i * piece, vectors) << 4;
    const to = min<usize>(<usize>(i + 1) * piece, vectors) << 4;
    store<f32>(partials + ((<usize>i) << 2), <f32>squares(gradients + from, gradients + to));
  }
}

export function clipFactor(call: usize, _part: u32, _scratch: usize): void {
  const partials = binding(call, 0);
  const at = binding(call, 1);
  let sum: f64 = 0;
  for (let i: usize = 0; i < uniform(call, 0); i++) sum += <f64>load<f32>(partials + (i << 2));
  const scale = state.stateFloat(at, state.LOSS_SCALE);
  const norm = sqrt<f32>(<f32>sum) / scale;
  const most = state.stateFloat(at, state.MAX_GRAD_NORM);
  const clip: f32 = most > 0 ? min<f32>(1, most / (norm + 1e-6)) : 1;
  state.setStateFloat(at, state.GRAD_NORM, norm);
  state.setStateFloat(at, state.CLIP, clip / scale);
  state.setStateInteger(at, state.APPLIES, 1);
}
