import type { CodePointOffset } from './example.ts';

const surrogate = /[\ud800-\udbff][\udc00-\udfff]/;

/** text[start:end] as Python slices it: offsets count Unicode code points. */
export function codePointSlice(text: string, start: CodePointOffset, end: CodePointOffset): string {
  if (!surrogate.test(text)) return text.slice(start, end);
  return [...text].slice(start, end).join('');
}

/** len(text) in code points. */
export function codePointLength(text: string): number {
  return surrogate.test(text) ? [...text].length : text.length;
}

/** Code-point offset of a UTF-16 offset. */
export function toCodePointOffset(text: string, utf16: number): CodePointOffset {
  return codePointLength(text.slice(0, utf16));
}
