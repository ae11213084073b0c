import fc from 'fast-check';
import { gunzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { codePointLength } from '../squad/code-points.ts';
import { fixture } from './fixture-files.ts';
import { readTokenizer, type TokenizerFiles } from './read.ts';
import type { EncodedWindow } from './tokenizer.ts';

// Tokenizers made at random from every part, and what transformers makes of random texts and pairs (tools/fuzz_tokenizers.py).

type Single = [ids: number[], offsets: number[], sequences: number[]];
type Window = [...Single, types: number[]];

interface Case {
  name: string;
  files: TokenizerFiles;
  texts: string[];
  pairs: [question: string, context: string, max_length: number, doc_stride: number][];
  singles: (Single | null)[];
  windows: (Window[] | null)[];
}

const cases = new TextDecoder()
  .decode(gunzipSync(fixture('random.jsonl.gz')))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

const flat = (window: EncodedWindow): Single => [
  [...window.inputIds],
  Array.from(window.starts, (start, i) => [start, window.ends[i]]).flat(),
  [...window.sequenceIds],
];

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '東京',
        'の',
        'ab',
        ' ',
        '\u3000',
        '\n',
        '[SEP]',
        '<s>',
        'ｶﾞ',
        '㍿',
        'か\u3099',
        '𠮷',
        '①',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''));

describe.each(cases.map((one) => [one.name, one] as const))('tokenizer %s', (_, one) => {
  const tokenizer = readTokenizer(one.files);

  test('ids, spans and sequences are the reference library’s', () => {
    for (const [i, text] of one.texts.entries()) {
      // The reference fails where there is no answer: an unknown character, and no token for it.
      if (one.singles[i]) expect([text, flat(tokenizer.encodeSingle(text))]).toEqual([text, one.singles[i]]);
    }
  });

  test('windows of pairs are the reference library’s', () => {
    for (const [i, [question, context, max_length, doc_stride]] of one.pairs.entries()) {
      if (!one.windows[i]) continue;
      const windows = tokenizer.encodePair(question, context, { max_length, doc_stride });
      expect(windows.map((window) => [...flat(window), [...window.tokenTypeIds]])).toEqual(one.windows[i]);
    }
  });

  test('any text becomes known ids with spans inside it, or an error that says what to do', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          const { ids, starts, ends } = tokenizer.encode(text);
          const length = codePointLength(text);
          for (const [i, id] of ids.entries()) {
            expect(id).toBeGreaterThanOrEqual(0);
            expect(id).toBeLessThan(tokenizer.vocabSize);
            expect(starts[i]).toBeGreaterThanOrEqual(0);
            expect(starts[i]).toBeLessThanOrEqual(ends[i]);
            expect(ends[i]).toBeLessThanOrEqual(length);
          }
        } catch (error) {
          if (!(error instanceof ManabiError)) throw error;
          expect(error.code).toBe('tokenizer-unknown-token');
        }
      }),
      { numRuns: 60 },
    );
  });
});
