import type { AlignedText } from '../aligned-text.ts';

/** SentencePiece's NMT rules: control characters go, and other code points that are white space become spaces. */
export function nmt(text: AlignedText): AlignedText {
  return text.filter((code) => !isRemoved(code)).map((code) => (isSpace(code) ? 32 : code));
}

function isRemoved(code: number): boolean {
  return (
    (code >= 1 && code <= 8) ||
    code === 0x0b ||
    (code >= 0x0e && code <= 0x1f) ||
    code === 0x7f ||
    code === 0x8f ||
    code === 0x9f
  );
}

const spaces = new Set([9, 0xa, 0xc, 0xd, 0x1680, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd]);

function isSpace(code: number): boolean {
  return spaces.has(code) || (code >= 0x200b && code <= 0x200f);
}
