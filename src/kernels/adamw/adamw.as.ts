import { binding, uniform, variant } from '../call.as';
import * as state from '../step-state.as';

export function adamW(call: usize, part: u32, _scratch: usize): void {
  const at = binding(call, 4);
  if (state.stateInteger(at, state.APPLIES) == 0) return;
  const decayed = uniform(call, 1) == 1;
  const learningRate = state.stateFloat(at, state.LEARNING_RATE);
  const clip = f32x4.splat(state.stateFloat(at, state.CLIP));
  const oneMinusBeta1 = f32x4.splat(state.stateFloat(at, state.ONE_MINUS_BETA1));
  const beta2 = f32x4.splat(state.stateFloat(at, state.BETA2));
  const oneMinusBeta2 = f32x4.splat(state.stateFloat(at, state.ONE_MINUS_BETA2));
  const epsilon = f32x4.splat(state.stateFloat(at, state.EPSILON));
  const root2 = f32x4.splat(<f32>Math.sqrt(<f64>state.stateFloat(at, state.BIAS_CORRECTION2)));
  const rate = f32x4.splat(learningRate / state.stateFloat(at, state.BIAS_CORRECTION1));
  const decay = f32x4.splat(decayed ? 1 - learningRate * state.stateFloat(at, state.WEIGHT_DECAY) : 1);
  const first = (<usize>part * variant(call, 0)) << 2;
  const end = min<usize>((<usize>part + 1) * variant(call, 0), uniform(call, 0)) << 2;
  const weights = binding(call, 0);
  const gradients = binding(call, 1);
  const expAvg = binding(call, 2);
  const expAvgSq = binding(call, 3);
  for (let i = first; i < end; i += 16) {
    const g = f32x4.mul(v128.load(gradients + i), clip);
    let m = v128.load(expAvg + i);
    m = f32x4.add(m, f32x4.mul(f32x4.sub(g, m), oneMinusBeta1));
    const v = f32x4.add(f32x4.mul(v128.load(expAvgSq + i), beta2), f32x4.mul(f32x4.mul(g, g), oneMinusBeta2));
    v128.store(expAvg + i, m);
    v128.store(expAvgSq + i, v);
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(v), root2), epsilon);
    const step = f32x4.mul(rate, f32x4.div(m, denominator));
    v128.store(weights + i, f32x4.sub(f32x4.mul(v128.load(weights + i), decay), step));
  }
}
