import { expect, test } from 'vitest';
import { lengthBars } from './length-bars.ts';

const lengths = { histogram: [1, 4, 2, 1], mean: 60, longest: 120, inWindows: false };

test('the cut stands where max_seq_length is, and nowhere when nothing is longer', () => {
  expect(lengthBars({ ...lengths, max_seq_length: 96, beyond: 1 })).toEqual({
    bars: [
      { from: 1, to: 32, questions: 1 },
      { from: 33, to: 64, questions: 4 },
      { from: 65, to: 96, questions: 2 },
      { from: 97, to: 128, questions: 1 },
    ],
    cut: 0.75,
  });
  expect(lengthBars({ ...lengths, max_seq_length: 384, beyond: 0 }).cut).toBeNull();
});

test('very long texts make wider bars, not more', () => {
  const histogram = Array.from({ length: 300 }, () => 1);
  const { bars, cut } = lengthBars({ ...lengths, histogram, max_seq_length: 416, beyond: 287 });
  expect(bars).toHaveLength(24);
  expect(bars[0]).toEqual({ from: 1, to: 416, questions: 13 });
  expect(bars.reduce((sum, { questions }) => sum + questions, 0)).toBe(300);
  expect(cut).toBeCloseTo(1 / 24);
});
