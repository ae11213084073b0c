import { AlignedText } from '../aligned-text.ts';
import type { JsonReader } from '../json-reader.ts';
import { insertPrefixes, type PreTokenizer, type TextPiece } from './pre-tokenized.ts';

export type PrependScheme = 'always' | 'first' | 'never';

/**
 * Spaces become `replacement` (U+2581), one is put before the piece as `scheme` says unless it has one, and the piece
 * is cut before each.
 */
export function metaspace(replacement: number, scheme: PrependScheme, split: boolean): PreTokenizer {
  return (input) => {
    const { text, pieces } = insertPrefixes(input);
    const escaped = escapeSpaces(text, replacement);
    const { codes, starts } = escaped;
    const parts: TextPiece[] = [];
    for (const { from, to } of pieces) {
      const wanted = scheme === 'always' || (scheme === 'first' && starts[from] === 0);
      let before = wanted && codes[from] !== replacement ? replacement : -1;
      let begin = from;
      if (split) {
        for (let i = before < 0 ? from + 1 : from; i < to; i++) {
          if (codes[i] !== replacement) continue;
          parts.push({ from: begin, to: i, prefix: before });
          begin = i;
          before = -1;
        }
      }
      parts.push({ from: begin, to, prefix: before });
    }
    return { text: escaped, pieces: parts };
  };
}

function escapeSpaces(text: AlignedText, replacement: number): AlignedText {
  if (!text.codes.includes(32)) return text;
  const codes = text.codes.slice();
  for (let i = 0; i < codes.length; i++) if (codes[i] === 32) codes[i] = replacement;
  return new AlignedText(codes, text.starts, text.ends, text.origin);
}

export function readMetaspace(json: JsonReader): PreTokenizer {
  const replacement = json.get('replacement').string;
  if ([...replacement].length !== 1) throw json.unsupported('Metaspace replacement', replacement);
  const split = json.get('split');
  return metaspace(
    replacement.codePointAt(0) as number,
    readScheme(json),
    split.isNull ? true : split.boolean,
  );
}

// Files from before tokenizers 0.15 say add_prefix_space instead of prepend_scheme.
function readScheme(json: JsonReader): PrependScheme {
  const scheme = json.get('prepend_scheme');
  if (scheme.isNull) {
    const old = json.get('add_prefix_space');
    return old.isNull || old.boolean ? 'always' : 'never';
  }
  const name = scheme.string;
  if (name === 'always' || name === 'first' || name === 'never') return name;
  throw scheme.unsupported('prepend_scheme', name);
}
