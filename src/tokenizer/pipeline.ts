import { ManabiError } from '../errors/manabi-error.ts';
import type { Charsmap } from './charsmap.ts';
import { Normalized } from './normalized.ts';
import type { EncodedWindow, PairOptions, Tokenizer, TokenSequence } from './tokenizer.ts';
import type { Unigram } from './unigram.ts';

export interface AddedToken {
  content: string;
  id: number;
  /** true: looked for after normalization. */
  normalized: boolean;
}

/** What a tokenizer file says, whichever file it was. */
export interface TokenizerProgram {
  lowercase: boolean;
  strip: boolean;
  charsmap: Charsmap | null;
  splitByPunct: boolean;
  model: Unigram;
  added: AddedToken[];
  modelMaxLength: number;
}

// Unicode White_Space: unlike trim() it has U+0085 and lacks U+FEFF.
const space = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;
// Rust's table (tokenizers 0.22) is older than JavaScript's \p{P}: it lacks these and has two that are no longer punctuation.
const newerPunctuation =
  '\\u{61d}\\u{9fd}\\u{a76}\\u{c77}\\u{c84}\\u{1b4e}-\\u{1b4f}\\u{1b7d}-\\u{1b7f}\\u{2e43}-\\u{2e4f}' +
  '\\u{2e52}-\\u{2e5d}\\u{10d6e}\\u{10ead}\\u{10ed0}\\u{10f55}-\\u{10f59}\\u{10f86}-\\u{10f89}' +
  '\\u{113d4}-\\u{113d5}\\u{113d7}-\\u{113d8}\\u{1144b}-\\u{1144f}\\u{1145a}-\\u{1145b}\\u{1145d}' +
  '\\u{11660}-\\u{1166c}\\u{116b9}\\u{1183b}\\u{11944}-\\u{11946}\\u{119e2}\\u{11a3f}-\\u{11a46}' +
  '\\u{11a9a}-\\u{11a9c}\\u{11a9e}-\\u{11aa2}\\u{11b00}-\\u{11b09}\\u{11be1}\\u{11c41}-\\u{11c45}' +
  '\\u{11c70}-\\u{11c71}\\u{11ef7}-\\u{11ef8}\\u{11f43}-\\u{11f4f}\\u{11fff}\\u{12ff1}-\\u{12ff2}' +
  '\\u{16d6d}-\\u{16d6f}\\u{16e97}-\\u{16e9a}\\u{16fe2}\\u{1e5ff}\\u{1e95e}-\\u{1e95f}';
const punctuation = new RegExp(`^(?![${newerPunctuation}])[!-/:-@[-\`{-~\\p{P}\\u{166d}\\u{111c9}]$`, 'u');
const PREFIX = '\u2581';

/**
 * DeBERTa-v2's fast tokenizer: split at special tokens, normalize with alignment, Metaspace, Unigram
 * (transformers DebertaV2TokenizerFast over tokenizers 0.22).
 */
