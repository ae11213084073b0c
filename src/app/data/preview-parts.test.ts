import { expect, test } from 'vitest';
import { previewParts } from './preview-parts.ts';

const example = (context: string, text: string) => ({
  id: '',
  title: '',
  question: '',
  context,
  answers: [{ text, answer_start: [...context.slice(0, context.indexOf(text))].length }],
  is_impossible: false,
});
const shown = (parts: ReturnType<typeof previewParts>) =>
  parts.map(
    ({ text, isAnswer, token, isUnknown }) =>
      `${text}${isAnswer ? '*' : ''}${token < 0 ? '' : token}${isUnknown ? '?' : ''}`,
  );

test('the answer is marked in its context', () => {
  expect(
    shown(previewParts({ example: example('𠮷野家は1899年に開いた。', '1899年'), tokens: null })),
  ).toEqual(['𠮷野家は', '1899年*', 'に開いた。']);
});

test('tokens are cut apart, also inside the answer, and unknown ones told', () => {
  const tokens = [
    { start: 0, end: 1, isUnknown: true },
    { start: 1, end: 3, isUnknown: false },
    { start: 3, end: 5, isUnknown: false },
  ];
  expect(shown(previewParts({ example: example('鸞は1年', '1年'), tokens: tokens.slice(0, 2) }))).toEqual([
    '鸞0?',
    'は1',
    '1*1',
    '年*',
  ]);
});
