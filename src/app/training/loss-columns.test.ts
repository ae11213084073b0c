import { expect, test } from 'vitest';
import { lossColumns, stepRange } from './loss-columns.ts';
import { runFigures } from './run-figures.ts';

const log = [
  { step: 2, epoch: 1, eval_loss: 3 },
  { step: 1, epoch: 0.5, loss: 5, learning_rate: 2e-3, grad_norm: 1 },
  { step: 2, epoch: 1, loss: 4, learning_rate: 1e-3, grad_norm: 2 },
  { step: 2, epoch: 1, train_loss: 4.5 },
];

test('losses of one step stand in one row, the steps in their order', () => {
  expect(lossColumns(log)).toEqual([
    [1, 2],
    [5, 4],
    [null, 3],
  ]);
});

test('the range of the chart is that of its steps', () => {
  expect(stepRange(lossColumns(log)[0])).toEqual([1, 2]);
  expect(stepRange([7])).toEqual([7, 8]);
  expect(stepRange([])).toEqual([0, 1]);
});

test('an opened run tells its last step as one that trains does', () => {
  const figures = runFigures(log, { step: 2, totalSteps: 4, epoch: 1 });
  expect(figures).toEqual({ step: 2, totalSteps: 4, epoch: 1, loss: 4, learningRate: 1e-3, gradNorm: 2 });
});
