import { expect, test } from 'vitest';
import type { TrainerState } from './state.ts';
import { bestStepAtEnd } from './train.ts';
import { defaultArguments } from './training-arguments.ts';

const ended: TrainerState = {
  global_step: 12,
  max_steps: 12,
  epoch: 3,
  num_train_epochs: 3,
  train_batch_size: 8,
  best_metric: 1,
  best_global_step: 4,
  log_history: [],
};
const args = { ...defaultArguments, load_best_model_at_end: true };

test('the best weights are the end of a run, and not of one that was given more epochs: it goes on from its last', () => {
  expect(bestStepAtEnd({ ...args, num_train_epochs: 3 }, ended)).toBe(4);
  expect(bestStepAtEnd({ ...args, num_train_epochs: 5 }, ended)).toBeNull();
  expect(bestStepAtEnd({ ...args, num_train_epochs: 3, max_steps: 12 }, ended)).toBe(4);
});
