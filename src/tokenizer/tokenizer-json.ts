import type { AddedToken } from './added-tokens.ts';
import type { JsonReader } from './json-reader.ts';
import type { Model } from './models/model.ts';
import { readModel } from './models/read.ts';
import { readNormalizer, type Normalizer } from './normalizers/read.ts';
import type { PreTokenizer } from './pre-tokenizers/pre-tokenized.ts';
import { readPreTokenizer } from './pre-tokenizers/read.ts';
import { readFlags } from './special-tokens.ts';

export interface TokenizerJson {
  addedTokens: AddedToken[];
  normalizer: Normalizer;
  preTokenizer: PreTokenizer;
  model: Model;
  /** Of the truncation and padding saved in the file transformers keeps this much. */
  truncationSide: 'right' | 'left';
  padToken: string | null;
}

/**
 * Reads tokenizer.json, a small program of normalizer, pre_tokenizer and model (its post_processor: post-processors/read.ts).
 * @throws ManabiError tokenizer-shape; tokenizer-unsupported names a part that this project does not run
 */
export function readTokenizerJson(json: JsonReader): TokenizerJson {
  const version = json.get('version');
  if (!version.isNull && version.string !== '1.0') throw version.unsupported('version', version.string);
  const addedTokens = json.get('added_tokens');
  const truncation = json.get('truncation');
  const padding = json.get('padding');
  return {
    addedTokens: addedTokens.isNull
      ? []
      : addedTokens.list.map((token) => ({ ...readFlags(token), id: token.get('id').count })),
    normalizer: readNormalizer(json.get('normalizer')),
    preTokenizer: readPreTokenizer(json.get('pre_tokenizer')),
    model: readModel(json.get('model')),
    truncationSide: !truncation.isNull && truncation.get('direction').value === 'Left' ? 'left' : 'right',
    padToken: padding.isNull ? null : padding.get('pad_token').string,
  };
}
