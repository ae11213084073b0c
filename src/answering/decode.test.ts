import { expect, test } from 'vitest';
import type { EncodedWindow } from '../tokenizer/tokenizer.ts';
import { decodeAnswers, type DecodeOptions } from './decode.ts';

// [CLS] q [SEP] a b c [SEP], one character per context token
const window: EncodedWindow = {
  inputIds: Int32Array.of(1, 9, 2, 5, 6, 7, 2),
  tokenTypeIds: Int32Array.of(0, 0, 0, 1, 1, 1, 1),
  sequenceIds: Int8Array.of(-1, 0, -1, 1, 1, 1, -1),
  starts: Int32Array.of(0, 0, 0, 0, 1, 2, 0),
  ends: Int32Array.of(0, 1, 0, 1, 2, 3, 0),
};
const logits = (start: number[], end: number[]) => ({
  window,
  startLogits: Float32Array.from(start),
  endLogits: Float32Array.from(end),
});
const options: DecodeOptions = {
  top_k: 1,
  handle_impossible_answer: false,
  max_answer_len: 15,
  clsTokenId: 1,
};

test('the best span lies in the context, whatever the question and [CLS] score', () => {
  const found = decodeAnswers('あいう', [logits([9, 9, 9, 0, 3, 0, 9], [9, 9, 9, 0, 0, 3, 9])], options);
  expect(found[0]).toMatchObject({ answer: 'いう', start: 1, end: 3 });
});

test('max_answer_len counts tokens', () => {
  const [found] = decodeAnswers('あいう', [logits([0, 0, 0, 5, 0, 0, 0], [0, 0, 0, 0, 0, 5, 0])], {
    ...options,
    max_answer_len: 2,
  });
  expect(found.answer).not.toBe('あいう');
});

test('the same answer in two windows adds up and keeps its place', () => {
  const one = logits([0, 0, 0, 9, 0, 0, 0], [0, 0, 0, 9, 0, 0, 0]);
  const [found] = decodeAnswers('あいう', [one, one], options);
  expect(found.answer).toBe('あ');
  expect(found.score).toBeGreaterThan(1);
});

test('handle_impossible_answer offers the empty answer with the null score', () => {
  const found = decodeAnswers('あいう', [logits([9, 0, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0])], {
    ...options,
    handle_impossible_answer: true,
  });
  expect(found[0]).toMatchObject({ answer: '', start: 0, end: 0 });
});

test('astral characters count as one', () => {
  const [found] = decodeAnswers('𠮷い😀', [logits([0, 0, 0, 9, 0, 0, 0], [0, 0, 0, 0, 0, 9, 0])], options);
  expect(found.answer).toBe('𠮷い😀');
});
