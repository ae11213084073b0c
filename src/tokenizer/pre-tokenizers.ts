import { AlignedText } from './aligned-text.ts';
import { isPunctuation } from './punctuation.ts';
import type { JsonReader } from './json-reader.ts';

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

export type PrependScheme = 'always' | 'first' | 'never';

/** Every punctuation character becomes a piece of its own (behavior Isolated). */
export const punctuation: PreTokenizer = ({ text, pieces }) => {
  const { codes } = text;
  const parts: TextPiece[] = [];
  for (const { from, to, prefix } of pieces) {
    let begin = from;
    let before = prefix;
    for (let i = from; i < to; i++) {
      if (!isPunctuation(codes[i])) continue;
      if (i > begin || before >= 0) parts.push({ from: begin, to: i, prefix: before });
      parts.push({ from: i, to: i + 1, prefix: -1 });
      begin = i + 1;
      before = -1;
    }
    if (begin < to || before >= 0) parts.push({ from: begin, to, prefix: before });
  }
  return { text, pieces: parts };
};

/**
 * Spaces become `replacement` (U+2581), one is put before the piece as `scheme` says unless it has one, and the piece
 * is cut before each.
 */
export function metaspace(replacement: number, scheme: PrependScheme, split: boolean): PreTokenizer {
  return ({ text, pieces }) => {
    const escaped = escapeSpaces(text, replacement);
    const { codes, starts } = escaped;
    const parts: TextPiece[] = [];
    for (const { from, to, prefix } of pieces) {
      const wanted = scheme === 'always' || (scheme === 'first' && starts[from] === 0);
      let before = prefix < 0 && wanted && codes[from] !== replacement ? replacement : prefix;
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

export function preTokenizersInSequence(steps: PreTokenizer[]): PreTokenizer {
  return (input) => {
    let result = input;
    for (const step of steps) result = step(result);
    return result;
  };
}

/**
 * A `pre_tokenizer` of tokenizer.json.
 * @throws ManabiError tokenizer-unsupported
 */
export function readPreTokenizer(json: JsonReader): PreTokenizer {
  if (json.isNull) return (input) => input;
  const type = json.get('type').string;
  switch (type) {
    case 'Sequence':
      return preTokenizersInSequence(json.get('pretokenizers').list.map(readPreTokenizer));
    case 'Punctuation': {
      const behavior = json.get('behavior');
      if (!behavior.isNull && behavior.string !== 'Isolated') {
        throw behavior.unsupported('Punctuation behavior', behavior.string);
      }
      return punctuation;
    }
    case 'Metaspace': {
      const replacement = json.get('replacement').string;
      if ([...replacement].length !== 1) throw json.unsupported('Metaspace replacement', replacement);
      const split = json.get('split');
      return metaspace(
        replacement.codePointAt(0) as number,
        readScheme(json),
        split.isNull ? true : split.boolean,
      );
    }
    default:
      throw json.unsupported('pre_tokenizer', type);
  }
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
