import { padBatch } from '../features/batches.ts';
import type { Feature } from '../features/feature.ts';
import type { Engine } from '../model/engine.ts';
import type { TrainingArguments } from './training-arguments.ts';

export interface EvaluationControl {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/**
 * eval_loss of Trainer.evaluate: the mean over rows, in file order, batches of per_device_eval_batch_size. 0 rows give NaN.
 */
export async function evaluateLoss(
  engine: Pick<Engine, 'evaluate'>,
  rows: readonly Feature[],
  padTokenId: number,
  args: Pick<
    TrainingArguments,
    'per_device_eval_batch_size' | 'pad_to_max_length' | 'pad_to_multiple_of' | 'max_seq_length'
  >,
  control: EvaluationControl = {},
): Promise<number> {
  let sum = 0;
  for (let at = 0; at < rows.length; at += args.per_device_eval_batch_size) {
    control.signal?.throwIfAborted();
    const group = rows.slice(at, at + args.per_device_eval_batch_size);
    const { loss } = await engine.evaluate(padBatch(group, padTokenId, args));
    sum += loss * group.length;
    await control.onProgress?.(at + group.length, rows.length);
  }
  return sum / rows.length;
}
