import type { TrainingArguments } from './training-arguments.ts';

type ScheduleArguments = Pick<
  TrainingArguments,
  'learning_rate' | 'lr_scheduler_type' | 'warmup_ratio' | 'warmup_steps'
>;

/** Trainer.get_warmup_steps. */
export function warmupSteps(args: ScheduleArguments, totalSteps: number): number {
  return args.warmup_steps > 0 ? args.warmup_steps : Math.ceil(totalSteps * args.warmup_ratio);
}

/**
 * The learning rate that optimizer step `step` (from 1) of `totalSteps` uses, in float64 as transformers.optimization computes it
 * (learning_rate times the factor of LambdaLR).
 */
export function learningRateAt(args: ScheduleArguments, step: number, totalSteps: number): number {
  const done = step - 1;
  const { learning_rate, lr_scheduler_type } = args;
  if (lr_scheduler_type === 'constant') return learning_rate;
  const warmup = warmupSteps(args, totalSteps);
  if (done < warmup) return learning_rate * (done / Math.max(1, warmup));
  if (lr_scheduler_type === 'constant_with_warmup') return learning_rate;
  const rest = Math.max(1, totalSteps - warmup);
  if (lr_scheduler_type === 'linear') return learning_rate * Math.max(0, (totalSteps - done) / rest);
  const progress = (done - warmup) / rest;
  return learning_rate * Math.max(0, 0.5 * (1 + exactCosine(Math.PI * 0.5 * 2 * progress)));
}

const FRACTION_BITS = 160n;

/**
 * The double nearest to cos(x), 0 <= x < 4: what C's cos gives Python (but for one value in 2,000, none of them in a run of up to 60
 * steps). JavaScript's Math.cos is one unit off for every 50th.
 */
function exactCosine(x: number): number {
  let [whole, bits] = [x, 0n];
  for (; !Number.isInteger(whole); bits++) whole *= 2;
  const fixed = (BigInt(whole) << FRACTION_BITS) >> bits;
  const square = (fixed * fixed) >> FRACTION_BITS;
  let term = 1n << FRACTION_BITS;
  let sum = term;
  for (let k = 1n; k < 80n; k++) {
    term = -((term * square) >> FRACTION_BITS) / ((2n * k - 1n) * (2n * k));
    sum += term;
  }
  return Number(sum) / 2 ** Number(FRACTION_BITS);
}
