import type { OptimizerStep } from '../engine.ts';

/** Byte offsets inside StepState (src/gpu/kernel.ts). */
export const STATE_BYTES = 256;
export const STATE_METRICS = { offset: 44, size: 8 };
export const STATE_MICRO_BATCH = 56;

/** Steps whose metrics the GPU keeps before they must be read. */
export const METRICS = 256;

/** The StepState of a step's first micro-batch: loss 0. Corrections in float64, rounded once. */
export function stepState(step: OptimizerStep, gradientScale: number): ArrayBuffer {
  const data = new ArrayBuffer(64);
  const values = new Float32Array(data);
  const { adam_beta1, adam_beta2 } = step;
  values.set([
    step.learning_rate,
    adam_beta1,
    adam_beta2,
    1 - adam_beta1,
    1 - adam_beta2,
    step.adam_epsilon,
    step.weight_decay,
    1 - adam_beta1 ** step.step,
    1 - adam_beta2 ** step.step,
    step.max_grad_norm,
  ]);
  new Uint32Array(data)[13] = step.dropoutSeed;
  values[15] = gradientScale;
  return data;
}

/** For passes without an optimizer. */
export function plainState(): ArrayBuffer {
  const data = new ArrayBuffer(64);
  new Float32Array(data)[15] = 1;
  return data;
}
