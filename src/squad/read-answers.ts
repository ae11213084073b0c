import { codePointLength, codePointSlice, toCodePointOffset } from './code-points.ts';
import type { Answer, CodePointOffset, DataRepairs, ExclusionReason } from './example.ts';
import { parsePythonJson } from './python-json.ts';
import { parsePythonLiteral } from './python-literal.ts';

/** An answer as a file has it: `start` is whatever stands there. */
interface GivenAnswer {
  text: string;
  start: unknown;
}

/** An answer that cannot be used; becomes an ExcludedRow. */
export interface UnusableAnswer {
  reason: ExclusionReason;
  standsAt?: CodePointOffset;
}

const textKeys = ['text', 'answer_text', 'answer'];
const startKeys = ['answer_start', 'start', 'answer_begin', 'begin'];

/**
 * `answers` in every shape that tools write -> a list, null where it is of none: a list of objects or texts, an object of lists, one object,
 * one text (also one that holds any of these as JSON or as Python prints it), null. Answers without text are no answers.
 */
export function listAnswers(value: unknown): GivenAnswer[] | null {
  if (value === null || value === undefined || Number.isNaN(value)) return [];
  if (typeof value === 'string') return listTexts(value);
  if (Array.isArray(value)) {
    const lists = value.map((item) => (Array.isArray(item) ? null : listAnswers(item)));
    return lists.every((list) => list !== null) ? lists.flat() : null;
  }
  if (typeof value !== 'object') return null;
  const record = value as Record<string, unknown>;
  const textKey = textKeys.find((key) => Object.hasOwn(record, key));
  if (textKey === undefined) return Object.keys(record).length === 0 ? [] : null;
  const startKey = startKeys.find((key) => Object.hasOwn(record, key));
  return pairAnswers(record[textKey], startKey === undefined ? undefined : record[startKey]);
}

/** Texts and their places, each one or a list. */
export function pairAnswers(texts: unknown, starts: unknown): GivenAnswer[] | null {
  const allStarts = Array.isArray(starts) ? (starts as unknown[]) : [starts];
  const found: GivenAnswer[] = [];
  for (const [i, text] of (Array.isArray(texts) ? (texts as unknown[]) : [texts]).entries()) {
    if (text === null || text === undefined || text === '' || Number.isNaN(text)) continue;
    if (typeof text !== 'string') return null;
    found.push({ text, start: allStarts[i] });
  }
  return found;
}

/** A cell of a table may hold the whole of `answers`. */
function listTexts(text: string): GivenAnswer[] | null {
  if (text === '') return [];
  const value = valueInText(text);
  return typeof value === 'string' ? [{ text, start: undefined }] : listAnswers(value);
}

/** What a cell of a table holds: a list or dict as JSON or as Python prints it, else its text. Other values are given as they are. */
export function valueInText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  for (const parse of [parsePythonJson, parsePythonLiteral]) {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return value;
}

/**
 * Answers at their places in the context, the first held to it: training uses its place, and only the text of the others counts.
 * `repairs` counts what was done.
 */
export function placeAnswers(
  given: readonly GivenAnswer[],
  context: string,
  repairs: DataRepairs,
): Answer[] | UnusableAnswer {
  const answers: Answer[] = [];
  for (const { text, start } of given) {
    const place = answers.length === 0 ? placeFirst(text, start, context, repairs) : readStart(start)?.at;
    if (typeof place === 'object') return place;
    answers.push({ text, answer_start: place ?? onlyPlace(context, text) ?? 0 });
  }
  return answers;
}

function placeFirst(
  text: string,
  start: unknown,
  context: string,
  repairs: DataRepairs,
): CodePointOffset | UnusableAnswer {
  if (start === null || start === undefined || start === '' || Number.isNaN(start)) {
    const found = onlyPlace(context, text);
    if (found === null) {
      return { reason: context.includes(text) ? 'answer-ambiguous' : 'answer-not-in-context' };
    }
    repairs.startsFound++;
    return found;
  }
  const read = readStart(start);
  const moved = read && movedBy(context, text, read.at);
  if (!read || moved === null) {
    const standsAt = onlyPlace(context, text);
    const reason = read ? 'answer-not-at-start' : 'answer-start';
    return standsAt === null ? { reason } : { reason, standsAt };
  }
  if (moved > 0) repairs.startsMoved++;
  if (read.wasText) repairs.startsFromText++;
  return read.at - moved;
}

/**
 * How many characters before answer_start the text stands: 0, or the one or two that Hugging Face's guide to SQuAD allows for, since
 * files count from 1 or count a line break twice.
 */
function movedBy(context: string, text: string, at: CodePointOffset): number | null {
  const length = codePointLength(text);
  for (const back of [0, 1, 2]) {
    if (at - back >= 0 && codePointSlice(context, at - back, at - back + length) === text) return back;
  }
  return null;
}

function readStart(start: unknown): { at: CodePointOffset; wasText: boolean } | null {
  const wasText = typeof start === 'string';
  if (wasText && !/^\s*\+?\d+(\.0*)?\s*$/.test(start)) return null;
  const at = typeof start === 'number' ? start : wasText || typeof start === 'bigint' ? Number(start) : NaN;
  return Number.isSafeInteger(at) && at >= 0 ? { at, wasText } : null;
}

/** Where the text is in the context, if it is there exactly once. */
function onlyPlace(context: string, text: string): CodePointOffset | null {
  const first = context.indexOf(text);
  return first < 0 || context.includes(text, first + 1) ? null : toCodePointOffset(context, first);
}
