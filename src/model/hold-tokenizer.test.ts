import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { encodeExamples } from '../features/encode-examples.ts';
import { goldenFixture } from '../parity/fixture-files.ts';
import type { SquadExample } from '../squad/example.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import { defaultArguments, checkArguments } from '../training/training-arguments.ts';
import { parseConfig } from './config.ts';
import { holdTokenizer, tokensBeyondVocabulary } from './hold-tokenizer.ts';

// A tokenizer to which <extra> was added after the model was made.
const json = JSON.parse(new TextDecoder().decode(goldenFixture('tokenizers/small/tokenizer.json'))) as {
  added_tokens: object[];
  model: { vocab: unknown[] };
};
const size = json.model.vocab.length;
const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };
const extra = { ...flags, id: size, content: '<extra>' };
const plain = readTokenizer({ 'tokenizer.json': JSON.stringify(json) });
const longer = readTokenizer({
  'tokenizer.json': JSON.stringify({ ...json, added_tokens: [...json.added_tokens, extra] }),
});
const config = (fields: object) =>
  parseConfig(
    { model_type: 'deberta-v2', vocab_size: size, hidden_size: 32, num_attention_heads: 4, ...fields },
    'config.json',
  );
const example = (id: string, context: string): SquadExample => ({
  id,
  title: '',
  question: 'どこか。',
  context,
  answers: [{ text: context.slice(0, 2), answer_start: 0 }],
  is_impossible: false,
});
const options = { max_seq_length: 64, doc_stride: 16, return_overflowing_tokens: true };

async function errorOf(work: () => unknown): Promise<ManabiError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof ManabiError) return error;
    throw error;
  }
}

test('a token without an embedding is told, and accepted while no question has it', async () => {
  expect(tokensBeyondVocabulary(longer, config({}))).toEqual([{ token: '<extra>', id: size }]);
  expect(tokensBeyondVocabulary(plain, config({}))).toEqual([]);
  const held = holdTokenizer(longer, config({}), '');
  const { rows } = await encodeExamples(held, [example('a', '山に登る。')], options);
  expect(rows).toHaveLength(1);
});

test('a question that has it is refused with the token, its row and both numbers', async () => {
  const held = holdTokenizer(longer, config({}), '');
  const rows = [example('a', '山に登る。'), example('b', '山に<extra>登る。')];
  const error = await errorOf(() => encodeExamples(held, rows, options));
  expect([error?.code, error?.place, error?.details]).toEqual([
    'token-beyond-vocabulary',
    'b',
    { token: '<extra>', id: size, vocab_size: size },
  ]);
  expect((await errorOf(() => encodeExamples(longer, rows, options)))?.code).toBeUndefined();
});

test('special tokens of every pair are refused when the model is read', async () => {
  const error = await errorOf(() => holdTokenizer(plain, config({ vocab_size: 2 }), 'folder'));
  expect([error?.code, error?.place]).toEqual(['token-beyond-vocabulary', 'folder']);
});

test('token types beyond their table are refused', async () => {
  const held = holdTokenizer(plain, config({ type_vocab_size: 1 }), 'folder');
  expect((await errorOf(() => held.encodePair('a', 'b', { max_length: 32, doc_stride: 0 })))?.code).toBe(
    'config-token-types',
  );
});

test('lengths beyond the position table are refused with the largest that works', async () => {
  const args = { ...defaultArguments, max_seq_length: 384 };
  const limit = async (positions: number, changes: object = {}) => {
    const error = await errorOf(() => checkArguments({ ...args, ...changes }, positions));
    return error && [error.code, error.details.largest];
  };
  expect(await limit(384)).toBe(null);
  expect(await limit(Infinity)).toBe(null);
  expect(await limit(300)).toEqual(['position-limit', 300]);
  // Padding needs positions too.
  const padded = { pad_to_max_length: false, pad_to_multiple_of: 64, max_seq_length: 300 };
  expect(await limit(310, padded)).toEqual(['position-limit', 256]);
  expect(holdTokenizer(plain, config({ max_position_embeddings: 100 }), '').modelMaxLength).toBe(100);
  expect(
    holdTokenizer(plain, config({ max_position_embeddings: 100, position_biased_input: false }), '')
      .modelMaxLength,
  ).toBe(plain.modelMaxLength);
});
