import { codePointLength } from '../squad/code-points.ts';
import type { SquadExample } from '../squad/example.ts';
import type { EncodedWindow, Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Feature } from './feature.ts';

export interface FeatureOptions {
  max_seq_length: number;
  doc_stride: number;
}

/** Python's str.strip() / lstrip() white space. */
const outer = /^[\s\x85]+|[\s\x85]+$/g;
const leading = /^[\s\x85]+/;

/**
 * The seed notebook's features: question and context stripped, one window (only_second, stride 0), labels by its search, oddities
 * included: (0, 0) unless the answer touches the context that is left; start may stand after end. `answer_start` is used
 * as it stands, as the notebook does. Throws what encodePair throws.
 */
export function notebookFeature(
  tokenizer: Tokenizer,
  example: SquadExample,
  { max_seq_length }: Pick<FeatureOptions, 'max_seq_length'>,
): Feature {
  const [question, context] = [example.question.replace(outer, ''), example.context.replace(outer, '')];
  const options = { max_length: max_seq_length, doc_stride: 0, overflowing: false };
  const [window] = tokenizer.encodePair(question, context, options);
  const { first, last } = contextTokens(window);
  const { start, end } = answerSpan(example);
  const { starts, ends } = window;
  if (first > last || starts[first] > end || ends[last] < start) return labelled(example, window, 0, 0);
  let s = first;
  while (s <= last && starts[s] <= start) s++;
  let e = last;
  while (e >= first && ends[e] >= end) e--;
  return labelled(example, window, s - 1, e + 1);
}

/**
 * run_qa.py's features: overlapping windows; an answer not wholly inside a window is labelled (0, 0). The start search runs to
 * the window's end, as in the reference ([SEP] has offset 0). Throws what encodePair throws.
 */
export function windowFeatures(
  tokenizer: Tokenizer,
  example: SquadExample,
  options: FeatureOptions,
): Feature[] {
  const { max_seq_length, doc_stride } = options;
  const question = example.question.replace(leading, '');
  const windows = tokenizer.encodePair(question, example.context, { max_length: max_seq_length, doc_stride });
  const { start, end } = answerSpan(example);
  return windows.map((window) => {
    const { first, last } = contextTokens(window);
    const { starts, ends } = window;
    if (!(starts[first] <= start && ends[last] >= end)) return labelled(example, window, 0, 0);
    let s = first;
    while (s < starts.length && starts[s] <= start) s++;
    let e = last;
    while (ends[e] >= end) e--;
    return labelled(example, window, s - 1, e + 1);
  });
}

/** Indices of the first and last context token. */
export function contextTokens({ sequenceIds }: EncodedWindow): { first: number; last: number } {
  return { first: sequenceIds.indexOf(1), last: sequenceIds.lastIndexOf(1) };
}

function answerSpan({ answers }: SquadExample): { start: number; end: number } {
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
