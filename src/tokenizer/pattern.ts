import type { JsonReader } from './json-reader.ts';
import { fromOniguruma } from './oniguruma.ts';
import { asReferenceSees } from './unicode/reference-version.ts';

/** What a Replace or Split looks for. */
export interface Pattern {
  /** As the file has it. */
  source: string;
  /** The text as the reference's engine sees it, of the same length: what `find` is given. */
  see(text: string): string;
  /** Start and end of each match in turn, in UTF-16 units. */
  find(text: string): number[];
}

/**
 * The pattern of a Replace or Split: {String} or {Regex}, a regular expression of Oniguruma.
 * @throws ManabiError tokenizer-unsupported where there is no equal expression of JavaScript
 */
export function readPattern(json: JsonReader): Pattern {
  const literal = json.get('String');
  if (!literal.isNull) {
    return literalPattern(literal.string);
  }
  const source = json.get('Regex').string;
  try {
    return regexPattern(source, fromOniguruma(source));
  } catch (error) {
    throw json.unsupported('Regex', `${source} (${(error as Error).message})`);
  }
}

function literalPattern(literal: string): Pattern {
  if (literal === '') return regexPattern('', /(?:)/gu);
  return {
    source: literal,
    see: (text) => text,
    find(text) {
      const found: number[] = [];
      for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
        found.push(at, at + literal.length);
      }
      return found;
    },
  };
}

/** Matches as the onig crate's find_iter gives them: no empty one right after another match. */
export function regexPattern(source: string, expression: RegExp): Pattern {
  return {
    source,
    see: asReferenceSees,
    find(seen) {
      const found: number[] = [];
      let at = 0;
      let lastEnd = -1;
      while (at <= seen.length) {
        expression.lastIndex = at;
        const match = expression.exec(seen);
        if (!match) break;
        const start = match.index;
        // V8 finds an empty match between the two halves of a character too (seen in Node 20: (?<!a)(?!a)).
        if (splitsCharacter(seen, start)) {
          at = start + 1;
          continue;
        }
        const end = start + match[0].length;
        if (start === end && end === lastEnd) {
          at += (seen.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
          continue;
        }
        found.push(start, end);
        at = end;
        lastEnd = end;
      }
      return found;
    },
  };
}

function splitsCharacter(text: string, at: number): boolean {
  const half = text.charCodeAt(at);
  return half >= 0xdc00 && half < 0xe000 && at > 0 && (text.codePointAt(at - 1) as number) > 0xffff;
}