export class UnigramTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly modelMaxLength: number;
  readonly padTokenId: number;
  readonly clsTokenId: number;
  readonly sepTokenId: number;
  readonly unkTokenId: number;
  readonly maskTokenId: number;
  private readonly tokens: string[];
  private readonly raw: AddedToken[];
  private readonly afterNormalization: AddedToken[];

  constructor(
    private readonly program: TokenizerProgram,
    place: string,
  ) {
    const { model, added } = program;
    this.tokens = model.vocab.map(([piece]) => piece);
    for (const { content, id } of added) this.tokens[id] = content;
    const idOf = (content: string): number => {
      const id = added.find((token) => token.content === content)?.id ?? model.idOf(content);
      if (id === undefined) throw new ManabiError('tokenizer-special-token', place, { token: content });
      return id;
    };
    this.vocabSize = this.tokens.length;
    this.modelMaxLength = program.modelMaxLength;
    this.padTokenId = idOf('[PAD]');
    this.clsTokenId = idOf('[CLS]');
    this.sepTokenId = idOf('[SEP]');
    this.maskTokenId = idOf('[MASK]');
    this.unkTokenId = model.unkId;
    this.raw = added.filter((token) => !token.normalized);
    this.afterNormalization = added.filter((token) => token.normalized);
  }

  idToToken(id: number): string {
    return this.tokens[id] ?? '';
  }

  encode(text: string): TokenSequence {
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    const push = (id: number, part: Normalized, from: number, to: number) => {
      ids.push(id);
      starts.push(part.starts[from]);
      ends.push(part.ends[to - 1]);
    };
    for (const part of splitAt(Normalized.of(text, 0), this.raw)) {
      if (part.id !== null) {
        push(part.id, part.text, 0, part.text.chars.length);
        continue;
      }
      for (const inner of splitAt(this.normalize(part.text), this.afterNormalization)) {
        if (inner.id !== null) {
          push(inner.id, inner.text, 0, inner.text.chars.length);
          continue;
        }
        for (const word of this.words(inner.text)) {
          for (const { id, from, to } of this.program.model.segment(word.chars)) push(id, word, from, to);
        }
      }
    }
    return { ids: Int32Array.from(ids), starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
  }

  encodePair(question: string, context: string, options: PairOptions): EncodedWindow[] {
    const first = this.encode(question);
    const second = this.encode(context);
    const { max_length, doc_stride } = options;
    const room = max_length - 3 - first.ids.length;
    if (second.ids.length <= room) return [this.window(first, second, 0, second.ids.length)];
    if (room <= 0 || doc_stride >= room) {
      const tokens = first.ids.length;
      throw new ManabiError('tokenizer-no-room', question.slice(0, 40), { tokens, max_length, doc_stride });
    }
    const windows: EncodedWindow[] = [];
    for (let from = 0; ; from += room - doc_stride) {
      const to = Math.min(from + room, second.ids.length);
      windows.push(this.window(first, second, from, to));
      if (to === second.ids.length || options.overflowing === false) return windows;
    }
  }

  private window(first: TokenSequence, second: TokenSequence, from: number, to: number): EncodedWindow {
    const [q, c] = [first.ids.length, to - from];
    const join = (a: Int32Array, b: Int32Array, head: number, tail: number) =>
      Int32Array.from([head, ...a, tail, ...b.subarray(from, to), tail]);
    return {
      inputIds: join(first.ids, second.ids, this.clsTokenId, this.sepTokenId),
      starts: join(first.starts, second.starts, 0, 0),
      ends: join(first.ends, second.ends, 0, 0),
      tokenTypeIds: new Int32Array(q + c + 3).fill(1, q + 2),
      sequenceIds: Int8Array.from([-1, ...new Int8Array(q), -1, ...new Int8Array(c).fill(1), -1]),
    };
  }

  private normalize(input: Normalized): Normalized {
    let text = input;
    if (this.program.lowercase) text = lowercase(text);
    if (this.program.strip) text = strip(text);
    if (this.program.charsmap) text = this.program.charsmap.normalize(text);
    return collapseSpaces(text);
  }

  /** Punctuation (isolated) and Metaspace (prepend always, split before every U+2581). */
  private words(text: Normalized): Normalized[] {
    const words: Normalized[] = [];
    for (const piece of this.program.splitByPunct ? isolatePunctuation(text) : [text]) {
      if (piece.chars.length === 0) continue;
      const chars = piece.chars.map((char) => (char === ' ' ? PREFIX : char));
      const starts = [...piece.starts];
      const ends = [...piece.ends];
      if (chars[0] !== PREFIX) {
        chars.unshift(PREFIX);
        starts.unshift(starts[0]);
        ends.unshift(ends[0]);
      }
      const whole = new Normalized(chars, starts, ends);
      let from = 0;
      for (let at = 1; at <= chars.length; at++) {
        if (at < chars.length && chars[at] !== PREFIX) continue;
        words.push(whole.slice(from, at));
        from = at;
      }
    }
    return words;
  }
}

/** Cuts at added tokens, leftmost and then longest. */
function splitAt(text: Normalized, tokens: AddedToken[]): { text: Normalized; id: number | null }[] {
  const contents = tokens.map((token) => [...token.content]);
  const parts: { text: Normalized; id: number | null }[] = [];
  let from = 0;
  for (let at = 0; at < text.chars.length;) {
    let best = -1;
    for (const [k, content] of contents.entries()) {
      const fits = content.every((char, i) => text.chars[at + i] === char);
      if (fits && (best < 0 || content.length > contents[best].length)) best = k;
    }
    if (best < 0) {
      at++;
      continue;
    }
    if (at > from) parts.push({ text: text.slice(from, at), id: null });
    parts.push({ text: text.slice(at, at + contents[best].length), id: tokens[best].id });
    at += contents[best].length;
    from = at;
  }
  if (from < text.chars.length) parts.push({ text: text.slice(from, text.chars.length), id: null });
  return parts;
}

function lowercase(text: Normalized): Normalized {
  const chars: string[] = [];
  const changes: number[] = [];
  for (const char of text.chars) {
    for (const [i, lower] of [...char.toLowerCase()].entries()) {
      chars.push(lower);
      changes.push(i > 0 ? 1 : 0);
    }
  }
  return text.transform(chars, changes);
}

function strip(text: Normalized): Normalized {
  let [from, to] = [0, text.chars.length];
  while (from < to && space.test(text.chars[from])) from++;
  while (to > from && space.test(text.chars[to - 1])) to--;
  return text.slice(from, to);
}

/** Replace(" {2,}", " "): the space that stays has the last one's span. */
function collapseSpaces(text: Normalized): Normalized {
  const keep = text.chars.map((char, i) => !(char === ' ' && text.chars[i + 1] === ' '));
  if (!keep.includes(false)) return text;
  return new Normalized(
    text.chars.filter((_, i) => keep[i]),
    text.starts.filter((_, i) => keep[i]),
    text.ends.filter((_, i) => keep[i]),
  );
}

function isolatePunctuation(text: Normalized): Normalized[] {
  const parts: Normalized[] = [];
  let from = 0;
  for (const [at, char] of text.chars.entries()) {
    if (!punctuation.test(char)) continue;
    if (at > from) parts.push(text.slice(from, at));
    parts.push(text.slice(at, at + 1));
    from = at + 1;
  }
  if (from < text.chars.length) parts.push(text.slice(from, text.chars.length));
  return parts;
}
