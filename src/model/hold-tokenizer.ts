import { ManabiError } from '../errors/manabi-error.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { positionLimit, type DebertaConfig } from './config.ts';

/** A token for which the model has no embedding. */
export interface TokenBeyondVocabulary {
  token: string;
  id: number;
}

const MAX_LISTED = 100_000;

/** Tokens that the tokenizer can give and the model has no row for, as after add_tokens without resize_token_embeddings. */
export function tokensBeyondVocabulary(
  tokenizer: Pick<Tokenizer, 'vocabSize' | 'idToToken' | 'unkTokenId'>,
  { vocab_size }: DebertaConfig,
): TokenBeyondVocabulary[] {
  // A file may give a token any id: those far away are not looked for one by one.
  const last = Math.min(tokenizer.vocabSize, vocab_size + MAX_LISTED);
  const unknown = tokenizer.idToToken(tokenizer.unkTokenId);
  const beyond: TokenBeyondVocabulary[] = [];
  for (let id = vocab_size; id < last; id++) {
    const token = tokenizer.idToToken(id);
    // Between the ids of added tokens there may be none.
    if (token !== unknown || id === tokenizer.unkTokenId) beyond.push({ token, id });
  }
  return beyond;
}

/**
 * The tokenizer of a model, held to its tables: pairs longer than the position table are never made by default, and a pair with a token or token
 * type beyond its table is refused before the model sees it. Throws ManabiError token-beyond-vocabulary for a special token
 * of every pair; encodePair throws it for the others, and config-token-types.
 */
export function holdTokenizer(tokenizer: Tokenizer, config: DebertaConfig, place: string): Tokenizer {
  const { vocab_size, type_vocab_size } = config;
  const refuse = (id: number, where: string): never => {
    throw new ManabiError('token-beyond-vocabulary', where, {
      token: tokenizer.idToToken(id),
      id,
      vocab_size,
    });
  };
  for (const id of [tokenizer.padTokenId, tokenizer.clsTokenId, tokenizer.sepTokenId]) {
    if (id >= vocab_size) refuse(id, place);
  }
  return {
    ...tokenizer,
    modelMaxLength: Math.min(tokenizer.modelMaxLength, positionLimit(config)),
    encodePair: (question, context, options) => {
      const windows = tokenizer.encodePair(question, context, options);
      for (const { inputIds, tokenTypeIds } of windows) {
        const beyond = inputIds.find((id) => id >= vocab_size);
        if (beyond !== undefined) refuse(beyond, '');
        if (type_vocab_size > 0 && tokenTypeIds.some((type) => type >= type_vocab_size)) {
          throw new ManabiError('config-token-types', place, { type_vocab_size });
        }
      }
      return windows;
    },
  };
}
