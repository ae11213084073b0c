import { epochOrder, groupByLengthOrder } from '../features/batches.ts';
import type { Feature } from '../features/feature.ts';
import type { TrainingArguments } from './training-arguments.ts';

/** How many steps a run has, as Trainer.set_initial_training_values counts them. */
export interface StepPlan {
  batchesPerEpoch: number;
  stepsPerEpoch: number;
  totalSteps: number;
}

type CountingArguments = Pick<
  TrainingArguments,
  | 'per_device_train_batch_size'
  | 'gradient_accumulation_steps'
  | 'num_train_epochs'
  | 'max_steps'
  | 'dataloader_drop_last'
>;

/** For `features` training rows (windows, not questions). */
export function planSteps(features: number, args: CountingArguments): StepPlan {
  const batches = features / args.per_device_train_batch_size;
  const batchesPerEpoch = args.dataloader_drop_last ? Math.floor(batches) : Math.ceil(batches);
  const stepsPerEpoch = Math.max(1, Math.ceil(batchesPerEpoch / args.gradient_accumulation_steps));
  const totalSteps = args.max_steps > 0 ? args.max_steps : Math.ceil(args.num_train_epochs * stepsPerEpoch);
  return { batchesPerEpoch, stepsPerEpoch, totalSteps };
}

/** The epoch that transformers logs after `step` steps: whole epochs and the share of the next one's batches. */
export function epochAfter(
  step: number,
  { batchesPerEpoch, stepsPerEpoch }: StepPlan,
  accumulation: number,
): number {
  const whole = Math.floor(step / stepsPerEpoch);
  const batches = Math.min(batchesPerEpoch, (step % stepsPerEpoch) * accumulation);
  return whole + batches / Math.max(1, batchesPerEpoch);
}

/** Order of the training rows in an epoch (from 0), as Hugging Face's sampler for these arguments takes them. */
export function rowOrder(
  rows: readonly Feature[],
  args: Pick<
    TrainingArguments,
    'seed' | 'group_by_length' | 'per_device_train_batch_size' | 'gradient_accumulation_steps'
  >,
  epoch: number,
): Int32Array {
  if (!args.group_by_length) return epochOrder(rows.length, args.seed, epoch);
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  const batchSize = args.per_device_train_batch_size * args.gradient_accumulation_steps;
  return groupByLengthOrder(lengths, batchSize, args.seed, epoch);
}

/**
 * Seed of one step's dropout masks: a function of the run's seed and the step alone, so that a resumed run draws the same masks
 * (the finalizer of MurmurHash3 over both).
 */
export function dropoutSeedOf(seed: number, step: number): number {
  let hash = (seed ^ Math.imul(step, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
