import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codePointLength } from '../squad/code-points.ts';
import { fixture, unigramFixture } from './fixture-files.ts';
import { readTokenizer } from './read.ts';
import { asRustParses } from './models/read.ts';

const tokenizers = {
  unigram: unigramFixture(),
  bytes: readTokenizer({ 'tokenizer.json': fixture('bytes.json') }),
  characters: readTokenizer({ 'spm.model': fixture('char.model') }),
};

// Text as people and machines write it: words of the vocabulary, special tokens, marks, astral and any other characters.
const part = fc.oneof(
  fc.constantFrom(
    '学校',
    '図書館',
    '犬',
    '、',
    ' ',
    '　',
    '[SEP]',
    '[UNK]',
    'ｶﾞ',
    '㍿',
    'か\u3099',
    '\u0001',
    '\r\n',
    '𠮷',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const anyText = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));

test.each(Object.entries(tokenizers))('%s: spans lie in the text, in order', (_, tokenizer) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { ids, starts, ends } = tokenizer.encode(text);
      const length = codePointLength(text);
      for (let i = 0; i < ids.length; i++) {
        expect(ids[i]).toBeGreaterThanOrEqual(0);
        expect(ids[i]).toBeLessThan(tokenizer.vocabSize);
        expect(starts[i]).toBeGreaterThanOrEqual(i > 0 ? starts[i - 1] : 0);
        expect(ends[i]).toBeGreaterThanOrEqual(starts[i]);
        expect(ends[i]).toBeLessThanOrEqual(length);
      }
    }),
    { numRuns: 300 },
  );
});

test('windows cover the context without a gap, and each fits', () => {
  const tokenizer = tokenizers.unigram;
  fc.assert(
    fc.property(
      anyText,
      anyText,
      fc.integer({ min: 4, max: 40 }),
      fc.nat(12),
      (question, context, max_length, stride) => {
        const whole = tokenizer.encode(context);
        const room = max_length - 3 - tokenizer.encode(question).ids.length;
        fc.pre(room > stride);
        const windows = tokenizer.encodePair(question, context, { max_length, doc_stride: stride });
        const covered: number[] = [];
        for (const [w, { inputIds, sequenceIds }] of windows.entries()) {
          expect(inputIds.length).toBeLessThanOrEqual(max_length);
          const tokens = [...inputIds].filter((_, i) => sequenceIds[i] === 1);
          covered.push(...(w === 0 ? tokens : tokens.slice(stride)));
        }
        expect(covered).toEqual([...whole.ids]);
        const [first] = tokenizer.encodePair(question, context, {
          max_length,
          doc_stride: stride,
          overflowing: false,
        });
        expect(first).toEqual(windows[0]);
      },
    ),
    { numRuns: 300 },
  );
});

test('a lone surrogate is read as U+FFFD', () => {
  const { unigram } = tokenizers;
  expect(unigram.encode('犬\ud83d猫')).toEqual(unigram.encode('犬\ufffd猫'));
});

test('scores are read as serde_json reads them', () => {
  // Rust: "-12.71936321258545".parse by serde_json is 1271936321258545 / 1e14.
  expect(asRustParses(-12.71936321258545)).toBe(-(1271936321258545 / 1e14));
  expect(asRustParses(0)).toBe(0);
  expect(asRustParses(-1e-7)).toBe(-1e-7);
});
