import { codePoints, type AlignedText } from './aligned-text.ts';

export interface AddedToken {
  content: string;
  id: number;
  /** Searched in the normalized text instead of the raw one. */
  normalized: boolean;
  lstrip: boolean;
  rstrip: boolean;
  single_word: boolean;
  special: boolean;
}

export interface AddedTokenPart {
  text: AlignedText;
  /** Id of the added token that this part is, or -1 for other text. */
  id: number;
}

// \w and \s of Rust's regex crate.
const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const space = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Cuts text at literal added tokens: the leftmost, and of those the longest. */
export class AddedTokenMatcher {
  /** Whether a token may begin with a code point of these low 16 bits: most characters are done with here. */
  private readonly mayBegin = new Uint8Array(0x10000);
  private readonly byFirst = new Map<number, { codes: Int32Array; token: AddedToken }[]>();

  /** `contentOf` gives what to search for: the content, or what the normalizer makes of it. */
  constructor(tokens: readonly AddedToken[], contentOf: (token: AddedToken) => Int32Array = rawContent) {
    for (const token of tokens) {
      const codes = contentOf(token);
      if (codes.length === 0) continue;
      const sameFirst = this.byFirst.get(codes[0]) ?? [];
      sameFirst.push({ codes, token });
      sameFirst.sort((a, b) => b.codes.length - a.codes.length);
      this.byFirst.set(codes[0], sameFirst);
      this.mayBegin[codes[0] & 0xffff] = 1;
    }
  }

  /** The parts of `text` in order, none empty. */
  split(text: AlignedText): AddedTokenPart[] {
    const { codes } = text;
    const parts: AddedTokenPart[] = [];
    let done = 0;
    for (let at = 0; at < codes.length;) {
      const hit = this.mayBegin[codes[at] & 0xffff] ? this.matchAt(codes, at) : undefined;
      if (!hit) {
        at++;
        continue;
      }
      const { token } = hit;
      let start = at;
      let stop = at + hit.codes.length;
      at = stop;
      if (token.single_word && (isWord(codes[start - 1]) || isWord(codes[stop]))) continue;
      if (token.lstrip) while (start > done && isSpace(codes[start - 1])) start--;
      if (token.rstrip) while (isSpace(codes[stop])) stop++;
      if (start > done) parts.push({ text: text.slice(done, start), id: -1 });
      parts.push({ text: text.slice(start, stop), id: token.id });
      done = stop;
      at = Math.max(at, done);
    }
    if (done < codes.length) parts.push({ text: text.slice(done, codes.length), id: -1 });
    return parts;
  }

  private matchAt(codes: Int32Array, at: number) {
    const candidates = this.byFirst.get(codes[at]);
    return candidates?.find((candidate) => candidate.codes.every((code, i) => codes[at + i] === code));
  }
}

function rawContent({ content }: AddedToken): Int32Array {
  return codePoints(content);
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && word.test(String.fromCodePoint(code));
}

function isSpace(code: number | undefined): boolean {
  return code !== undefined && space.test(String.fromCodePoint(code));
}
