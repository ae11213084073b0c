import type { AddedTokenMatcher } from './added-tokens.ts';
import { AlignedText, codePoints } from './aligned-text.ts';
import { PieceTrie } from './models/piece-trie.ts';
import { bytePieces } from './models/unigram.ts';
import { Charsmap } from './normalizers/charsmap.ts';
import { lowercase } from './normalizers/lowercase.ts';
import { pieceType, type SentencePieceModel } from './sentencepiece-model.ts';
import { TokenSink } from './token-sink.ts';
import type { TokenSequence } from './tokenizer.ts';
import { utf8Length, writeUtf8 } from './utf8.ts';

const metaspace = 0x2581;
const space = 32;

/** Normalized characters and, for each and the end, where in the part its source begins (SentencePiece's norm_to_orig). */
interface Normalized {
  codes: number[];
  sources: number[];
}

export interface CharacterOptions {
  doLowerCase: boolean;
  splitByPunct: boolean;
}

/**
 * SentencePiece character models (model_type 4), of which transformers has only the slow tokenizer: SentencePiece's own
 * normalizer (longest entry of the charsmap, no grapheme clusters) instead of the fast pipeline. Spans are SentencePiece's
 * surfaces: U+2581 is empty unless it stands for a space, and of a character that expands the last piece has the span.
 */
export class CharacterModel {
  private readonly charsmap: Charsmap | null;
  private readonly pieces = new PieceTrie();
  private readonly userDefined = new PieceTrie();
  private readonly bytes: Int32Array | null;

  constructor(
    private readonly model: SentencePieceModel,
    private readonly addedTokens: AddedTokenMatcher,
    private readonly options: CharacterOptions,
    place: string,
  ) {
    this.charsmap = model.charsmap.length > 0 ? new Charsmap(model.charsmap, place) : null;
    for (const [id, { text, type }] of model.pieces.entries()) {
      if (type === pieceType.userDefined) this.userDefined.set(codePoints(text), id);
      else if (type !== pieceType.control && type !== pieceType.unknown)
        this.pieces.set(codePoints(text), id);
    }
    this.bytes = model.byteFallback ? bytePieces(model.pieces) : null;
  }

  encode(text: string): TokenSequence {
    const sink = new TokenSink();
    for (const part of this.addedTokens.split(AlignedText.of(text))) {
      if (part.id >= 0) {
        sink.push(part.id, part.text.starts[0], part.text.ends[part.text.length - 1]);
        continue;
      }
      for (const words of this.words(part.text)) this.encodePart(words, sink);
    }
    return sink.take();
  }

