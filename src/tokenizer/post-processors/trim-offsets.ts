import type { TokenSpaces } from '../token-sink.ts';
import type { TokenSequence } from '../tokenizer.ts';
import type { Encoding } from './encoding.ts';

/** White space at the ends of the token of an id. */
export type SpacesOf = (id: number) => TokenSpaces;

/**
 * Takes the white space at the ends of byte-level tokens out of their spans. With addPrefixSpace one leading space of a window's first
 * token, or of one at the beginning of the text, may be the inserted one, which is no part of the span.
 */
export function trimOffsets(encoding: Encoding, addPrefixSpace: boolean, spacesOf: SpacesOf): Encoding {
  return encoding.eachWindow((window) =>
    window.withTokens((tokens, first) => trimTokens(tokens, first, addPrefixSpace, spacesOf)),
  );
}

function trimTokens(
  tokens: TokenSequence,
  first: number,
  addPrefixSpace: boolean,
  spacesOf: SpacesOf,
): TokenSequence {
  const { ids, spaces } = tokens;
  const starts = tokens.starts.slice();
  const ends = tokens.ends.slice();
  for (let i = 0; i < ids.length; i++) {
    const { leading, trailing } = spaces?.get(i) ?? spacesOf(ids[i]);
    const isFirst = first + i === 0 || starts[i] === 0;
    const removed = isFirst && addPrefixSpace && leading === 1 ? 0 : leading;
    starts[i] = Math.min(starts[i] + removed, ends[i]);
    if (ends[i] >= trailing) ends[i] = Math.max(ends[i] - trailing, starts[i]);
  }
  return { ...tokens, starts, ends };
}
