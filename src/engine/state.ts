import type { LossScaler, OptimizerStep } from '../model/engine.ts';

/** Byte offsets inside StepState (src/gpu/kernel.ts). */
export const STATE_BYTES = 256;
export const STATE_METRICS = { offset: 44, size: 8 };
export const STATE_MICRO_BATCH = 56;
export const STATE_SCALER = { offset: 80, size: 12 };

/** What the host writes at every step: all before the scaler. */
const WRITTEN_BYTES = 76;

/** Steps whose metrics the GPU keeps before they must be read. */
export const METRICS = 256;

/** The StepState of a step's first micro-batch: loss 0. Corrections in float64, rounded once. */
export function stepState(step: OptimizerStep, gradientScale: number): ArrayBuffer {
  const data = new ArrayBuffer(WRITTEN_BYTES);
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
  new Uint32Array(data)[16] = step.step;
  values.set([Math.log(adam_beta1), Math.log(adam_beta2)], 17);
  return data;
}

/** In float32 runs the scale is 1 and stays so. */
export function scalerState({ loss_scale, growth_tracker, skipped_steps }: LossScaler): ArrayBuffer {
  const data = new ArrayBuffer(STATE_SCALER.size);
  new Float32Array(data)[0] = loss_scale;
  new Uint32Array(data).set([growth_tracker, skipped_steps], 1);
  return data;
}

export function readScaler(data: ArrayBuffer): LossScaler {
  const [growth_tracker, skipped_steps] = new Uint32Array(data, 4);
  return { loss_scale: new Float32Array(data)[0], growth_tracker, skipped_steps };
}

/** For passes without an optimizer. */
export function plainState(): ArrayBuffer {
  const data = new ArrayBuffer(WRITTEN_BYTES);
  new Float32Array(data)[15] = 1;
  return data;
}