  private words(text: AlignedText): AlignedText[] {
    // transformers lowers each character alone (its expression matches one at a time): a final sigma stays σ.
    const lower = this.options.doLowerCase ? lowercase(text) : text;
    if (!this.options.splitByPunct) return [lower];
    const words: AlignedText[] = [];
    let from = 0;
    for (let i = 0; i < lower.length; i++) {
      if (!/^[\p{P}!-/:-@[-`{-~]$/u.test(String.fromCodePoint(lower.codes[i]))) continue;
      if (i > from) words.push(lower.slice(from, i));
      words.push(lower.slice(i, i + 1));
      from = i + 1;
    }
    if (from < lower.length) words.push(lower.slice(from, lower.length));
    return words;
  }

  private encodePart(part: AlignedText, sink: TokenSink) {
    const { codes, sources } = this.normalize(part.codes);
    const at = (index: number) => (index < part.length ? part.starts[index] : part.ends[part.length - 1]);
    let runStart = -1; // a run of unknown characters is one token
    let runEnd = -1;
    const flush = () => {
      if (runStart >= 0) sink.push(this.model.unknownId, runStart, runEnd);
      runStart = -1;
    };
    for (let i = 0; i < codes.length;) {
      const match = longestMatch(this.userDefined, codes, i);
      const next = i + (match?.length ?? 1);
      const id = match?.id ?? this.pieces.get(codes, i, i + 1);
      const start = at(sources[i]);
      const end = at(sources[next]);
      if (id >= 0) {
        flush();
        sink.push(id, start, end);
      } else if (this.bytes) {
        this.pushBytes(codes[i], start, end, sink);
      } else {
        if (runStart < 0) runStart = start;
        runEnd = end;
      }
      i = next;
    }
    flush();
  }

  private pushBytes(code: number, start: number, end: number, sink: TokenSink) {
    const utf8 = new Uint8Array(4);
    const length = writeUtf8(code, utf8, 0);
    for (let k = 0; k < length; k++) {
      const id = this.bytes?.[utf8[k]] ?? -1;
      sink.push(id >= 0 ? id : this.model.unknownId, start, k === length - 1 ? end : start);
    }
  }

  /** SentencePiece's Normalizer::Normalize. */
  private normalize(input: Int32Array): Normalized {
    const { addDummyPrefix, removeExtraWhitespaces, escapeWhitespaces, whitespaceAsSuffix } = this.model;
    const escaped = escapeWhitespaces ? metaspace : space;
    const codes: number[] = [];
    const sources: number[] = [];
    let at = 0;
    if (removeExtraWhitespaces) {
      while (at < input.length) {
        const { output, length } = this.prefix(input, at);
        if (output.length !== 1 || output[0] !== space) break;
        at += length;
      }
    }
    if (at === input.length) return { codes, sources };
    const push = (code: number) => {
      codes.push(code);
      sources.push(at);
    };
    if (addDummyPrefix && !whitespaceAsSuffix) push(escaped);
    let afterSpace = removeExtraWhitespaces;
    while (at < input.length) {
      const { output, length } = this.prefix(input, at);
      let k = 0;
      if (afterSpace) while (output[k] === space) k++;
      if (k < output.length) {
        afterSpace = removeExtraWhitespaces && output[output.length - 1] === space;
        for (; k < output.length; k++) push(output[k] === space ? escaped : output[k]);
      }
      at += length;
    }
    if (removeExtraWhitespaces) {
      while (codes[codes.length - 1] === escaped) {
        codes.pop();
        at = sources.pop() as number;
      }
    }
    if (addDummyPrefix && whitespaceAsSuffix) push(escaped);
    sources.push(at);
    return { codes, sources };
  }

  /** What the characters at `at` normalize to, and how many they are (NormalizePrefix). */
  private prefix(input: Int32Array, at: number): { output: ArrayLike<number>; length: number } {
    const symbol = longestMatch(this.userDefined, input, at);
    if (symbol) return { output: input.subarray(at, at + symbol.length), length: symbol.length };
    const hit = this.charsmap && longestEntry(this.charsmap, input, at);
    return hit ?? { output: [input[at]], length: 1 };
  }
}

// The longest key of nmt_nfkc has 18 characters; SentencePiece itself looks at no more than 32 prefixes.
const longestKey = 32;
const utf8 = new Uint8Array(4 * longestKey);

function longestEntry(charsmap: Charsmap, input: Int32Array, at: number) {
  let size = 0;
  for (let i = at; i < input.length && i < at + longestKey; i++) size += writeUtf8(input[i], utf8, size);
  const hit = charsmap.search(utf8, 0, size, true);
  if (!hit) return null;
  let length = 0;
  for (let bytes = 0; bytes < hit.length; length++) bytes += utf8Length(input[at + length]);
  return { output: hit.replacement, length };
}

function longestMatch(trie: PieceTrie, codes: ArrayLike<number>, from: number) {
  let found: { id: number; length: number } | null = null;
  let node = PieceTrie.root;
  for (let i = from; i < codes.length; i++) {
    node = trie.next(node, codes[i]);
    if (node < 0) break;
    if (trie.valueAt(node) >= 0) found = { id: trie.valueAt(node), length: i + 1 - from };
  }
  return found;
}
