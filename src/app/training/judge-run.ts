import type { Evaluation } from '../../answering/evaluation.ts';
import type { Verdict } from '../../storage/runs.ts';
import type { LogEntry } from '../../training/state.ts';

type Scores = Pick<Evaluation, 'accuracy' | 'jglue'>;

/** Steps over which a loss is averaged: single batches differ by more than the training moves. */
const WINDOW = 10;
const TIMES = 2;
const BY = 1;
/** The loss of guessing in 512 tokens: only a model that is sure of wrong answers comes to stand far above it. */
const GUESSING = Math.log(512);

/**
 * Whether the training loss has come to stand far above its start: twice as high, and by more than batches differ; or, where it
 * rose within its first steps, far above guessing.
 */
export function lossDiverged(log: readonly LogEntry[]): boolean {
  const losses = log.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
  if (losses.length < 4) return false;
  const window = Math.min(WINDOW, Math.floor(losses.length / 2));
  const start = mean(losses.slice(0, window));
  const end = mean(losses.slice(-window));
  if (Number.isNaN(end) || end > TIMES * Math.max(losses[0], GUESSING)) return true;
  return end > TIMES * start && end > start + BY;
}

/** What a run has come to, by its losses and the answers before and after it; null where there is nothing to compare. */
export function judgeRun(
  log: readonly LogEntry[],
  before: Scores | null | undefined,
  after: Scores | null | undefined,
): Verdict | null {
  if (lossDiverged(log)) return 'diverged';
  if (!before || !after) return null;
  const gains = [
    after.accuracy - before.accuracy,
    after.jglue.em - before.jglue.em,
    after.jglue.f1 - before.jglue.f1,
  ];
  if (gains.some((gain) => gain > 0) && gains[0] >= 0) return 'improved';
  return gains.every((gain) => gain === 0) ? 'unchanged' : 'worse';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
