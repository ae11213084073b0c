import { ManabiError } from '../errors/manabi-error.ts';
import type { EncodedWindow, PairOptions, TokenSequence } from './tokenizer.ts';

/** [CLS] A [SEP] B [SEP] with the token type of each of the five parts. */
export interface PairTemplate {
  clsTokenId: number;
  sepTokenId: number;
  types: { cls: number; question: number; middle: number; context: number; end: number };
}

/** What a pair has beside its tokens. */
export const specialTokensPerPair = 3;

/**
 * The windows of a pair under truncation only_second. A window holds `room` = max_length - 3 - question tokens of the
 * context; the next one starts `doc_stride` tokens before the end of the last; the first that reaches the end is the last.
 *
 * @throws ManabiError tokenizer-no-room: a question too long, only where the context has to be cut; tokenizer-stride: a stride that leaves
 * no step between windows, and one beyond max_length - 2 always, as in the reference
 */
export function pairWindows(
  question: TokenSequence,
  context: TokenSequence,
  template: PairTemplate,
  { max_length, doc_stride, overflowing = true }: PairOptions,
): EncodedWindow[] {
  const total = context.ids.length;
  const room = max_length - specialTokensPerPair - question.ids.length;
  const refused = doc_stride > max_length - 2;
  if (total <= room && !refused) return [assemble(question, context, 0, total, template)];
  const tokens = question.ids.length;
  if (room <= 0 && total > room) throw new ManabiError('tokenizer-no-room', '', { tokens, max_length });
  if (refused || doc_stride >= room) {
    const largest = Math.max(0, Math.min(max_length - 2, total > room ? room - 1 : Infinity));
    throw new ManabiError('tokenizer-stride', '', { tokens, max_length, doc_stride, largest });
  }
  const windows: EncodedWindow[] = [];
  for (let start = 0; ; start += room - doc_stride) {
    const stop = Math.min(start + room, total);
    windows.push(assemble(question, context, start, stop, template));
    if (stop === total || !overflowing) return windows;
  }
}

function assemble(
  question: TokenSequence,
  context: TokenSequence,
  from: number,
  to: number,
  { clsTokenId, sepTokenId, types }: PairTemplate,
): EncodedWindow {
  const q = question.ids.length;
  const c = to - from;
  const n = q + c + specialTokensPerPair;
  const window: EncodedWindow = {
    inputIds: new Int32Array(n),
    tokenTypeIds: new Int32Array(n),
    sequenceIds: new Int8Array(n).fill(-1),
    starts: new Int32Array(n),
    ends: new Int32Array(n),
  };
  const { inputIds, tokenTypeIds, sequenceIds, starts, ends } = window;
  const middle = q + 1;
  inputIds[0] = clsTokenId;
  inputIds.set(question.ids, 1);
  inputIds[middle] = sepTokenId;
  inputIds.set(context.ids.subarray(from, to), middle + 1);
  inputIds[n - 1] = sepTokenId;
  starts.set(question.starts, 1);
  ends.set(question.ends, 1);
  starts.set(context.starts.subarray(from, to), middle + 1);
  ends.set(context.ends.subarray(from, to), middle + 1);
  sequenceIds.fill(0, 1, middle).fill(1, middle + 1, n - 1);
  tokenTypeIds[0] = types.cls;
  tokenTypeIds.fill(types.question, 1, middle);
  tokenTypeIds[middle] = types.middle;
  tokenTypeIds.fill(types.context, middle + 1, n - 1);
  tokenTypeIds[n - 1] = types.end;
  return window;
}
