import { ManabiError } from '../../errors/manabi-error.ts';
import type { AlignedText } from '../aligned-text.ts';
import type { TextPiece } from '../pre-tokenizers/pre-tokenized.ts';
import type { TokenSink } from '../token-sink.ts';
import { utf8Length } from '../utf8.ts';
import { MergeQueue } from './merge-queue.ts';
import type { Merges } from './merges.ts';
import { pushCharacters, wordOf, type Model } from './model.ts';

export interface BpeOptions {
  unknownToken: string | null;
  continuingPrefix: string;
  endOfWordSuffix: string;
  fuseUnknown: boolean;
  byteFallback: boolean;
  /** A word that is a token is that token, whatever the merges say. */
  ignoreMerges: boolean;
}

/** The tokens of a word: id, first character and character after the last of each, in turn. */
type Cut = Int32Array;

/** Symbols of a word before merging: their ids, and how many bytes of it each holds. */
interface Symbols {
  ids: number[];
  bytes: number[];
}

// A token of bytes that lie outside the word (of a prefix or suffix that fell back to bytes): its byte offsets, negative.
const outside = (byte: number) => -1 - byte;

const cachedWords = 50_000;
const longestCachedWord = 256;

/** The BPE model: characters, merged pair by pair in the order in which the merges were learnt. */
export class Bpe implements Model {
  private readonly cache = new Map<string, Cut>();
  private readonly byteIds: (number | undefined)[];

  constructor(
    readonly vocabulary: ReadonlyMap<string, number>,
    private readonly merges: Merges,
    private readonly options: BpeOptions,
    private readonly place: string,
  ) {
    this.byteIds = Array.from({ length: 256 }, (_, byte) =>
      vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
  }

  get size(): number {
    return this.vocabulary.size;
  }

  tokenize(text: AlignedText, piece: TextPiece, sink: TokenSink): void {
    const word = wordOf(text, piece);
    let cut = this.cache.get(word);
    if (!cut) {
      cut = this.cutOf(word);
      if (this.cache.size >= cachedWords) this.cache.clear();
      if (word.length <= longestCachedWord) this.cache.set(word, cut);
    }
    for (let i = 0; i < cut.length; i += 3) {
      if (cut[i + 1] >= 0) pushCharacters(text, piece, cut[i], cut[i + 1], cut[i + 2], sink);
      else sink.pushBytes(cut[i], outside(cut[i + 1]), outside(cut[i + 2]));
    }
  }

  private cutOf(word: string): Cut {
    const whole = this.options.ignoreMerges ? this.vocabulary.get(word) : undefined;
    const characters = [...word];
    if (whole !== undefined) return Int32Array.of(whole, 0, characters.length);
    const symbols = this.merge(this.symbolsOf(characters));
    return placeTokens(symbols, characters);
  }

  private symbolsOf(characters: readonly string[]): Symbols {
    const { continuingPrefix, endOfWordSuffix, byteFallback, fuseUnknown, unknownToken } = this.options;
    const symbols: Symbols = { ids: [], bytes: [] };
    const add = (id: number, bytes: number) => {
      symbols.ids.push(id);
      symbols.bytes.push(bytes);
    };
    let unknownBytes = 0; // of the unknown characters that were not added yet
    const addUnknown = () => {
      if (unknownBytes > 0) add(this.unknownId(), unknownBytes);
      unknownBytes = 0;
    };
    for (const [i, character] of characters.entries()) {
      const symbol =
        (i > 0 ? continuingPrefix : '') + character + (i === characters.length - 1 ? endOfWordSuffix : '');
      const length = utf8Length(character.codePointAt(0) as number);
      const id = this.vocabulary.get(symbol);
      if (id !== undefined) {
        addUnknown();
        add(id, length);
        continue;
      }
      const bytes = byteFallback ? this.bytesOf(symbol) : null;
      if (bytes) {
        // The reference does not add waiting unknown characters first: their token comes after the bytes.
        for (const byte of bytes) add(byte, 1);
      } else if (unknownToken !== null) {
        if (!fuseUnknown) addUnknown();
        unknownBytes += length;
      }
    }
    addUnknown();
    return symbols;
  }

  private bytesOf(symbol: string): number[] | null {
    const ids: number[] = [];
    for (const byte of new TextEncoder().encode(symbol)) {
      const id = this.byteIds[byte];
      if (id === undefined) return null;
      ids.push(id);
    }
    return ids;
  }

  private merge({ ids, bytes }: Symbols): Symbols {
    const { merges } = this;
    const n = ids.length;
    const previous = Int32Array.from({ length: n }, (_, i) => i - 1);
    const next = Int32Array.from({ length: n }, (_, i) => (i + 1 < n ? i + 1 : -1));
    const queue = new MergeQueue();
    const consider = (left: number, right: number) => {
      const rank = merges.rankOf(ids[left], ids[right]);
      if (rank >= 0) queue.push(rank, left);
    };
    for (let i = 0; i + 1 < n; i++) consider(i, i + 1);
    for (let top = queue.pop(); top; top = queue.pop()) {
      const { position, rank } = top;
      const right = next[position];
      if (bytes[position] === 0 || right < 0) continue;
      const result = merges.results[rank];
      const current = merges.rankOf(ids[position], ids[right]);
      if (current < 0 || merges.results[current] !== result) continue;
      ids[position] = result;
      bytes[position] += bytes[right];
      bytes[right] = 0;
      next[position] = next[right];
      if (next[position] >= 0) previous[next[position]] = position;
      if (previous[position] >= 0) consider(previous[position], position);
      if (next[position] >= 0) consider(position, next[position]);
    }
    const left = [...ids.keys()].filter((i) => bytes[i] > 0);
    return { ids: left.map((i) => ids[i]), bytes: left.map((i) => bytes[i]) };
  }

  private unknownId(): number {
    const token = this.options.unknownToken as string;
    const id = this.vocabulary.get(token);
    if (id === undefined) throw new ManabiError('tokenizer-unknown-token', this.place, { token });
    return id;
  }
}

/**
 * The characters that each symbol holds. As in the reference symbols follow each other byte by byte, so after a character that was
 * dropped the rest has the places of other characters.
 */
function placeTokens({ ids, bytes }: Symbols, characters: readonly string[]): Cut {
  const characterOf: number[] = [];
  for (const [i, character] of characters.entries()) {
    for (let k = utf8Length(character.codePointAt(0) as number); k > 0; k--) characterOf.push(i);
  }
  const cut = new Int32Array(3 * ids.length);
  let at = 0;
  for (const [i, id] of ids.entries()) {
    const end = at + bytes[i];
    const inside = end <= characterOf.length;
    cut[3 * i] = id;
    cut[3 * i + 1] = inside ? characterOf[at] : outside(at);
    cut[3 * i + 2] = inside ? characterOf[end - 1] + 1 : outside(end);
    at = end;
  }
  return cut;
}
