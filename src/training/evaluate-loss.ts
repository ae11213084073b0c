import { padBatch } from '../features/batches.ts';
import type { Feature } from '../features/feature.ts';
import type { Engine } from '../model/engine.ts';
import type { TrainingArguments } from './training-arguments.ts';

export interface EvaluationControl {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/**
 * eval_loss of Trainer.evaluate: the mean over rows, in file order, batches of per_device_eval_batch_size; dataloader_drop_last leaves
 * out the last, partial batch here too. 0 rows give NaN.
 */
export async function evaluateLoss(
  engine: Pick<Engine, 'evaluate'>,
  rows: readonly Feature[],
  padTokenId: number,
  args: Pick<
    TrainingArguments,
    | 'per_device_eval_batch_size'
    | 'pad_to_max_length'
    | 'pad_to_multiple_of'
    | 'max_seq_length'
    | 'dataloader_drop_last'
  >,
  control: EvaluationControl = {},
): Promise<number> {
  const size = args.per_device_eval_batch_size;
  const total = args.dataloader_drop_last ? rows.length - (rows.length % size) : rows.length;
  let sum = 0;
  for (let at = 0; at < total; at += size) {
    control.signal?.throwIfAborted();
    const group = rows.slice(at, at + size);
    const { loss } = await engine.evaluate(padBatch(group, padTokenId, args));
    sum += loss * group.length;
    await control.onProgress?.(at + group.length, total);
  }
  return sum / total;
}
