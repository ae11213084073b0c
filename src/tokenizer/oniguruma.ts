import { toRegExp } from 'oniguruma-to-es';

/**
 * A regular expression of Oniguruma as one of JavaScript that matches the same.
 * @throws Error where there is none
 */
export function fromOniguruma(source: string): RegExp {
  const property = /\\p\{\^?(extended_?pictographic|diacritic)\}/i.exec(
    source.replace(/[ -](?=[^{]*\})/g, ''),
  );
  // The engine's are of another Unicode version, and differ in characters that are in use.
  if (property) throw new Error(`property ${property[1]}`);
  return toRegExp(spellOutWords(source), { accuracy: 'strict', global: true, target: 'ES2024' });
}

// Alone \w also holds the superscripts and fractions of Latin-1, in a class it does not.
const word = '[[:word:]²³¹¼-¾]';
const notWord = '[^[:word:]²³¹¼-¾]';
const boundary = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
const noBoundary = `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;

/**
 * Writes \w, \W, \b and \B out. The library takes \w for letters, marks and numbers; Oniguruma 6.9.10 for alphabetic characters,
 * marks and decimal digits (Ⓐ, but not ①).
 */
export function spellOutWords(source: string): string {
  let result = '';
  let depth = 0; // of character classes
  for (let at = 0; at < source.length;) {
    const inClass = depth > 0;
    const rest = source.slice(at);
    const part =
      (inClass ? /^\[:\^?\w+:\]/ : /^\(\?#[^)]*\)/).exec(rest)?.[0] ??
      /^\[\^?\]?/.exec(rest)?.[0] ??
      /^(?:\\[^]|[^])/u.exec(rest)?.[0] ??
      '';
    at += part.length;
    if (part[0] === '[' && part[1] !== ':') depth++;
    else if (part === ']' && inClass) depth--;
    result += (inClass ? wordsInClass[part] : wordsAlone[part]) ?? part;
  }
  return result;
}

const wordsInClass: Record<string, string> = { '\\w': '[:word:]', '\\W': '[:^word:]' };
const wordsAlone: Record<string, string> = {
  '\\w': word,
  '\\W': notWord,
  '\\b': boundary,
  '\\B': noBoundary,
};
