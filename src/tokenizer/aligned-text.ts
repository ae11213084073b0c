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

  /** Characters [from, to) as a string. */
  substring(from: number, to: number): string {
    const text = this.toString();
    return text.length === this.length ? text.slice(from, to) : fromCodes(this.codes.subarray(from, to));
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
    const head = this.insertedHead;
    if (head > 0 && head === this.length) return this.writeBefore(codes);
    const n = codes.length + head;
    const output = new Int32Array(n);
    const starts = new Int32Array(n);
    const ends = new Int32Array(n);
    for (let i = 0; i < head; i++) {
      output[i] = this.codes[i];
      starts[i] = this.starts[i];
      ends[i] = this.ends[i];
    }
    const last = this.length - 1;
    let at = head + skipped;
    for (let i = head; i < n; i++) {
      const change = changes[i - head];
      output[i] = codes[i - head];
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
    return new AlignedText(output, starts, ends, this.origin);
  }

  /** A text of which nothing comes from the raw one is not replaced at all: what is written stands before it. */
  private writeBefore(codes: ArrayLike<number>): AlignedText {
    const n = codes.length + this.length;
    const output = new Int32Array(n);
    output.set(codes);
    output.set(this.codes, codes.length);
    const origin = new Int32Array(n).fill(this.starts[0]);
    return new AlignedText(output, origin, origin, this.origin);
  }

  /**
   * Characters at the beginning that came from nowhere (a pattern that matches the empty text put them there). The
   * reference's transform does not replace them: it writes its output, which has them too, behind them.
   */
  get insertedHead(): number {
    let head = 0;
    while (head < this.length && this.starts[head] === this.ends[head]) head++;
    return head;
  }

  /** Only the characters for which `keep` holds, each with its span. */
  filter(keep: (code: number) => boolean): AlignedText {
    const kept: number[] = [];
    const changes: number[] = [];
    let skipped = 0;
    for (const code of this.codes) {
      if (keep(code)) {
        kept.push(code);
        changes.push(0);
      } else if (kept.length === 0) skipped++;
      else changes[changes.length - 1]--;
    }
    if (kept.length === this.length && this.insertedHead === 0) return this;
    return this.transform(kept, changes, kept.length > 0 ? skipped : 0);
  }

  /** Each character replaced by another. */
  map(replacement: (code: number) => number): AlignedText {
    const codes = this.codes.map(replacement);
    if (this.insertedHead > 0) return this.transform(codes, new Int32Array(codes.length));
    return new AlignedText(codes, this.starts, this.ends, this.origin);
  }

  /** `codes` before the text, with the span of its first character; an empty text stays empty. */
  prepend(codes: Int32Array): AlignedText {
    if (this.length === 0) return this;
    // The reference writes the first character again after what it prepends; after nothing it has no span to repeat.
    if (codes.length === 0) {
      const atOrigin = (values: Int32Array) => values.map((value, i) => (i === 0 ? this.origin : value));
      return new AlignedText(this.codes, atOrigin(this.starts), atOrigin(this.ends), this.origin);
    }
    const n = codes.length;
    const before = (values: Int32Array, prefix: Int32Array) => {
      const joined = new Int32Array(n + values.length);
      joined.set(prefix);
      joined.set(values, n);
      return joined;
    };
    return new AlignedText(
      before(this.codes, codes),
      before(this.starts, new Int32Array(n).fill(this.starts[0])),
      before(this.ends, new Int32Array(n).fill(this.ends[0])),
      this.origin,
    );
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
