// The fields of StepState (wgsl/step-state.ts) that kernels read and write, by their place.
export const LEARNING_RATE: usize = 0;
export const BETA2: usize = 2;
export const ONE_MINUS_BETA1: usize = 3;
export const ONE_MINUS_BETA2: usize = 4;
export const EPSILON: usize = 5;
export const WEIGHT_DECAY: usize = 6;
export const BIAS_CORRECTION1: usize = 7;
export const BIAS_CORRECTION2: usize = 8;
export const MAX_GRAD_NORM: usize = 9;
export const CLIP: usize = 10;
export const GRAD_NORM: usize = 11;
export const LOSS: usize = 12;
export const SEED: usize = 13;
export const MICRO_BATCH: usize = 14;
export const GRADIENT_SCALE: usize = 15;
export const LOSS_SCALE: usize = 20;
export const APPLIES: usize = 23;

export function stateFloat(state: usize, field: usize): f32 {
  return load<f32>(state + (field << 2));
}

export function stateInteger(state: usize, field: usize): u32 {
  return load<u32>(state + (field << 2));
}

export function setStateFloat(state: usize, field: usize, value: f32): void {
  store<f32>(state + (field << 2), value);
}

export function setStateInteger(state: usize, field: usize, value: u32): void {
  store<u32>(state + (field << 2), value);
}
