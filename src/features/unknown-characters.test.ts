import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTokenizer } from '../tokenizer/read.ts';
import { notebookFeature } from './features.ts';
import { UnknownCharacterCount } from './unknown-characters.ts';

const files = Object.fromEntries(
  ['tokenizer.json', 'spm.model', 'tokenizer_config.json'].map((name) => [
    name,
    new Uint8Array(readFileSync(`src/parity/fixtures/tokenizers/small/${name}`)),
  ]),
);
const tokenizer = readTokenizer(files);

function count(rows: [context: string, answer: string][]) {
  const counted = new UnknownCharacterCount(tokenizer.unkTokenId);
  for (const [context, text] of rows) {
    const answer_start = [...context.slice(0, context.indexOf(text))].length;
    const answers = [{ text, answer_start }];
    const example = { id: '', title: '', question: '誰か。', context, answers, is_impossible: false };
    counted.add(example, notebookFeature(tokenizer, example, { max_seq_length: 192 }));
  }
  return counted.result();
}

test('characters outside the vocabulary are named, the most frequent first', () => {
  const found = count([['山田は鸞と𠮷を見た。鸞はいた。', '山田']]);
  expect(found.frequent).toEqual(['鸞', '𠮷']);
  expect(found.distinct).toBe(2);
  expect(found.share).toBeCloseTo(3 / 15);
  expect(found.answers).toBe(0);
});

test('an answer with an unknown character is counted, wherever the context begins', () => {
  expect(count([[' 　鸞がいる。', '鸞']]).answers).toBe(1);
  expect(count([[' 　鸞がいる。', 'いる']]).answers).toBe(0);
});

test('the first character of a context counts once, beside the piece that is put before it', () => {
  const found = count([['鸞だ。', '鸞']]);
  expect([found.distinct, found.share, found.answers]).toEqual([1, 1 / 3, 1]);
});

test('known text has none', () => {
  expect(count([['山田は日本の作家である。', '日本']])).toEqual({
    share: 0,
    distinct: 0,
    frequent: [],
    answers: 0,
  });
});
