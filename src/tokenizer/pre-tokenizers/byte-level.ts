import { byteCharacters, mapBytes } from '../normalizers/byte-level.ts';
import { regexPattern } from '../pattern.ts';
import { insertPrefixes, joinTexts, type PreTokenizer } from './pre-tokenized.ts';
import { splitAtPattern } from './split.ts';

// GPT-2's. It means the same to Oniguruma and to JavaScript, but for U+0085 and U+FEFF in \s.
const words = regexPattern(
  'ByteLevel',
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
);
const splitAtWords = splitAtPattern(words, 'Isolated', false);

/** A space before each piece that has none, cuts into GPT-2's words, and a character for each byte. */
export function byteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  return (input) => {
    let cut = insertPrefixes(input);
    if (addPrefixSpace) {
      const pieces = cut.pieces.map((piece) =>
        cut.text.codes[piece.from] === 32 ? piece : { ...piece, prefix: 32 },
      );
      cut = insertPrefixes({ text: cut.text, pieces });
    }
    if (useRegex) cut = splitAtWords(cut);
    const { starts, ends } = cut.text;
    if (cut.pieces.some(({ from }) => starts[from] === ends[from])) {
      return joinTexts(cut.pieces.map(({ from, to }) => byteCharacters(cut.text.slice(from, to))));
    }
    const { text, offsets } = mapBytes(cut.text);
    return {
      text,
      pieces: cut.pieces.map(({ from, to }) => ({ from: offsets[from], to: offsets[to], prefix: -1 })),
    };
  };
}
