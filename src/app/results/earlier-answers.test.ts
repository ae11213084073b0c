import { expect, test } from 'vitest';
import type { Evaluation, EvaluationRow } from '../../answering/evaluation.ts';
import type { ShownEvaluation } from '../state/shown.svelte.ts';
import { earlierOf } from './earlier-answers.ts';

function shown(kind: ShownEvaluation['kind'], ids: string): ShownEvaluation {
  const rows = [...ids].map((id) => ({ id }) as EvaluationRow);
  return { kind, model: 'm', data: 'd', evaluation: { rows } as Evaluation, ceiling: null };
}

test('answers are compared with those of the untrained model to the same questions, and with no others', () => {
  const [before, base, after, current] = [
    shown('before', 'abc'),
    shown('base', 'xy'),
    shown('after', 'abc'),
    shown('current', 'xy'),
  ];
  const all = [before, base, after, current];
  expect(earlierOf(after, all)).toBe(before.evaluation);
  expect(earlierOf(current, all)).toBe(base.evaluation);
  expect(earlierOf(shown('current', 'ab'), all)).toBeNull();
  expect(earlierOf(before, all)).toBeNull();
});
