import type { QuestionLengths } from '../../answering/prepare-data.ts';

/** Tokens that a bin of the histogram spans. */
const BIN = 32;
const MAX_BARS = 24;

export interface LengthBar {
  from: number;
  to: number;
  questions: number;
}

/** A histogram in bars that can be told apart, and where max_seq_length cuts them: the share of the width, null where it cuts nothing. */
export function lengthBars({ histogram, max_seq_length, beyond }: QuestionLengths): {
  bars: LengthBar[];
  cut: number | null;
} {
  const bins = Math.max(1, Math.ceil(histogram.length / MAX_BARS));
  const bars: LengthBar[] = [];
  for (let first = 0; first < histogram.length; first += bins) {
    const questions = histogram.slice(first, first + bins).reduce((sum, count) => sum + count, 0);
    bars.push({ from: BIN * first + 1, to: BIN * (first + bins), questions });
  }
  return { bars, cut: beyond > 0 ? max_seq_length / (BIN * bins * bars.length) : null };
}
