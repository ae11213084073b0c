import { expect, test } from 'vitest';
import { markedContext } from './marked-context.ts';

const shown = (context: string, gold: [number, string], predicted: [number, string]) =>
  markedContext({
    context,
    actualStart: gold[0],
    actual_answer: gold[1],
    predStart: predicted[0],
    pred_answer: predicted[1],
  }).map(({ text, gold, predicted }) => `${gold ? 'g' : ''}${predicted ? 'p' : ''}:${text}`);

test('both answers are marked, apart or over each other', () => {
  expect(shown('富士山は日本の山。', [0, '富士山'], [4, '日本'])).toEqual([
    'g:富士山',
    ':は',
    'p:日本',
    ':の山。',
  ]);
  expect(shown('1920年に開業', [0, '1920年'], [2, '20年に'])).toEqual(['g:19', 'gp:20年', 'p:に', ':開業']);
});

test('a character outside the first plane counts once; no answer marks nothing', () => {
  expect(shown('𠮷野家で食べた', [0, '𠮷野家'], [0, ''])).toEqual(['g:𠮷野家', ':で食べた']);
});
