/**
 * A normalized text in which every character knows the span of raw text it came from: the reference's
 * NormalizedString, in code points where Rust counts bytes.
 *
 * `codes`, `starts` and `ends` have one entry per normalized character; spans are absolute code-point offsets in
 * the raw text. `origin` is where the piece begins in the raw text.
 */
export class AlignedText {
  private text: string | undefined;

  constructor(
    readonly codes: Int32Array,
    readonly starts: Int32Array,
    readonly ends: Int32Array,
    readonly origin: number,
    text?: string,
  ) {
    this.text = text;
  }

  /** A raw text: each character's span is itself. A lone surrogate becomes U+FFFD, as in valid UTF-8. */
  static of(raw: string): AlignedText {
    const codes = codePoints(raw);
    const n = codes.length;
    const starts = new Int32Array(n);
    const ends = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      starts[i] = i;
      ends[i] = i + 1;
    }
    return new AlignedText(codes, starts, ends, 0, surrogate.test(raw) ? undefined : raw);
  }

  get length(): number {
    return this.codes.length;
  }

  toString(): string {
    this.text ??= fromCodes(this.codes);
    return this.text;
  }

  /** Characters [from, to), not empty. The piece begins where its first character's span begins, also if it is all. */
  slice(from: number, to: number): AlignedText {
    if (from === 0 && to === this.length && this.origin === this.starts[0]) return this;
    return new AlignedText(
      this.codes.subarray(from, to),
      this.starts.subarray(from, to),
      this.ends.subarray(from, to),
      from < to ? this.starts[from] : this.origin,
    );
  }

  /**
   * Replaces the characters from `skipped` on by `codes`. changes[i] says where character i came from: 0 consumes
   * one old character and takes its span, -n consumes n more, +1 consumes none and repeats the span of the last
   * one consumed (NormalizedString::transform).
   */
  transform(codes: ArrayLike<number>, changes: ArrayLike<number>, skipped = 0): AlignedText {
    const n = codes.length;
    const starts = new Int32Array(n);
    const ends = new Int32Array(n);
    const last = this.length - 1;
    let at = skipped;
    for (let i = 0; i < n; i++) {
      const change = changes[i];
      if (change > 0 && at < 1) {
        starts[i] = this.origin;
        ends[i] = this.origin;
        continue;
      }
      const source = Math.min(change > 0 ? at - 1 : at, last);
      starts[i] = this.starts[source];
      ends[i] = this.ends[source];
      if (change <= 0) at += 1 - change;
    }
    return new AlignedText(Int32Array.from(codes), starts, ends, this.origin);
  }
}

const surrogate = /[\ud800-\udfff]/;

/** The code points of a string; a lone surrogate becomes U+FFFD. */
export function codePoints(text: string): Int32Array {
  const codes = new Int32Array(text.length);
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xe000) {
      const next = text.charCodeAt(i + 1);
      if (code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
        i++;
      } else {
        code = 0xfffd;
      }
    }
    codes[n++] = code;
  }
  return n === codes.length ? codes : codes.slice(0, n);
}

/** The string of some code points, in chunks because a call takes a limited number of arguments. */
export function fromCodes(codes: Int32Array): string {
  let text = '';
  for (let i = 0; i < codes.length; i += 4096) {
    text += String.fromCodePoint.apply(null, codes.subarray(i, i + 4096) as unknown as number[]);
  }
  return text;
}
