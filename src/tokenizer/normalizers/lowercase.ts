import type { AlignedText } from '../aligned-text.ts';

/** char::to_lowercase of each character alone: no context, so a final sigma stays σ. */
export function lowercase(text: AlignedText): AlignedText {
  const codes: number[] = [];
  const changes: number[] = [];
  let same = text.insertedHead === 0;
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
