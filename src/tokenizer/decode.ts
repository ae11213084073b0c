import type { Tokenizer } from './tokenizer.ts';

export interface DecodeOptions {
  skip_special_tokens?: boolean;
}

export type Decode = (ids: ArrayLike<number>, options?: DecodeOptions) => string;

/**
 * ids -> text by @xenova/transformers, loaded only when it is asked for. Its decoder gives what the Rust library gives for
 * pieces with U+2581; byte pieces it puts together differently, so there is none (null) for a tokenizer that has them. (Its
 * encoder is not used: it normalizes differently and returns no spans.)
 */
export async function createDecoder(tokenizer: Tokenizer): Promise<Decode | null> {
  const vocab = Array.from({ length: tokenizer.vocabSize }, (_, id) => [tokenizer.idToToken(id), 0] as const);
  if (vocab.some(([piece]) => piece === '<0x00>')) return null;
  const { padTokenId, clsTokenId, sepTokenId, unkTokenId, maskTokenId } = tokenizer;
  const special = [padTokenId, clsTokenId, sepTokenId, unkTokenId, maskTokenId];
  const { DebertaV2Tokenizer } = await import('@xenova/transformers');
  const decoder = new DebertaV2Tokenizer(
    {
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Metaspace', replacement: '\u2581', add_prefix_space: true },
      model: { type: 'Unigram', unk_id: unkTokenId, vocab },
      added_tokens: [...new Set(special)].map((id) => ({
        id,
        content: tokenizer.idToToken(id),
        normalized: false,
        special: true,
      })),
    },
    {},
  );
  return (ids, { skip_special_tokens = false } = {}) =>
    ids.length === 0
      ? ''
      : decoder.decode(Array.from(ids), { skip_special_tokens, clean_up_tokenization_spaces: false });
}
