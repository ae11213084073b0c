import { AlignedText } from '../aligned-text.ts';

/**
 * A piece of a normalized text: characters [from, to), and before them one prepended character, or -1. The prepended one
 * has the span of the character at `from`. Pieces are ranges, not texts, because a context has hundreds of them.
 */
export interface TextPiece {
  from: number;
  to: number;
  prefix: number;
}

export interface PreTokenized {
  text: AlignedText;
  pieces: TextPiece[];
}

/** Cuts pieces into smaller ones. */
export type PreTokenizer = (input: PreTokenized) => PreTokenized;

/** The same pieces of a text in which the prepended characters stand. */
export function insertPrefixes(input: PreTokenized): PreTokenized {
  const { text, pieces } = input;
  if (pieces.every(({ prefix }) => prefix < 0)) return input;
  const n = pieces.reduce((sum, { from, to, prefix }) => sum + to - from + (prefix < 0 ? 0 : 1), 0);
  const codes = new Int32Array(n);
  const starts = new Int32Array(n);
  const ends = new Int32Array(n);
  let at = 0;
  const placed = pieces.map(({ from, to, prefix }) => {
    const begin = at;
    if (prefix >= 0) {
      codes[at] = prefix;
      starts[at] = text.starts[from];
      ends[at] = text.ends[from];
      at++;
    }
    codes.set(text.codes.subarray(from, to), at);
    starts.set(text.starts.subarray(from, to), at);
    ends.set(text.ends.subarray(from, to), at);
    at += to - from;
    return { from: begin, to: at, prefix: -1 };
  });
  return { text: new AlignedText(codes, starts, ends, text.origin), pieces: placed };
}

/** Texts one after the other, each of them a piece. */
export function joinTexts(texts: readonly AlignedText[]): PreTokenized {
  const n = texts.reduce((sum, { length }) => sum + length, 0);
  const codes = new Int32Array(n);
  const starts = new Int32Array(n);
  const ends = new Int32Array(n);
  let at = 0;
  const pieces = texts.map((text) => {
    codes.set(text.codes, at);
    starts.set(text.starts, at);
    ends.set(text.ends, at);
    at += text.length;
    return { from: at - text.length, to: at, prefix: -1 };
  });
  return { text: new AlignedText(codes, starts, ends, texts[0]?.origin ?? 0), pieces };
}

/** Cuts each piece where `rangesOf` says: start and end of each part in turn, empty ones are dropped. */
export function cutPieces(
  input: PreTokenized,
  rangesOf: (text: AlignedText, from: number, to: number) => readonly number[],
): PreTokenized {
  const { text, pieces } = insertPrefixes(input);
  const parts: TextPiece[] = [];
  for (const { from, to } of pieces) {
    const ranges = rangesOf(text, from, to);
    for (let i = 0; i < ranges.length; i += 2) {
      if (ranges[i] < ranges[i + 1]) parts.push({ from: ranges[i], to: ranges[i + 1], prefix: -1 });
    }
  }
  return { text, pieces: parts };
}
