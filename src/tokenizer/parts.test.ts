import { expect, test } from 'vitest';
import { AddedTokenMatcher } from './added-tokens.ts';
import { AlignedText } from './aligned-text.ts';
import { Charsmap } from './normalizers/charsmap.ts';
import { fixture } from './fixture-files.ts';
import { precompiled } from './normalizers/precompiled.ts';
import { templateProcessing } from './post-processors/template.ts';
import { readSentencePieceModel } from './sentencepiece-model.ts';
import { TokenSink } from './token-sink.ts';
import { Unigram } from './models/unigram.ts';
import { pairWindows } from './windows.ts';

test('of two entries of the charsmap the fast tokenizer takes the shorter, SentencePiece the longer', () => {
  const { charsmap } = readSentencePieceModel(fixture('unigram.model'), '');
  const map = new Charsmap(charsmap, '');
  const bytes = new TextEncoder().encode('ｶﾞ');
  const found = [false, true].map((longest) => map.search(bytes, 0, bytes.length, longest));
  expect(found.map((hit) => [hit?.length, ...(hit?.replacement ?? [])])).toEqual([
    [3, 0x30ab],
    [6, 0x30ac],
  ]);
});

test('a control character keeps the mark after it out of its cluster', () => {
  const { charsmap } = readSentencePieceModel(fixture('unigram.model'), '');
  const map = new Charsmap(charsmap, '');
  for (const control of ['\x7f', '\x01']) {
    const { codes, starts } = precompiled(map, AlignedText.of(`a${control}\u0301b`));
    expect([...codes]).toEqual([0x61, 0x301, 0x62]);
    expect([...starts]).toEqual([0, 2, 3]);
  }
});

test('of two equal paths the first found stays', () => {
  const scores = { '[UNK]': 0, a: -1, b: -1, ab: -2 };
  const pieces = Object.entries(scores).map(([text, score]) => ({ text, score }));
  const sink = new TokenSink();
  new Unigram(pieces, 0, false, '').tokenize(AlignedText.of('ab'), { from: 0, to: 2, prefix: -1 }, sink);
  expect([...sink.take().ids]).toEqual([3]);
});

test('the longest added token at the leftmost place is taken', () => {
  const flags = { normalized: false, lstrip: false, rstrip: false, single_word: false, special: true };
  const tokens = ['ab', 'abc', 'bcd'].map((content, id) => ({
    content,
    token: { content, id, ...flags },
    special: true,
  }));
  const parts = new AddedTokenMatcher(tokens).split(AlignedText.of('xabcdab'));
  expect(parts.map(({ text, id }) => [text.toString(), id])).toEqual([
    ['x', -1],
    ['abc', 1],
    ['d', -1],
    ['ab', 0],
  ]);
});

test('a stride as long as the room is an error, and no endless loop', () => {
  const tokens = (n: number) => ({
    ids: new Int32Array(n),
    starts: new Int32Array(n),
    ends: new Int32Array(n),
  });
  const sep = { ids: [2], type: 0 };
  const around = [{ ids: [1], type: 0 }, { text: 0, type: 0 }, sep];
  const postProcessor = templateProcessing(around, [...around, { text: 1, type: 1 }, sep]);
  const pair = (doc_stride: number, context = 20) =>
    pairWindows(
      tokens(2),
      tokens(context),
      { postProcessor, truncationSide: 'right' },
      { max_length: 10, doc_stride },
    );
  expect(pair(4)).toHaveLength(16);
  expect(() => pair(5)).toThrow(/doc_stride 5 is too large.* Set doc_stride to 4 or less/);
  // The reference refuses it before it looks at the context.
  expect(pair(8, 3)).toHaveLength(1);
  expect(() => pair(9, 3)).toThrow(/doc_stride 9 is too large.* Set doc_stride to 8 or less/);
});
