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
  return toRegExp(spellOut(source), { accuracy: 'strict', global: true, target: 'ES2024' });
}

// Alone \w also holds the superscripts and fractions of Latin-1, in a class it does not.
const word = '[[:word:]²³¹¼-¾]';
const notWord = '[^[:word:]²³¹¼-¾]';
const boundary = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
const noBoundary = `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;

// What one character becomes when its case is folded: several. JavaScript's i folds each character to one.
const folds: [string, string][] = [
  ['ffi', '(?:ffi|ﬃ|ﬀi|fﬁ)'],
  ['ffl', '(?:ffl|ﬄ|ﬀl|fﬂ)'],
  ['ff', '(?:ff|ﬀ)'],
  ['fi', '(?:fi|ﬁ)'],
  ['fl', '(?:fl|ﬂ)'],
  ['st', '(?:st|ﬆ|ﬅ)'],
  ['ss', '(?:ss|ß)'],
  ['ß', '(?:ß|ss)'],
  ['ẞ', '(?:ß|ss)'],
];

/**
 * Writes out what the library reads differently. \w, \W, \b and \B: the library takes \w for letters, marks and numbers; Oniguruma
 * 6.9.10 for alphabetic characters, marks and decimal digits (Ⓐ, but not ①). Letters that, where case does not matter, are
 * also one other character (ss and ß).
 */
export function spellOut(source: string): string {
  let result = '';
  let depth = 0; // of character classes
  const ignoresCase = [false]; // in each group that is open
  for (let at = 0; at < source.length;) {
    const inClass = depth > 0;
    const part = partAt(source.slice(at), inClass);
    at += part.length;
    if (part[0] === '[' && part[1] !== ':') depth++;
    else if (part === ']' && inClass) depth--;
    else if (!inClass) trackCase(part, ignoresCase);
    const fold = !inClass && ignoresCase[ignoresCase.length - 1] ? foldAt(source, at - part.length) : null;
    if (fold) at += fold[0].length - part.length;
    result += fold?.[1] ?? (inClass ? wordsInClass[part] : wordsAlone[part]) ?? part;
  }
  return result;
}

/** The next thing of an expression: a bracket, an escape, the beginning of a group, or a character. */
function partAt(rest: string, inClass: boolean): string {
  const ofPlace = inClass
    ? /^\[:\^?\w+:\]/
    : /^\(\?(?:#[^)]*\)|[a-zA-Z]*(?:-[a-zA-Z]*)?[:)]|<[^=!>][^>]*>|<?[=!]|>|~)/;
  const anywhere = /^(?:\[\^?\]?|\\[pPx]\{[^}]*\}|\\[kg]<[^>]*>|\\?[^])/u;
  return (ofPlace.exec(rest) ?? anywhere.exec(rest))?.[0] ?? rest[0];
}

/** Whether case matters after a part that is outside classes. */
function trackCase(part: string, ignoresCase: boolean[]): void {
  const current = ignoresCase[ignoresCase.length - 1];
  const option = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])$/.exec(part);
  if (option) {
    const [, on, off = '', end] = option;
    const value = off.includes('i') ? false : on.includes('i') || current;
    if (end === ':') ignoresCase.push(value);
    else ignoresCase[ignoresCase.length - 1] = value;
  } else if (part[0] === '(' && !part.startsWith('(?#')) ignoresCase.push(current);
  else if (part === ')' && ignoresCase.length > 1) ignoresCase.pop();
}

/** A letter that is repeated by itself (ss+) is no part of a pair. */
function foldAt(source: string, at: number): [string, string] | null {
  const rest = source.slice(at, at + 4).toLowerCase();
  const fold = folds.find(([letters]) => rest.startsWith(letters)) ?? null;
  return fold && fold[0].length > 1 && /^[?*+{]$/.test(rest[fold[0].length] ?? '') ? null : fold;
}

const wordsInClass: Record<string, string> = { '\\w': '[:word:]', '\\W': '[:^word:]' };
const wordsAlone: Record<string, string> = {
  '\\w': word,
  '\\W': notWord,
  '\\b': boundary,
  '\\B': noBoundary,
};
