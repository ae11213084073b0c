import { AlignedText } from '../aligned-text.ts';
import { isWhitespace } from '../unicode/classes.ts';

/** Takes white space off the ends. Unlike after a slice, what is left still belongs to the whole piece (its origin). */
export function strip(text: AlignedText, left: boolean, right: boolean): AlignedText {
  let from = 0;
  let to = text.length;
  if (left) while (from < to && isWhitespace(text.codes[from])) from++;
  if (right) while (to > from && isWhitespace(text.codes[to - 1])) to--;
  if (from === 0 && to === text.length) return text;
  if (text.insertedHead > 0) {
    return text.transform(text.codes.subarray(from, to), new Int32Array(to - from), from);
  }
  const { codes, starts, ends, origin } = text;
  return new AlignedText(
    codes.subarray(from, to),
    starts.subarray(from, to),
    ends.subarray(from, to),
    origin,
  );
}
