import { expect, test } from 'vitest';
import type { LogEntry } from '../../training/state.ts';
import { judgeRun, lossDiverged } from './judge-run.ts';

const log = (losses: number[]): LogEntry[] => losses.map((loss, i) => ({ step: i + 1, epoch: 0, loss }));
const scores = (accuracy: number, f1: number) => ({ accuracy, jglue: { em: accuracy, f1 } });
const falling = log(Array.from({ length: 40 }, (_, i) => 5 / (1 + i / 10)));

test('a loss far above its start is a diverged run, whatever its answers', () => {
  const exploded = log([4.9, 5.1, 4.8, 40, 900, 1.2e8, 1.2e8, 1.2e8]);
  expect(lossDiverged(exploded)).toBe(true);
  expect(judgeRun(exploded, scores(0, 0.1), scores(0.1, 0.2))).toBe('diverged');
  expect(lossDiverged(log([5, 5, 5, 5, 5, 5, 5, NaN]))).toBe(true);
  expect(lossDiverged(log([5, 40, 80, 60, 50, 45, 40, 38]))).toBe(true);
});

test('a loss that falls, that rises a little or that a single batch lifts is not', () => {
  expect(lossDiverged(falling)).toBe(false);
  expect(lossDiverged(log([0.05, 0.06, 0.2, 0.3, 0.2, 0.3]))).toBe(false);
  expect(lossDiverged(log([...falling.map(({ loss }) => loss ?? 0), 9]))).toBe(false);
  expect(lossDiverged([])).toBe(false);
});

test('only a run that answers better has improved', () => {
  expect(judgeRun(falling, scores(0.1, 0.2), scores(0.3, 0.4))).toBe('improved');
  expect(judgeRun(falling, scores(0.1, 0.2), scores(0.1, 0.3))).toBe('improved');
  expect(judgeRun(falling, scores(0, 0), scores(0, 0))).toBe('unchanged');
  expect(judgeRun(falling, scores(0.3, 0.4), scores(0.1, 0.5))).toBe('worse');
  expect(judgeRun(falling, null, scores(0.1, 0.2))).toBeNull();
});
