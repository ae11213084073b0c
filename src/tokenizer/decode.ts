import { ManabiError } from '../errors/manabi-error.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface DecodeOptions {
  skip_special_tokens?: boolean;
}

export type Decode = (ids: ArrayLike<number>, options?: DecodeOptions) => string;

/**
 * ids -> text by @xenova/transformers, loaded only when it is asked for. Its decoder gives what the Rust library gives for
 * pieces with U+2581; byte pieces it puts together differently, so such a tokenizer is refused. (Its encoder is not used:
 * it normalizes differently and returns no spans.)
 *
 * @throws ManabiError tokenizer-unsupported for a tokenizer with byte pieces
 */
export async function createDecoder(tokenizer: Tokenizer, place = ''): Promise<Decode> {
  const vocab = Array.from({ length: tokenizer.vocabSize }, (_, id) => [tokenizer.idToToken(id), 0] as const);
  if (vocab.some(([piece]) => piece === '<0x00>')) {
    throw new ManabiError('tokenizer-unsupported', place, { part: 'decoder', name: 'ByteFallback' });
  }
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
