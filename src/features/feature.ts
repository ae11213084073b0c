import type { EncodedWindow } from '../tokenizer/tokenizer.ts';

/** One training or evaluation row, unpadded. Labels are token indices; (0, 0) where the answer is not in the window. */
export interface Feature extends EncodedWindow {
  exampleId: string;
  startPosition: number;
  endPosition: number;
}

/** A padded batch as the model takes it: row-major [B, N]; attentionMask 1 = real token. */
export interface Batch {
  B: number;
  N: number;
  inputIds: Int32Array;
  attentionMask: Int32Array;
  tokenTypeIds: Int32Array;
  /** [B]; absent when only logits are wanted. */
  startPositions?: Int32Array;
  endPositions?: Int32Array;
}
