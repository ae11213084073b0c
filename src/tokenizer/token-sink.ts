import { utf8Length } from './utf8.ts';
import { isWhitespace } from './unicode/classes.ts';
import type { TokenSequence } from './tokenizer.ts';

/** White space (as itself or as the byte-level space) at the two ends of a token's text. */
export interface TokenSpaces {
  leading: number;
  trailing: number;
}

const byteLevelSpace = 0x120;

export function countSpaces(codes: ArrayLike<number>): TokenSpaces {
  const isSpace = (code: number) => code === byteLevelSpace || isWhitespace(code);
  let leading = 0;
  while (leading < codes.length && isSpace(codes[leading])) leading++;
  let trailing = 0;
  while (trailing < codes.length && isSpace(codes[codes.length - 1 - trailing])) trailing++;
  return { leading, trailing };
}

/** Collects tokens in growing arrays. */
export class TokenSink {
  private ids = new Int32Array(256);
  private starts = new Int32Array(256);
  private ends = new Int32Array(256);
  private count = 0;
  private spaces: Map<number, TokenSpaces> | null = null;
  private raw: Int32Array = new Int32Array(0);
  private characterOfByte: number[] | null = null;

  /** Forgets what was pushed and not taken, and begins with the tokens of a raw text. */
  begin(raw: Int32Array): void {
    this.count = 0;
    this.spaces = null;
    this.raw = raw;
    this.characterOfByte = null;
  }

  push(id: number, start: number, end: number): void {
    if (this.count === this.ids.length) {
      this.ids = doubled(this.ids);
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.ids[this.count] = id;
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }

  /** A token whose text is not what the vocabulary has at its id. */
  pushText(id: number, start: number, end: number, text: Int32Array): void {
    this.spaces ??= new Map();
    this.spaces.set(this.count, countSpaces(text));
    this.push(id, start, end);
  }

  /**
   * A token whose span could not be placed in its piece: the reference then takes its bytes in the piece for bytes of the raw
   * text.
   */
  pushBytes(id: number, from: number, to: number): void {
    this.characterOfByte ??= [...this.raw].flatMap((code, i) =>
      Array.from({ length: utf8Length(code) }, () => i),
    );
    const { characterOfByte } = this;
    const start = characterOfByte[from] as number | undefined;
    if (start === undefined) this.push(id, from, to);
    else this.push(id, start, characterOfByte[to] ?? (characterOfByte[to - 1] ?? start + 1) + 1);
  }

  /** What was pushed, in exact-sized copies; the sink is empty again. */
  take(): TokenSequence {
    const { count: n, spaces } = this;
    this.count = 0;
    this.spaces = null;
    const sequence = {
      ids: this.ids.slice(0, n),
      starts: this.starts.slice(0, n),
      ends: this.ends.slice(0, n),
    };
    return spaces ? { ...sequence, spaces } : sequence;
  }
}

function doubled(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const result = new Int32Array(values.length * 2);
  result.set(values);
  return result;
}
