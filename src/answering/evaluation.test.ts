import { expect, test } from 'vitest';
import { outcomeOf } from './evaluation.ts';

// 重さは520キログラムで、価格は264万円である。
const outcome = (predStart: number, pred_answer: string) =>
  outcomeOf({ actual_answer: '520キログラム', actualStart: 3, predStart, pred_answer });

test('a wrong answer is told by its place, not by its characters', () => {
  expect(outcome(3, '520キログラム')).toBe('correct');
  expect(outcome(0, '重さは520キログラムで')).toBe('too-long');
  expect(outcome(3, '520')).toBe('too-short');
  expect(outcome(6, 'キログラムで')).toBe('overlap');
  expect(outcome(16, '264万円')).toBe('elsewhere');
  expect(outcome(0, '')).toBe('unanswered');
});
