import type { TokenSequence } from '../tokenizer.ts';

/** Tokens with one token type: those of a text, or special ones around it (their spans are [0, 0]). */
interface Segment {
  tokens: TokenSequence;
  type: number;
}

/** Tokens [from, to) that belong to a text of the input, 0 or 1. */
interface SequenceRange {
  sequence: number;
  from: number;
  to: number;
}

/**
 * What a post-processor works on (the reference's Encoding): tokens with types and sequences, and with the further windows of the
 * same text, which go through the same steps.
 */
export class Encoding {
  private constructor(
    readonly segments: readonly Segment[],
    readonly ranges: readonly SequenceRange[],
    readonly overflowing: readonly Encoding[],
  ) {}

  /** The windows of a text, the first of which has the others with it. */
  static ofText([first, ...others]: readonly TokenSequence[], type: number): Encoding {
    return new Encoding(
      [{ tokens: first, type }],
      [],
      others.map((tokens) => new Encoding([{ tokens, type }], [], [])),
    );
  }

  static ofSpecialTokens(ids: readonly number[], type: number): Encoding {
    const none = new Int32Array(ids.length);
    return new Encoding([{ tokens: { ids: Int32Array.from(ids), starts: none, ends: none }, type }], [], []);
  }

  get length(): number {
    return this.segments.reduce((sum, { tokens }) => sum + tokens.ids.length, 0);
  }

  /** The other windows stay as they are. */
  withType(type: number): Encoding {
    return new Encoding(
      this.segments.map(({ tokens }) => ({ tokens, type })),
      this.ranges,
      this.overflowing,
    );
  }

  /** The other windows stay as they are. */
  withSequence(sequence: number): Encoding {
    const range = { sequence, from: 0, to: this.length };
    return new Encoding(this.segments, [...this.ranges, range], this.overflowing);
  }

  withoutRanges(): Encoding {
    return new Encoding(this.segments, [], this.overflowing);
  }

  /** Every window changed by itself. */
  eachWindow(change: (window: Encoding) => Encoding): Encoding {
    const { segments, ranges } = change(new Encoding(this.segments, this.ranges, []));
    return new Encoding(
      segments,
      ranges,
      this.overflowing.map((window) => window.eachWindow(change)),
    );
  }

  withTokens(change: (tokens: TokenSequence, first: number) => TokenSequence): Encoding {
    let first = 0;
    const segments = this.segments.map(({ tokens, type }) => {
      const changed = change(tokens, first);
      first += tokens.ids.length;
      return { tokens: changed, type };
    });
    return new Encoding(segments, this.ranges, this.overflowing);
  }

  /** This and then `other`; of the further windows of both every combination (merge_with). */
  followedBy(other: Encoding): Encoding {
    const { overflowing } = this;
    const self = new Encoding(this.segments, this.ranges, []);
    const next = new Encoding(other.segments, other.ranges, []);
    const windows = overflowing.flatMap((window) => [
      window.followedBy(next),
      ...other.overflowing.map((further) => window.followedBy(further)),
    ]);
    windows.push(...other.overflowing.map((further) => self.followedBy(further)));
    const shift = this.length;
    const moved = other.ranges.map(({ sequence, from, to }) => ({
      sequence,
      from: from + shift,
      to: to + shift,
    }));
    return new Encoding([...this.segments, ...other.segments], [...this.ranges, ...moved], windows);
  }
}
