import { readFlags } from './special-tokens.ts';
import type { AddedToken } from './added-tokens.ts';
import type { JsonReader } from './json-reader.ts';
import { readNormalizer, type Normalizer } from './normalizers.ts';
import { readPreTokenizer, type PreTokenizer } from './pre-tokenizers.ts';
import type { Piece } from './unigram.ts';
import type { PairTemplate } from './windows.ts';

export interface TokenizerJson {
  addedTokens: AddedToken[];
  normalizer: Normalizer;
  preTokenizer: PreTokenizer;
  pieces: Piece[];
  unknownId: number;
  byteFallback: boolean;
  template: PairTemplate;
}

/**
 * Reads tokenizer.json, a small program of normalizer, pre_tokenizer, model and post_processor.
 * @throws ManabiError tokenizer-shape; tokenizer-unsupported names a part that this project does not run
 */
export function readTokenizerJson(json: JsonReader): TokenizerJson {
  const model = json.get('model');
  const type = model.get('type');
  if (type.isNull || type.string !== 'Unigram') {
    throw type.unsupported('model', type.isNull ? 'null' : type.string);
  }
  const byteFallback = model.get('byte_fallback');
  const addedTokens = json.get('added_tokens');
  return {
    addedTokens: addedTokens.isNull
      ? []
      : addedTokens.list.map((token) => ({ ...readFlags(token), id: token.get('id').number })),
    normalizer: readNormalizer(json.get('normalizer')),
    preTokenizer: readPreTokenizer(json.get('pre_tokenizer')),
    pieces: readPieces(model.get('vocab')),
    unknownId: model.get('unk_id').number,
    byteFallback: !byteFallback.isNull && byteFallback.boolean,
    template: readTemplate(json.get('post_processor')),
  };
}

function readPieces(vocab: JsonReader): Piece[] {
  if (!Array.isArray(vocab.value)) return vocab.wrong('list');
  // Tens of thousands of rows: checked here without a reader for each.
  return vocab.value.map((row: unknown, i) => {
    if (!Array.isArray(row) || typeof row[0] !== 'string' || typeof row[1] !== 'number') {
      return vocab.list[i].wrong('list');
    }
    return { text: row[0], score: asRustParses(row[1]) };
  });
}

/**
 * serde_json reads 12.5 as 125 / 10, which is one ULP off the nearest double for about a fifth of the scores; the
 * shortest digits of the double are those in the file.
 */
export function asRustParses(score: number): number {
  const match = /^(-?)(\d+)\.(\d+)$/.exec(String(score));
  if (!match) return score;
  const [, sign, whole, fraction] = match;
  const value = Number(whole + fraction) / Number(`1e${fraction.length}`);
  return sign ? -value : value;
}

/** TemplateProcessing, where its pair is [CLS] A [SEP] B [SEP]: the only form of this family. */
function readTemplate(json: JsonReader): PairTemplate {
  const type = json.isNull ? 'null' : json.get('type').string;
  if (type !== 'TemplateProcessing') throw json.unsupported('post_processor', type);
  const pair = json.get('pair').list.map((item) => {
    const special = item.get('SpecialToken');
    const part = special.isNull ? item.get('Sequence') : special;
    return {
      kind: special.isNull ? part.get('id').string : 'special',
      name: part.get('id').string,
      type: part.get('type_id').number,
    };
  });
  const form = pair.map(({ kind }) => kind).join(' ');
  if (form !== 'special A special B special' || pair[2].name !== pair[4].name) {
    throw json.unsupported('TemplateProcessing', pair.map(({ name }) => name).join(' '));
  }
  const idOf = (name: string) => {
    const ids = json.get('special_tokens').get(name).get('ids').list;
    return ids.length === 1 ? ids[0].number : json.get('special_tokens').wrong('object');
  };
  return {
    clsTokenId: idOf(pair[0].name),
    sepTokenId: idOf(pair[2].name),
    types: {
      cls: pair[0].type,
      question: pair[1].type,
      middle: pair[2].type,
      context: pair[3].type,
      end: pair[4].type,
    },
  };
}
