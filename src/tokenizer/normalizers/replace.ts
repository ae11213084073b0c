import { AlignedText } from '../aligned-text.ts';
import type { Pattern } from '../pattern.ts';

/** Replaces each match by `content`, whose characters all take the span of the last character matched. */
export function replace(text: AlignedText, pattern: Pattern, content: Int32Array): AlignedText {
  const raw = text.toString();
  const matches = raw === '' ? [] : pattern.find(pattern.see(raw));
  if (matches.length === 0) return text;
  const codes: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let match = 0; // of `matches`, its start and then its end
  let units = 0;
  const insertAt = (at: number) => {
    for (const code of content) {
      codes.push(code);
      starts.push(at > 0 ? text.starts[at - 1] : text.origin);
      ends.push(at > 0 ? text.ends[at - 1] : text.origin);
    }
  };
  for (let at = 0; at <= text.length; at++) {
    while (matches[match + 1] === units) {
      insertAt(at);
      match += 2;
    }
    if (at === text.length) break;
    if (!(matches[match] <= units)) {
      codes.push(text.codes[at]);
      starts.push(text.starts[at]);
      ends.push(text.ends[at]);
    }
    units += text.codes[at] > 0xffff ? 2 : 1;
  }
  return new AlignedText(Int32Array.from(codes), Int32Array.from(starts), Int32Array.from(ends), text.origin);
}

/** Runs of two and more spaces become one, with the span of the last: the Replace step of every converted spm.model. */
export function collapseSpaces(text: AlignedText): AlignedText {
  const { codes } = text;
  let doubled = false;
  for (let i = 1; i < codes.length && !doubled; i++) doubled = codes[i] === 32 && codes[i - 1] === 32;
  if (!doubled) return text;
  const kept: number[] = [];
  for (let i = 0; i < codes.length; i++) if (codes[i] !== 32 || codes[i + 1] !== 32) kept.push(i);
  const pick = (values: Int32Array) => {
    const picked = new Int32Array(kept.length);
    for (let i = 0; i < kept.length; i++) picked[i] = values[kept[i]];
    return picked;
  };
  return new AlignedText(pick(codes), pick(text.starts), pick(text.ends), text.origin);
}
