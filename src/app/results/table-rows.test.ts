import { expect, test } from 'vitest';
import type { EvaluationRow } from '../../answering/evaluation.ts';
import { nextSort, tableRows, type TableView } from './table-rows.ts';

const row = (id: string, question: string, prob: number, correct: boolean) =>
  ({
    id,
    question,
    context: `${question}の文章`,
    actual_answer: 'A',
    pred_answer: 'B',
    prob,
    correct,
  }) as EvaluationRow;
const rows = [row('1', 'いつ', 0.5, true), row('2', 'どこ', 0.1, false), row('3', 'Who', 0.9, false)];
const ids = (view: Partial<TableView>) =>
  tableRows(rows, { show: 'all', query: '', sort: null, ...view }).map(({ id }) => id);

test('rows are filtered by outcome and text', () => {
  expect(ids({})).toEqual(['1', '2', '3']);
  expect(ids({ show: 'right' })).toEqual(['1']);
  expect(ids({ show: 'wrong', query: 'who' })).toEqual(['3']);
  expect(ids({ query: 'どこの文章' })).toEqual(['2']);
});

test('rows are sorted both ways and stay as they were', () => {
  expect(ids({ sort: { by: 'prob', down: true } })).toEqual(['3', '1', '2']);
  expect(ids({ sort: { by: 'correct', down: false } })).toEqual(['2', '3', '1']);
  expect(ids({ sort: { by: 'question', down: false } })[0]).toBe('3');
  expect(rows.map(({ id }) => id)).toEqual(['1', '2', '3']);
});

test('a third press on a heading gives the order of the file back', () => {
  const presses = (by: 'prob' | 'question') => {
    const first = nextSort(null, by);
    const second = nextSort(first, by);
    return [first?.down, second?.down, nextSort(second, by)];
  };
  expect(presses('prob')).toEqual([true, false, null]);
  expect(presses('question')).toEqual([false, true, null]);
  expect(nextSort({ by: 'prob', down: false }, 'question')).toEqual({ by: 'question', down: false });
});
