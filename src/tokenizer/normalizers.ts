import { ManabiError } from '../errors/manabi-error.ts';
import { AlignedText } from './aligned-text.ts';
import { Charsmap } from './charsmap.ts';
import { precompiled } from './precompiled.ts';
import { unicodeForm } from './unicode-form.ts';
import type { JsonReader } from './json-reader.ts';

export type Normalizer = (text: AlignedText) => AlignedText;

// Rust's char::is_whitespace (Unicode White_Space): unlike JavaScript's trim() with U+0085 and without U+FEFF.
const isWhitespace = (code: number) =>
  code === 32 ||
  (code >= 9 && code <= 13) ||
  (code >= 0x85 &&
    (code === 0x85 ||
      code === 0xa0 ||
      code === 0x1680 ||
      (code >= 0x2000 && code <= 0x200a) ||
      code === 0x2028 ||
      code === 0x2029 ||
      code === 0x202f ||
      code === 0x205f ||
      code === 0x3000));

export function strip(text: AlignedText, left: boolean, right: boolean): AlignedText {
  let from = 0;
  let to = text.length;
  if (left) while (from < to && isWhitespace(text.codes[from])) from++;
  if (right) while (to > from && isWhitespace(text.codes[to - 1])) to--;
  if (from === 0 && to === text.length) return text;
  const { codes, starts, ends, origin } = text;
  return new AlignedText(
    codes.subarray(from, to),
    starts.subarray(from, to),
    ends.subarray(from, to),
    origin, // unlike a slice, what is left still belongs to the whole piece
  );
}

/** char::to_lowercase of each character alone: no context, so a final sigma stays σ. */
export function lowercase(text: AlignedText): AlignedText {
  const codes: number[] = [];
  const changes: number[] = [];
  let same = true;
  for (const code of text.codes) {
    const lower = code < 0x80 ? lowerAscii(code) : [...String.fromCodePoint(code).toLowerCase()];
    if (typeof lower === 'number') {
      codes.push(lower);
      changes.push(0);
      same &&= lower === code;
      continue;
    }
    for (const [k, character] of lower.entries()) {
      codes.push(character.codePointAt(0) as number);
      changes.push(k === 0 ? 0 : 1);
    }
    same &&= lower.length === 1 && codes[codes.length - 1] === code;
  }
  return same ? text : text.transform(codes, changes);
}

function lowerAscii(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Replaces each match by `content`, whose characters all take the span of the last character matched. */
export function replace(text: AlignedText, pattern: RegExp, content: Int32Array): AlignedText {
  const raw = text.toString();
  if (raw.search(pattern) < 0) return text;
  const codes: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0; // in characters
  let units = 0; // the same place in UTF-16 units
  const copyTo = (unit: number) => {
    for (; units < unit; at++) {
      codes.push(text.codes[at]);
      starts.push(text.starts[at]);
      ends.push(text.ends[at]);
      units += text.codes[at] > 0xffff ? 2 : 1;
    }
  };
  for (const { 0: match, index } of raw.matchAll(pattern)) {
    copyTo(index);
    for (const code of match) {
      units += code.length;
      at++;
    }
    for (const code of content) {
      codes.push(code);
      starts.push(at > 0 ? text.starts[at - 1] : text.origin);
      ends.push(at > 0 ? text.ends[at - 1] : text.origin);
    }
  }
  copyTo(raw.length);
  return new AlignedText(Int32Array.from(codes), Int32Array.from(starts), Int32Array.from(ends), text.origin);
}

/** Runs of two and more spaces become one: the Replace step of every converted spm.model. */
export const collapseSpaces: Normalizer = (text) =>
  hasDoubleSpace(text.codes) ? replace(text, / {2,}/gu, Int32Array.of(32)) : text;

function hasDoubleSpace(codes: Int32Array): boolean {
  for (let i = 1; i < codes.length; i++) if (codes[i] === 32 && codes[i - 1] === 32) return true;
  return false;
}

export function inSequence(steps: Normalizer[]): Normalizer {
  return (text) => {
    let result = text;
    for (const step of steps) result = step(result);
    return result;
  };
}

/**
 * A `normalizer` of tokenizer.json.
 * @throws ManabiError tokenizer-unsupported for a type, or a regular expression, that this project does not run
 */
export function readNormalizer(json: JsonReader): Normalizer {
  if (json.isNull) return (text) => text;
  const type = json.get('type').string;
  switch (type) {
    case 'Sequence':
      return inSequence(json.get('normalizers').list.map(readNormalizer));
    case 'Strip': {
      const left = json.get('strip_left').boolean;
      const right = json.get('strip_right').boolean;
      return (text) => strip(text, left, right);
    }
    case 'Lowercase':
      return lowercase;
    case 'NFC':
    case 'NFKC':
      return (text) => unicodeForm(text, type);
    case 'Precompiled': {
      const charsmap = json.get('precompiled_charsmap');
      const map = new Charsmap(fromBase64(charsmap), charsmap.place);
      return (text) => precompiled(map, text);
    }
    case 'Replace': {
      const pattern = readPattern(json.get('pattern'));
      const content = AlignedText.of(json.get('content').string).codes;
      if (pattern.source === ' {2,}' && content.length === 1 && content[0] === 32) return collapseSpaces;
      return (text) => replace(text, pattern, content);
    }
    default:
      throw json.unsupported('normalizer', type);
  }
}

function fromBase64(json: JsonReader): Uint8Array {
  try {
    return Uint8Array.from(atob(json.string), (character) => character.charCodeAt(0));
  } catch {
    throw new ManabiError('tokenizer-broken', json.place, { reason: 'base64' });
  }
}

// Only expressions that mean the same to Oniguruma (the reference) and to JavaScript: plain characters, classes of
// them, groups, alternatives and counts.
const commonSyntax = /^(?:[^\\.^$*+?()[\]{}|]|\[[^\\[\]^&-]+\]|\(\?:|[)|+*?]|\{\d*,?\d*\})+$/u;

/** The pattern of a Replace or Split: {String} or {Regex}. */
function readPattern(json: JsonReader): RegExp {
  const literal = json.get('String');
  if (!literal.isNull) {
    return new RegExp(literal.string.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gu');
  }
  const source = json.get('Regex').string;
  if (!commonSyntax.test(source)) throw json.unsupported('Regex', source);
  try {
    const pattern = new RegExp(source, 'gu');
    if (!pattern.test('')) return pattern;
  } catch {
    // Said below.
  }
  throw json.unsupported('Regex', source);
}
