import type { AlignedText } from '../aligned-text.ts';
import { isNonspacingMark, isRemovedByBert, isWhitespace } from '../unicode/classes.ts';
import { lowercase } from './lowercase.ts';
import type { Normalizer } from './read.ts';
import { unicodeForm } from './unicode-form.ts';

export interface BertNormalizerOptions {
  cleanText: boolean;
  handleChineseChars: boolean;
  /** null: as `lowercase`. */
  stripAccents: boolean | null;
  lowercase: boolean;
}

/** BERT's normalization: no control characters, spaces around Chinese characters, no accents, lower case. */
export function bertNormalizer(options: BertNormalizerOptions): Normalizer {
  const steps: Normalizer[] = [];
  if (options.cleanText) steps.push(cleanText);
  if (options.handleChineseChars) steps.push(spaceChineseCharacters);
  if (options.stripAccents ?? options.lowercase) {
    steps.push((text) => unicodeForm(text, 'NFD').filter((code) => !isNonspacingMark(code)));
  }
  if (options.lowercase) steps.push(lowercase);
  return (text) => steps.reduce((result, step) => step(result), text);
}

function cleanText(text: AlignedText): AlignedText {
  return text.filter((code) => !isRemovedByBert(code)).map((code) => (isWhitespace(code) ? 32 : code));
}

function spaceChineseCharacters(text: AlignedText): AlignedText {
  const codes: number[] = [];
  const changes: number[] = [];
  for (const code of text.codes) {
    if (isChinese(code)) {
      codes.push(32, code, 32);
      changes.push(0, 1, 1);
    } else {
      codes.push(code);
      changes.push(0);
    }
  }
  return text.transform(codes, changes);
}

// The blocks of the reference's is_chinese_char; it leaves out U+2B820 to U+2B91F.
const chinese = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

function isChinese(code: number): boolean {
  return code >= 0x3400 && chinese.some(([first, last]) => code >= first && code <= last);
}
