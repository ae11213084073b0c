import { ManabiError } from '../../errors/manabi-error.ts';
import type { JsonReader } from '../json-reader.ts';
import { Bpe } from './bpe.ts';
import { Merges } from './merges.ts';
import type { Model } from './model.ts';
import { Unigram, type Piece } from './unigram.ts';
import { WordLevel } from './word-level.ts';
import { WordPiece } from './word-piece.ts';

/**
 * The `model` of tokenizer.json.
 * @throws ManabiError tokenizer-shape, tokenizer-unsupported
 */
export function readModel(json: JsonReader): Model {
  const type = json.get('type');
  const name = type.isNull ? guessType(json) : type.string;
  switch (name) {
    case 'Unigram': {
      const unknown = json.get('unk_id');
      return new Unigram(
        readPieces(json.get('vocab')),
        unknown.isNull ? -1 : unknown.number,
        flag(json.get('byte_fallback')),
        json.place,
      );
    }
    case 'BPE':
      return readBpe(json);
    case 'WordPiece':
      return new WordPiece(
        readVocabulary(json.get('vocab')),
        {
          unknownToken: json.get('unk_token').string,
          continuingPrefix: json.get('continuing_subword_prefix').string,
          maxCharactersPerWord: json.get('max_input_chars_per_word').number,
        },
        json.place,
      );
    case 'WordLevel':
      return new WordLevel(readVocabulary(json.get('vocab')), json.get('unk_token').string, json.place);
    default:
      throw type.unsupported('model', name);
  }
}

// Files from before tokenizers 0.9 do not name the model's type: the reference takes the first that has all its keys.
function guessType(json: JsonReader): string {
  if (!json.get('merges').isNull) return 'BPE';
  if (!json.get('continuing_subword_prefix').isNull) return 'WordPiece';
  return json.get('unk_token').isNull ? 'Unigram' : 'WordLevel';
}

function flag(json: JsonReader): boolean {
  return json.isNull ? false : json.boolean;
}

function text(json: JsonReader): string {
  return json.isNull ? '' : json.string;
}

function readBpe(json: JsonReader): Bpe {
  const dropout = json.get('dropout');
  if (!dropout.isNull && dropout.number !== 0) throw dropout.unsupported('dropout', String(dropout.number));
  const vocabulary = readVocabulary(json.get('vocab'));
  const unknown = json.get('unk_token');
  const continuingPrefix = text(json.get('continuing_subword_prefix'));
  return new Bpe(
    vocabulary,
    new Merges(readMerges(json.get('merges'), vocabulary, continuingPrefix)),
    {
      unknownToken: unknown.isNull ? null : unknown.string,
      continuingPrefix,
      endOfWordSuffix: text(json.get('end_of_word_suffix')),
      fuseUnknown: flag(json.get('fuse_unk')),
      byteFallback: flag(json.get('byte_fallback')),
      ignoreMerges: flag(json.get('ignore_merges')),
    },
    json.place,
  );
}

/** Merges as "a b" or as ["a", "b"], by the ids of the two and of what they become. */
function readMerges(
  json: JsonReader,
  vocabulary: ReadonlyMap<string, number>,
  continuingPrefix: string,
): [number, number, number][] {
  const merges: [number, number, number][] = [];
  // Hundreds of thousands of rows: a reader is made only for one that is wrong.
  for (const [i, row] of json.values.entries()) {
    if (typeof row === 'string' && row.startsWith('#version')) continue;
    const pair: unknown = typeof row === 'string' ? row.split(' ') : row;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => typeof part === 'string')) {
      return json.list[i].wrong('list');
    }
    const [left, right] = pair as string[];
    const ids = [left, right, left + right.slice(continuingPrefix.length)].map((token) => {
      const id = vocabulary.get(token);
      if (id === undefined) {
        const reason = `${token} is in a merge and not in the vocabulary`;
        throw new ManabiError('tokenizer-broken', json.list[i].place, { reason });
      }
      return id;
    });
    merges.push(ids as [number, number, number]);
  }
  return merges;
}

/** {token: id} */
function readVocabulary(json: JsonReader): Map<string, number> {
  const vocabulary = new Map<string, number>();
  if (!json.isObject) return json.wrong('object');
  for (const [token, id] of Object.entries(json.value as Record<string, unknown>)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= 2 ** 28) {
      return json.get(token).wrong('count');
    }
    vocabulary.set(token, id);
  }
  return vocabulary;
}

/** [[token, score], ...] */
function readPieces(json: JsonReader): Piece[] {
  return json.values.map((row, i) => {
    if (!Array.isArray(row) || typeof row[0] !== 'string' || typeof row[1] !== 'number') {
      return json.list[i].wrong('list');
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
