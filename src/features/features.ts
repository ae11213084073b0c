import { ManabiError } from '../errors/manabi-error.ts';
import { codePointLength } from '../squad/code-points.ts';
import type { SquadExample } from '../squad/example.ts';
import { pythonStrip, pythonStripLeft } from '../squad/python-text.ts';
import type { EncodedWindow, Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Feature } from './feature.ts';

export interface FeatureOptions {
  max_seq_length: number;
  doc_stride: number;
}

/**
 * The seed notebook's features: question and context stripped, one window (only_second, stride 0), labels by its search.
 * answer_start is used as it stands, though the context was stripped, as the notebook does.
 *
 * The search's oddities are kept, because the reference trains on them: (0, 0) unless the answer touches the context that
 * is left; the start may stand one after the end, because a prepended U+2581 (or each part of a character that expands)
 * has the span of its neighbour; an answer that is cut off ends at the final [SEP].
 *
 * @throws ManabiError features-no-context when no token of the context is there; what encodePair throws
 */
export function notebookFeature(
  tokenizer: Tokenizer,
  example: SquadExample,
  { max_seq_length }: Pick<FeatureOptions, 'max_seq_length'>,
): Feature {
  const [question, context] = [pythonStrip(example.question), pythonStrip(example.context)];
  const options = { max_length: max_seq_length, doc_stride: 0, overflowing: false };
  const [window] = tokenizer.encodePair(question, context, options);
  const { first, last } = contextTokens(window);
  if (first < 0) throw new ManabiError('features-no-context', example.id);
  const span = answerSpan(example);
  if (!span) return labelled(example, window, 0, 0);
  const { start, end } = span;
  const { starts, ends } = window;
  if (starts[first] > end || ends[last] < start) return labelled(example, window, 0, 0);
  let s = first;
  while (s <= last && starts[s] <= start) s++;
  let e = last;
  while (e >= first && ends[e] >= end) e--;
  return labelled(example, window, s - 1, e + 1);
}

/**
 * run_qa.py's features: overlapping windows; an answer not wholly inside a window, or none, is labelled (0, 0). The start
 * search is not bounded by the context, as in the reference: [SEP] has the span (0, 0), so an answer that starts in the
 * last context token is labelled there. Throws what encodePair throws.
 */
export function windowFeatures(
  tokenizer: Tokenizer,
  example: SquadExample,
  options: FeatureOptions,
): Feature[] {
  const { max_seq_length, doc_stride } = options;
  const question = pythonStripLeft(example.question);
  const windows = tokenizer.encodePair(question, example.context, { max_length: max_seq_length, doc_stride });
  const span = answerSpan(example);
  return windows.map((window) => {
    const { first, last } = contextTokens(window);
    if (first < 0 || !span) return labelled(example, window, 0, 0);
    const { start, end } = span;
    const { starts, ends } = window;
    if (starts[first] > start || ends[last] < end) return labelled(example, window, 0, 0);
    let s = first;
    while (s < starts.length && starts[s] <= start) s++;
    let e = last;
    while (e >= 0 && ends[e] >= end) e--;
    return labelled(example, window, s - 1, e + 1);
  });
}

/** Indices of the first and last context token; -1 where there is none. */
export function contextTokens({ sequenceIds }: EncodedWindow): { first: number; last: number } {
  return { first: sequenceIds.indexOf(1), last: sequenceIds.lastIndexOf(1) };
}

/** Code points of the first answer; null where the question has none (SQuAD 2.0). */
function answerSpan({ answers }: SquadExample): { start: number; end: number } | null {
  if (answers.length === 0) return null;
  const { text, answer_start } = answers[0];
  return { start: answer_start, end: answer_start + codePointLength(text) };
}

function labelled(
  example: SquadExample,
  window: EncodedWindow,
  startPosition: number,
  endPosition: number,
): Feature {
  return { ...window, exampleId: example.id, startPosition, endPosition };
}
