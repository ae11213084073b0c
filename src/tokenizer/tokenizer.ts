import type { CodePointOffset } from '../squad/example.ts';

/** Tokens of one text, without special tokens around it. starts/ends are code-point spans in the raw text. */
export interface TokenSequence {
  ids: Int32Array;
  starts: Int32Array;
  ends: Int32Array;
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
  vocabSize: number;
  modelMaxLength: number;
  padTokenId: number;
  clsTokenId: number;
  sepTokenId: number;
  unkTokenId: number;
  maskTokenId: number;
  encode(text: string): TokenSequence;
  /** truncation only_second. Throws ManabiError when the question leaves no room. */
  encodePair(question: string, context: string, options: PairOptions): EncodedWindow[];
  idToToken(id: number): string;
}

export type { CodePointOffset };
