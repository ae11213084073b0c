import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SquadExample } from '../squad/example.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import { previewData } from './data-preview.ts';

const row = (id: string, question: string, context: string): SquadExample => ({
  id,
  title: '',
  question,
  context,
  answers: [{ text: context.slice(0, 2), answer_start: 0 }],
  is_impossible: false,
});
const rows = [
  row('1', 'いつ。', '1920年の山。'),
  row('2', 'Who', '山田はABC。'),
  row('3', '何か。', '鸞である。'),
];

test('rows are found by any of their texts, some at a time', () => {
  const found = (text: string, from = 0, count = 10) => {
    const preview = previewData(rows, [], { text, from, count }, null);
    return [preview.total, preview.rows.map(({ example }) => example.id).join()];
  };
  expect(found('')).toEqual([3, '1,2,3']);
  expect(found('', 1, 1)).toEqual([3, '2']);
  expect(found('abc')).toEqual([1, '2']);
  expect(found('山')).toEqual([2, '1,2']);
});

test('a question that stands in both files is counted, one with another context is not', () => {
  const others = [row('x', 'いつ。', '1920年の山。'), row('y', '何か。', '犬である。')];
  expect(previewData(rows, others, { text: '', from: 0, count: 1 }, null).inBoth).toBe(1);
});

test('token borders cover the context and tell what is unknown', () => {
  const files = Object.fromEntries(
    ['tokenizer.json', 'tokenizer_config.json'].map((name) => [
      name,
      new Uint8Array(readFileSync(`src/parity/fixtures/tokenizers/small/${name}`)),
    ]),
  );
  const [{ tokens }] = previewData(rows, [], { text: '鸞', from: 0, count: 1 }, readTokenizer(files)).rows;
  expect(tokens?.some(({ start, end, isUnknown }) => start === 0 && end === 1 && isUnknown)).toBe(true);
  expect(tokens?.at(-1)?.end).toBe(5);
});
