/** One line of transformers' log_history: a step, an evaluation or the end. */
export interface LogEntry {
  step: number;
  epoch: number;
  loss?: number;
  /** Global norm before clipping. */
  grad_norm?: number;
  /** With fp16: the gradients overflowed, nothing was updated, and the loss is scaled by less from now on. */
  skipped?: true;
  /** The rate that this step used. */
  learning_rate?: number;
  /** Mean over the evaluation rows. */
  eval_loss?: number;
  /** Mean over all steps of the run. */
  train_loss?: number;
}

/**
 * All that a run needs beside weights and moments to go on exactly: data order and dropout masks follow from the seed and the
 * step. Names of trainer_state.json.
 */
export interface TrainerState {
  global_step: number;
  max_steps: number;
  epoch: number;
  num_train_epochs: number;
  /** null in checkpoints of older Trainers. */
  train_batch_size: number | null;
  /** Lowest eval_loss so far and where it was. */
  best_metric: number | null;
  best_global_step: number | null;
  log_history: LogEntry[];
}
