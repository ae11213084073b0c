import type { CodePointOffset } from '../squad/example.ts';
import type { TokenSpaces } from './token-sink.ts';

/** Tokens of one text, without special tokens around it. starts/ends are code-point spans in the raw text. */
export interface TokenSequence {
  ids: Int32Array;
  starts: Int32Array;
  ends: Int32Array;
  /** White space at the ends of those tokens whose text is not what the vocabulary has at their id. */
  spaces?: ReadonlyMap<number, TokenSpaces>;
}

/** [CLS] question [SEP] context [SEP], one window of it, unpadded; all arrays have the same length. */
export interface EncodedWindow {
  inputIds: Int32Array;
  tokenTypeIds: Int32Array;
  /** -1 special, 0 question, 1 context. */
  sequenceIds: Int8Array;
  starts: Int32Array;
  ends: Int32Array;
}

export interface PairOptions {
  max_length: number;
  doc_stride: number;
  /** false: only the first window is made (truncation without return_overflowing_tokens). */
  overflowing?: boolean;
}

/** What spm.model and tokenizer.json are both read into: `readTokenizer(files)` in src/tokenizer/read.ts. */
export interface Tokenizer {
  /** One more than the largest id: the rows that the model's embedding has to have. */
  vocabSize: number;
  modelMaxLength: number;
  padTokenId: number;
  clsTokenId: number;
  sepTokenId: number;
  /** -1 where there is none, as in byte-level models. */
  unkTokenId: number;
  /** -1 where there is none. */
  maskTokenId: number;
  /** Without special tokens. */
  encode(text: string): TokenSequence;
  /** With the special tokens that belong around one text. */
  encodeSingle(text: string): EncodedWindow;
  /** truncation only_second. Throws ManabiError when the question leaves no room. */
  encodePair(question: string, context: string, options: PairOptions): EncodedWindow[];
  /** The token of an id, or the unknown token (or nothing) for an id that no token has. */
  idToToken(id: number): string;
}

export type { CodePointOffset };
