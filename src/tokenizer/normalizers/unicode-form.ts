import { codePoints, type AlignedText } from '../aligned-text.ts';
import { codePointTest } from '../unicode/code-point-ranges.ts';

// Characters younger than the tables of the reference (unicode-normalization-alignments 0.1, Unicode 12): it neither
// decomposes, reorders nor composes them. Found by comparing every code point with Unicode 17's normalization.
const unknownToReference = codePointTest(
  '7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1add 1ae0-1aeb 1df6-1dfa 32ff a7f1-a7f4 a82c ab69 105c9 105e4 ' +
    '10781-10785 10787-107b0 107b2-107ba 10d24-10d27 10d69-10d6d 10eab-10eac 10efa-10efb 10efd-10eff 10f46-10f50 ' +
    '10f82-10f85 11070 1133b 11383 11385 1138e 11391 113c5 113c7-113c8 113ce-113d0 1145e 11839-1183a 11938 ' +
    '1193d-1193e 11943 119e0 11a34 11a47 11a99 11d42 11d44-11d45 11d97 11f41-11f42 16121-16128 1612f 16d68-16d6a ' +
    '16ff0-16ff1 1ccd6-1ccf9 1e030-1e06d 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 ' +
    '1e6ee-1e6ef 1e6f5 1f16c 1fbf0-1fbf9',
);

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

interface Character {
  decomposition: Int32Array;
  /** Combining class 0. */
  starter: boolean;
  /** May be the second of a composing pair: a mark, or a Hangul vowel or final. */
  second: boolean;
}

type Decomposition = 'NFD' | 'NFKD';

const known = { NFD: new Map<number, Character>(), NFKD: new Map<number, Character>() };

function characterOf(code: number, form: Decomposition): Character {
  let character = known[form].get(code);
  if (!character) {
    const text = String.fromCodePoint(code);
    const alone = unknownToReference(code);
    const decomposition = alone ? [code] : codePoints(text.normalize(form));
    character = {
      decomposition: Int32Array.from(decomposition),
      starter: alone || isStarter(text),
      second: !alone && /^[\p{M}\u1161-\u1175\u11a8-\u11c2]$/u.test(text),
    };
    known[form].set(code, character);
  }
  return character;
}

// JavaScript does not tell combining classes, but reordering does: U+0334 has the lowest (1), U+0345 the highest (240).
function isStarter(text: string): boolean {
  const decomposed = text.normalize('NFD');
  return (
    (text + '\u0334').normalize('NFD') === decomposed + '\u0334' &&
    ('\u0345' + text).normalize('NFD') === '\u0345' + decomposed
  );
}

/** Whether the combining class of mark `a` is above that of mark `b`. */
function classAbove(a: number, b: number): boolean {
  const text = String.fromCodePoint(a, b);
  return text.normalize('NFD') !== text;
}

const compositions = new Map<number, number>();

/** The primary composite of two characters, or -1. */
function compose(a: number, b: number): number {
  const key = a * 0x110000 + b;
  let composite = compositions.get(key);
  if (composite === undefined) {
    const codes = codePoints(String.fromCodePoint(a, b).normalize('NFC'));
    composite = codes.length === 1 && !unknownToReference(a) && !unknownToReference(codes[0]) ? codes[0] : -1;
    compositions.set(key, composite);
  }
  return composite;
}

/**
 * A Unicode normalization form with the reference's alignment: the first character of a decomposition has change 0, the
 * others +1, and composing adds both changes and takes one off.
 */
export function unicodeForm(text: AlignedText, form: UnicodeForm): AlignedText {
  const raw = text.toString();
  const same = raw.normalize(form) === raw && !text.codes.some(unknownToReference);
  if (same && text.insertedHead === 0) return text;
  const codes: number[] = [];
  const changes: number[] = [];
  const decomposition = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  decompose(text.codes, decomposition, codes, changes);
  if (form === decomposition) return text.transform(codes, changes);
  return recompose(text, decomposition, codes, changes);
}

function decompose(input: Int32Array, form: Decomposition, codes: number[], changes: number[]) {
  let run = 0; // where the marks after the last starter begin
  for (const source of input) {
    const { decomposition } = characterOf(source, form);
    for (const [k, code] of decomposition.entries()) {
      const change = k === 0 ? 0 : 1;
      codes.push(code);
      changes.push(change);
      if (characterOf(code, form).starter) {
        run = codes.length;
        continue;
      }
      // Insertion keeps marks of one class in order, as the reference's stable sort does.
      let at = codes.length - 1;
      while (at > run && classAbove(codes[at - 1], code)) {
        codes[at] = codes[at - 1];
        changes[at] = changes[at - 1];
        at--;
      }
      codes[at] = code;
      changes[at] = change;
    }
  }
}

function recompose(text: AlignedText, form: Decomposition, codes: number[], changes: number[]): AlignedText {
  const output: number[] = [];
  const outputChanges: number[] = [];
  let composee = -1; // index in output of the starter that may still grow
  let lastMark = -1; // the last mark that stayed beside it
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    const { starter, second } = characterOf(code, form);
    if (composee >= 0) {
      // Marks are sorted, so "its class is above the last one's" is the same as "not equal".
      const free = lastMark < 0 || (!starter && classAbove(code, lastMark));
      const composite = free && second ? compose(output[composee], code) : -1;
      if (composite >= 0) {
        output[composee] = composite;
        outputChanges[composee] += changes[i] - 1;
        continue;
      }
    }
    output.push(code);
    outputChanges.push(changes[i]);
    if (starter) {
      composee = output.length - 1;
      lastMark = -1;
    } else {
      lastMark = code;
    }
  }
  return text.transform(output, outputChanges);
}
