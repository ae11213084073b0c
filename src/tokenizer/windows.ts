import { ManabiError } from '../errors/manabi-error.ts';
import { Encoding } from './post-processors/encoding.ts';
import type { PostProcessor } from './post-processors/read.ts';
import type { EncodedWindow, PairOptions, TokenSequence } from './tokenizer.ts';

/** How texts become model inputs: what is put around them, and at which end they are cut. */
export interface WindowOptions {
  /** null: the texts follow each other with nothing between them. */
  postProcessor: PostProcessor | null;
  truncationSide: 'right' | 'left';
}

/** One text as transformers' `tokenizer(text)` gives it, or without special tokens. */
export function singleWindow(
  text: TokenSequence,
  { postProcessor }: WindowOptions,
  addSpecialTokens: boolean,
): EncodedWindow {
  return flatten(process([Encoding.ofText([text], 0)], postProcessor, addSpecialTokens));
}

/**
 * The windows of a pair under truncation only_second. A window holds `room` = max_length - special tokens - question tokens of the
 * context; the next one starts `doc_stride` tokens before the end of the last; the first that reaches the end is the last.
 *
 * @throws ManabiError tokenizer-no-room: a question too long, only where the context has to be cut; tokenizer-stride: a stride that leaves
 * no step between windows, and one beyond the room of one text always, as in the reference
 */
export function pairWindows(
  question: TokenSequence,
  context: TokenSequence,
  { postProcessor, truncationSide }: WindowOptions,
  { max_length, doc_stride, overflowing = true }: PairOptions,
): EncodedWindow[] {
  const total = context.ids.length;
  const room = max_length - (postProcessor?.addedTokens(2) ?? 0) - question.ids.length;
  const largestStride = max_length - (postProcessor?.addedTokens(1) ?? 0);
  const tokens = question.ids.length;
  if (room <= 0 && total > room) throw new ManabiError('tokenizer-no-room', '', { tokens, max_length });
  if (doc_stride > largestStride || (total > room && doc_stride >= room)) {
    const largest = Math.max(0, Math.min(largestStride, total > room ? room - 1 : Infinity));
    throw new ManabiError('tokenizer-stride', '', { tokens, max_length, doc_stride, largest });
  }
  const parts = cutContext(context, room, doc_stride, truncationSide);
  const merged = process(
    [Encoding.ofText([question], 0), Encoding.ofText(overflowing ? parts : parts.slice(0, 1), 1)],
    postProcessor,
    true,
  );
  return [merged, ...merged.overflowing].map(flatten);
}

/** From the right: the first window ends where the context ends. */
function cutContext(
  context: TokenSequence,
  room: number,
  stride: number,
  side: 'right' | 'left',
): TokenSequence[] {
  const total = context.ids.length;
  if (total <= room) return [context];
  const parts: TokenSequence[] = [];
  for (let done = 0; ; done += room - stride) {
    const to = Math.min(done + room, total);
    parts.push(
      side === 'right' ? sliceTokens(context, done, to) : sliceTokens(context, total - to, total - done),
    );
    if (to === total) return parts;
  }
}

function sliceTokens({ ids, starts, ends, spaces }: TokenSequence, from: number, to: number): TokenSequence {
  const slice = {
    ids: ids.subarray(from, to),
    starts: starts.subarray(from, to),
    ends: ends.subarray(from, to),
  };
  if (!spaces) return slice;
  const moved = [...spaces]
    .filter(([i]) => i >= from && i < to)
    .map(([i, count]) => [i - from, count] as const);
  return { ...slice, spaces: new Map(moved) };
}

/** The reference's PostProcessor::process, and default_process where there is none. */
function process(
  encodings: readonly Encoding[],
  postProcessor: PostProcessor | null,
  add: boolean,
): Encoding {
  if (!postProcessor) {
    if (encodings.length === 1) return encodings[0];
    return merge(encodings.map((encoding, i) => encoding.withSequence(i)));
  }
  const numbered = encodings.map((encoding, i) => encoding.eachWindow((window) => window.withSequence(i)));
  return merge(postProcessor.process(numbered, add));
}

function merge(encodings: readonly Encoding[]): Encoding {
  return encodings.reduce((merged, encoding) => merged.followedBy(encoding));
}

function flatten(encoding: Encoding): EncodedWindow {
  const n = encoding.length;
  const window: EncodedWindow = {
    inputIds: new Int32Array(n),
    tokenTypeIds: new Int32Array(n),
    sequenceIds: new Int8Array(n).fill(-1),
    starts: new Int32Array(n),
    ends: new Int32Array(n),
  };
  let at = 0;
  for (const { tokens, type } of encoding.segments) {
    window.inputIds.set(tokens.ids, at);
    window.starts.set(tokens.starts, at);
    window.ends.set(tokens.ends, at);
    window.tokenTypeIds.fill(type, at, at + tokens.ids.length);
    at += tokens.ids.length;
  }
  // Of two ranges of one text the later counts; a text without one is taken to be everything.
  const ranges = new Map(encoding.ranges.map((range) => [range.sequence, range]));
  for (let sequence = 0; sequence < Math.max(1, ranges.size); sequence++) {
    const { from, to } = ranges.get(sequence) ?? { from: 0, to: n };
    window.sequenceIds.fill(sequence, from, to);
  }
  return window;
}
