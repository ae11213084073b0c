import { AlignedText } from './aligned-text.ts';
import { isPunctuation } from './punctuation.ts';
import type { JsonReader } from './json-reader.ts';

/** Cuts pieces into smaller ones; every piece stays aligned. */
export type PreTokenizer = (pieces: AlignedText[]) => AlignedText[];

export type PrependScheme = 'always' | 'first' | 'never';

/** Every punctuation character becomes a piece of its own (behavior Isolated). */
export const punctuation: PreTokenizer = (pieces) =>
  pieces.flatMap((piece) => {
    const parts: AlignedText[] = [];
    let from = 0;
    for (let i = 0; i < piece.length; i++) {
      if (!isPunctuation(piece.codes[i])) continue;
      if (i > from) parts.push(piece.slice(from, i));
      parts.push(piece.slice(i, i + 1));
      from = i + 1;
    }
    if (from < piece.length) parts.push(piece.slice(from, piece.length));
    return parts;
  });

/**
 * Spaces become `replacement` (U+2581), one is put before the piece as `scheme` says unless it has one, and the piece
 * is cut before each. A prepended one shares the span of the character it stands before.
 */
export function metaspace(replacement: number, scheme: PrependScheme, split: boolean): PreTokenizer {
  return (pieces) =>
    pieces.flatMap((piece) => {
      const replaced = escapeSpaces(piece, replacement);
      const wanted = scheme === 'always' || (scheme === 'first' && piece.origin === 0);
      const whole = wanted && replaced.codes[0] !== replacement ? prepend(replaced, replacement) : replaced;
      if (!split) return [whole];
      const parts: AlignedText[] = [];
      let from = 0;
      for (let i = 1; i < whole.length; i++) {
        if (whole.codes[i] !== replacement) continue;
        parts.push(whole.slice(from, i));
        from = i;
      }
      if (from < whole.length) parts.push(whole.slice(from, whole.length));
      return parts;
    });
}

function escapeSpaces({ codes, starts, ends, origin }: AlignedText, replacement: number): AlignedText {
  return new AlignedText(
    codes.map((code) => (code === 32 ? replacement : code)),
    starts,
    ends,
    origin,
  );
}

function prepend({ codes, starts, ends, origin }: AlignedText, code: number): AlignedText {
  const longer = (values: Int32Array, first: number) => {
    const result = new Int32Array(values.length + 1);
    result[0] = first;
    result.set(values, 1);
    return result;
  };
  return new AlignedText(longer(codes, code), longer(starts, starts[0]), longer(ends, ends[0]), origin);
}

export function preTokenizersInSequence(steps: PreTokenizer[]): PreTokenizer {
  return (pieces) => {
    let result = pieces;
    for (const step of steps) result = step(result);
    return result;
  };
}

/**
 * A `pre_tokenizer` of tokenizer.json.
 * @throws ManabiError tokenizer-unsupported
 */
export function readPreTokenizer(json: JsonReader): PreTokenizer {
  if (json.isNull) return (pieces) => pieces;
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
