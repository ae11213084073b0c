import type { AlignedText } from '../aligned-text.ts';
import type { Pattern } from '../pattern.ts';
import { isWhitespace } from '../unicode/classes.ts';
import { isWord } from '../unicode/word.ts';
import { Parts, type Behavior } from './behavior.ts';
import { cutPieces, insertPrefixes, type PreTokenizer, type TextPiece } from './pre-tokenized.ts';

/** Cuts at every character of a class. */
export function splitAtCharacters(test: (code: number) => boolean, behavior: Behavior): PreTokenizer {
  if (behavior === 'Isolated') return isolateCharacters(test);
  return (input) =>
    cutPieces(input, ({ codes }, from, to) => {
      const parts = new Parts();
      let begin = from;
      for (let i = from; i < to; i++) {
        if (!test(codes[i])) continue;
        if (begin < i) parts.add(begin, i, false);
        parts.add(i, i + 1, true);
        begin = i + 1;
      }
      if (begin < to) parts.add(begin, to, false);
      return parts.ranges(behavior);
    });
}

/** The behavior of most pre-tokenizers, with less work. */
function isolateCharacters(test: (code: number) => boolean): PreTokenizer {
  return (input) => {
    const { text, pieces } = insertPrefixes(input);
    const { codes } = text;
    const parts: TextPiece[] = [];
    for (const { from, to } of pieces) {
      let begin = from;
      for (let i = from; i < to; i++) {
        if (!test(codes[i])) continue;
        if (begin < i) parts.push({ from: begin, to: i, prefix: -1 });
        parts.push({ from: i, to: i + 1, prefix: -1 });
        begin = i + 1;
      }
      if (begin < to) parts.push({ from: begin, to, prefix: -1 });
    }
    return { text, pieces: parts };
  };
}

/** Cuts at the matches of a pattern, or `invert`ed: at what lies between them. */
export function splitAtPattern(pattern: Pattern, behavior: Behavior, invert: boolean): PreTokenizer {
  return (input) => {
    const given = insertPrefixes(input);
    const seen = pattern.see(given.text.toString());
    const onlyBmp = seen.length === given.text.length;
    return cutPieces(given, (text, from, to) => {
      const string = onlyBmp ? seen.slice(from, to) : pattern.see(text.substring(from, to));
      const matches = pattern.find(string);
      if (matches.length === 0) return behavior === 'Removed' && invert ? [] : [from, to];
      const place = string.length === to - from ? (unit: number) => from + unit : placeOf(text, from);
      const parts = new Parts();
      let begin = from;
      for (let i = 0; i < matches.length; i += 2) {
        const start = place(matches[i]);
        const end = place(matches[i + 1]);
        if (begin !== start) parts.add(begin, start, invert);
        parts.add(start, end, !invert);
        begin = end;
      }
      if (begin !== to) parts.add(begin, to, invert);
      return parts.ranges(behavior);
    });
  };
}

/** Which character is at a UTF-16 unit of the piece from `from` on; asked for in ascending order. */
function placeOf({ codes }: AlignedText, from: number) {
  let at = from;
  let units = 0;
  return (unit: number) => {
    while (units < unit) units += codes[at++] > 0xffff ? 2 : 1;
    return at;
  };
}

/** Runs of word characters and runs of others; white space is dropped (`\w+|[^\w\s]+`). */
export const splitWords: PreTokenizer = (input) =>
  cutPieces(input, ({ codes }, from, to) => {
    const ranges: number[] = [];
    let previous = 0; // 0: white space, 1: of a word, 2: other
    for (let i = from; i < to; i++) {
      const kind = isWord(codes[i]) ? 1 : isWhitespace(codes[i]) ? 0 : 2;
      if (kind !== 0 && kind === previous) ranges[ranges.length - 1] = i + 1;
      else if (kind !== 0) ranges.push(i, i + 1);
      previous = kind;
    }
    return ranges;
  });

/** Pieces of `length` characters. */
export function splitByLength(length: number): PreTokenizer {
  return (input) =>
    cutPieces(input, (_, from, to) => {
      const ranges: number[] = [];
      for (let i = from; i < to; i += length) ranges.push(i, Math.min(i + length, to));
      return ranges;
    });
}
