import type { Tokenizer } from './tokenizer.ts';

const BYTE = /^<0x[0-9A-F]{2}>$/;

export interface DecodeOptions {
  skip_special_tokens?: boolean;
}

/** Null where a byte is among the ids. */
export type Decode = (ids: ArrayLike<number>, options?: DecodeOptions) => string | null;

/**
 * ids -> text by @xenova/transformers, loaded only when it is asked for. Its decoder gives what the Rust library gives for
 * pieces with U+2581; byte pieces it puts together differently, so it decodes none, and of other models it would show the pieces as they
 * are, so there is none (null) for such a tokenizer. (Its encoder is not used: it normalizes differently and returns no spans.)
 */
export async function createDecoder(tokenizer: Tokenizer): Promise<Decode | null> {
  const vocab = Array.from({ length: tokenizer.vocabSize }, (_, id) => [tokenizer.idToToken(id), 0] as const);
  const pieces = vocab.map(([piece]) => piece);
  if (!pieces.some((piece) => piece.startsWith('\u2581'))) return null;
  const { padTokenId, clsTokenId, sepTokenId, unkTokenId, maskTokenId } = tokenizer;
  if (unkTokenId < 0) return null;
  const special = [padTokenId, clsTokenId, sepTokenId, unkTokenId, maskTokenId].filter((id) => id >= 0);
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
  return (ids, { skip_special_tokens = false } = {}) => {
    if (Array.from(ids).some((id) => BYTE.test(tokenizer.idToToken(id)))) return null;
    return ids.length === 0
      ? ''
      : decoder.decode(Array.from(ids), { skip_special_tokens, clean_up_tokenization_spaces: false });
  };
}
