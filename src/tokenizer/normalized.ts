/**
 * A text under normalization: code points with the span of the raw text that each comes from, as Hugging Face's
 * NormalizedString keeps it (tokenizers 0.22). Spans count code points.
 */
export class Normalized {
  constructor(
    readonly chars: string[],
    readonly starts: number[],
    readonly ends: number[],
  ) {}

  /** `text` unchanged, its first code point standing at `offset` of the raw text. */
  static of(text: string, offset: number): Normalized {
    const chars = [...text];
    return new Normalized(
      chars,
      chars.map((_, i) => offset + i),
      chars.map((_, i) => offset + i + 1),
    );
  }

  get text(): string {
    return this.chars.join('');
  }

  slice(from: number, to: number): Normalized {
    return new Normalized(this.chars.slice(from, to), this.starts.slice(from, to), this.ends.slice(from, to));
  }

  /**
   * NormalizedString::transform: every new character says how it changes the count: +1 is an addition and copies the
   * span before, 0 replaces one, -n replaces one and swallows n more.
   */
  transform(chars: string[], changes: number[]): Normalized {
    const starts: number[] = [];
    const ends: number[] = [];
    let at = 0;
    for (const change of changes) {
      const from = change > 0 ? at - 1 : at;
      starts.push(from < 0 ? 0 : this.starts[from]);
      ends.push(from < 0 ? 0 : this.ends[from]);
      if (change <= 0) at += 1 - change;
    }
    return new Normalized(chars, starts, ends);
  }
}
