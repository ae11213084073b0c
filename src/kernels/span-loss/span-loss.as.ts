import { binding, uniform, variant } from '../call.as';
import { exp4, largestOf, log } from '../math.as';
import * as state from '../step-state.as';

/** Below every logit; its exponential is 0. */
const NOTHING: f32 = -3.4e38;

/** Scratch holds the logits of one row and side, filled up to whole vectors, then their exponentials. */
export function spanLoss(call: usize, _part: u32, scratch: usize): void {
  const logits = binding(call, 0);
  const targets = binding(call, 1);
  const at = binding(call, 2);
  const graded = variant(call, 0) == 1;
  const dLogits = graded ? binding(call, 3) : 0;
  const dBias = graded ? binding(call, 4) : 0;
  const B = uniform(call, 0);
  const N = <usize>uniform(call, 1);
  const bytes = ((N + 3) & ~3) << 2;
  const gradientScale = state.stateFloat(at, state.GRADIENT_SCALE);
  const lossScale = state.stateFloat(at, state.LOSS_SCALE);
  let loss: f32 = 0;
  for (let row: u32 = 0; row < 2 * B; row++) {
    const side = row / B;
    const first = (((<usize>(row % B) * N) << 1) + side) << 2;
    const label = <usize>load<u32>(targets + ((<usize>row) << 2));
    const weight = gradientScale * load<f32>(targets + ((<usize>(2 * B + row)) << 2));
    for (let n: usize = 0; n < bytes >> 2; n++) {
      store<f32>(scratch + (n << 2), n < N ? load<f32>(logits + first + (n << 3)) : NOTHING);
    }
    let tops = f32x4.splat(NOTHING);
    for (let i: usize = 0; i < bytes; i += 16) tops = f32x4.pmax(tops, v128.load(scratch + i));
    const top = largestOf(tops);
    let total2 = f64x2.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const e = exp4(f32x4.sub(v128.load(scratch + i), f32x4.splat(top)));
      const high = i8x16.shuffle(e, e, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
      total2 = f64x2.add(total2, f64x2.add(f64x2.promote_low_f32x4(e), f64x2.promote_low_f32x4(high)));
      v128.store(scratch + i, e);
    }
    const total = f64x2.extract_lane(total2, 0) + f64x2.extract_lane(total2, 1);
    if (label < N) loss += weight * (<f32>log(total) - (load<f32>(logits + first + (label << 3)) - top));
    if (!graded) continue;
    // The label's share is minus the sum of the others: so the gradient of the head's bias, which is 0, has no more than the rounding of this one value.
    const scaled = weight * lossScale;
    let others: f64 = 0;
    for (let n: usize = 0; n < N; n++) {
      if (n == label) continue;
      const d = (load<f32>(scratch + (n << 2)) / <f32>total) * scaled;
      store<f32>(dLogits + first + (n << 3), d);
      others += d;
    }
    if (label < N) {
      store<f32>(dLogits + first + (label << 3), -(<f32>others));
      others -= <f32>others;
    }
    const bias = dBias + ((<usize>side) << 2);
    store<f32>(bias, load<f32>(bias) + <f32>others);
  }
  state.setStateFloat(at, state.LOSS, state.stateFloat(at, state.LOSS) + loss);
}
