/**
 * Per-step values that kernels read from one 256-byte storage buffer (`StepState`), so that a recorded plan replays with new values.
 * The processor's names of the fields: step-state.as.ts.
 */
export const STEP_STATE_WGSL = /* wgsl */ `
struct StepState {
  learning_rate: f32,     // 0
  beta1: f32,             // 1
  beta2: f32,             // 2
  one_minus_beta1: f32,   // 3  computed in float64 on the host: 1 - beta in float32 costs 2e-6 of the update
  one_minus_beta2: f32,   // 4
  epsilon: f32,           // 5
  weight_decay: f32,      // 6
  bias_correction1: f32,  // 7  1 - beta1^t
  bias_correction2: f32,  // 8  1 - beta2^t
  max_grad_norm: f32,     // 9  0 = no clipping
  clip: f32,              // 10 written on the GPU by the global-norm kernel
  grad_norm: f32,         // 11 written on the GPU
  loss: f32,              // 12 accumulated on the GPU over micro-batches
  seed: u32,              // 13 dropout seed of this step
  micro_batch: u32,       // 14 index of the micro-batch: part of the dropout key
  gradient_scale: f32,    // 15 1 / number of micro-batches
  step: u32,              // 16
  log_beta1: f32,         // 17
  log_beta2: f32,         // 18
  unused: u32,            // 19
  // The scaling of the loss stays on the GPU from step to step; 1, 0, 0 without float16.
  loss_scale: f32,        // 20
  growth_tracker: u32,    // 21 steps since the scale last changed
  skipped_steps: u32,     // 22
  applies: u32,           // 23 0: this step's gradients overflowed, AdamW leaves everything as it is
}
`;
