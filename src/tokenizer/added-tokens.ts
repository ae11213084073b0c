import { codePoints, type AlignedText } from './aligned-text.ts';
import { isWhitespace } from './unicode/classes.ts';
import { isWord } from './unicode/word.ts';

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

interface SearchedToken {
  codes: Int32Array;
  pattern: TokenPattern;
}

export interface AddedTokenPart {
  text: AlignedText;
  /** Id of the added token that this part is, or -1 for other text. */
  id: number;
}

/** Something to search for, and the token that it is. */
export interface TokenPattern {
  content: string;
  token: AddedToken;
  /** A special token: not searched for under split_special_tokens. */
  special: boolean;
}

/** Cuts text at literal added tokens: the leftmost, and of those the longest. */
export class AddedTokenMatcher {
  /** Whether a token may begin with a code point of these low 16 bits: most characters are done with here. */
  private readonly mayBegin = new Uint8Array(0x10000);
  private readonly byFirst = new Map<number, SearchedToken[]>();
  /** A token of which the normalizer leaves nothing is found between all characters. */
  private readonly empty: SearchedToken | null = null;

  /**
   * `contentOf` gives what to search for: the content, or what the normalizer makes of it. With `splitSpecials` special tokens
   * are text like any other.
   */
  constructor(
    patterns: readonly TokenPattern[],
    private readonly splitSpecials = false,
    contentOf: (content: string) => Int32Array = codePoints,
  ) {
    for (const pattern of patterns) {
      const codes = contentOf(pattern.content);
      if (codes.length === 0) {
        this.empty ??= { codes, pattern };
        continue;
      }
      const sameFirst = this.byFirst.get(codes[0]) ?? [];
      sameFirst.push({ codes, pattern });
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
    let last = -1; // where the last match ended
    for (let at = 0; at <= codes.length;) {
      if (this.empty === null && !this.mayBegin[codes[at] & 0xffff]) {
        at++;
        continue;
      }
      const hit = this.matchAt(codes, at) ?? (at === last ? null : this.empty);
      if (!hit) {
        at++;
        continue;
      }
      const { token, special } = hit.pattern;
      let start = at;
      let stop = at + hit.codes.length;
      at = stop;
      last = stop;
      if (special && this.splitSpecials) continue;
      if (token.single_word && (isWordAt(codes, start - 1) || isWordAt(codes, stop))) continue;
      if (token.lstrip) {
        while (start > 0 && isWhitespace(codes[start - 1])) start--;
        start = Math.max(start, done);
      }
      if (token.rstrip) while (stop < codes.length && isWhitespace(codes[stop])) stop++;
      if (start > done) parts.push({ text: text.slice(done, start), id: -1 });
      // All of a token may be white space that the token before it took.
      if (start < stop) parts.push({ text: text.slice(start, stop), id: token.id });
      done = stop;
    }
    if (done < codes.length) parts.push({ text: text.slice(done, codes.length), id: -1 });
    return parts;
  }

  private matchAt(codes: Int32Array, at: number): SearchedToken | undefined {
    if (at === codes.length) return undefined;
    const candidates = this.byFirst.get(codes[at]);
    return candidates?.find((candidate) => candidate.codes.every((code, i) => codes[at + i] === code));
  }
}

function isWordAt(codes: Int32Array, at: number): boolean {
  return at >= 0 && at < codes.length && isWord(codes[at]);
}
