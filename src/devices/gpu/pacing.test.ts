import { expect, test } from 'vitest';
import { Mt19937 } from '../../random/mt19937.ts';
import { Pacing, type Work } from './pacing.ts';

const [product, attention, update] = [{}, {}, {}];
const step: Work[] = Array.from({ length: 60 }, (_, i) => ({
  kernel: [product, product, attention, update][i % 4],
  amount: 1e6 * (1 + (i % 7)),
}));

/** Milliseconds of the pieces of a step on a GPU whose kernels take so many milliseconds per million units. */
function pieces(pacing: Pacing, works: readonly Work[], rates: Map<object, number>): number[] {
  const times: number[] = [];
  for (let from = 0; from < works.length;) {
    const end = pacing.endOfPiece(works, from);
    const piece = works.slice(from, end);
    const ms = piece.reduce((sum, { kernel, amount }) => sum + (amount / 1e6) * (rates.get(kernel) ?? 0), 0);
    // A submit has a cost of its own.
    pacing.learn(piece, ms + 0.3);
    times.push(ms);
    from = end;
  }
  return times;
}

const ratesOf = (scale: number) =>
  new Map([
    [product, scale],
    [attention, 3 * scale],
    [update, 10 * scale],
  ]);

test('what no time is known for goes alone, before anything else', () => {
  const pacing = new Pacing();
  expect(pacing.endOfPiece(step, 0)).toBe(1);
  pacing.learn(step.slice(0, 1), 1);
  expect(pacing.endOfPiece(step, 1)).toBe(2);
  expect(pacing.endOfPiece(step, 2)).toBe(3);
});

test.each([1e-6, 1e-3, 0.1, 1, 3])(
  'no piece of more than one dispatch is over 100 ms, with %f ms per unit of the fastest kernel',
  (scale) => {
    const pacing = new Pacing();
    const longestDispatch = 7 * 10 * scale;
    for (let steps = 0; steps < 10; steps++) {
      const times = pieces(pacing, step, ratesOf(scale));
      expect(Math.max(...times)).toBeLessThanOrEqual(Math.max(100, longestDispatch));
    }
  },
);

test('a fast GPU is given a whole step at once after a few steps', () => {
  const pacing = new Pacing();
  for (let steps = 0; steps < 6; steps++) pieces(pacing, step, ratesOf(1e-4));
  expect(pieces(pacing, step, ratesOf(1e-4))).toHaveLength(1);
});

test('a GPU that becomes ten times slower is given smaller pieces at once, and larger ones when it is fast again', () => {
  const pacing = new Pacing();
  for (let steps = 0; steps < 10; steps++) pieces(pacing, step, ratesOf(0.1));
  const before = pieces(pacing, step, ratesOf(0.1)).length;
  const [, ...later] = pieces(pacing, step, ratesOf(1));
  expect(Math.max(...later)).toBeLessThanOrEqual(100);
  for (let steps = 0; steps < 10; steps++) pieces(pacing, step, ratesOf(0.1));
  expect(pieces(pacing, step, ratesOf(0.1)).length).toBeLessThanOrEqual(before + 1);
});

test('one moment in which the machine was busy costs a few pieces, not the rest of the run', () => {
  const pacing = new Pacing();
  for (let steps = 0; steps < 10; steps++) pieces(pacing, step, ratesOf(1e-4));
  pacing.learn(step, 3000);
  for (let steps = 0; steps < 4; steps++) pieces(pacing, step, ratesOf(1e-4));
  expect(pieces(pacing, step, ratesOf(1e-4))).toHaveLength(1);
});

test('where other work makes some pieces two or three times as long, hardly any is over 100 ms', () => {
  const pacing = new Pacing();
  const generator = new Mt19937(3);
  const rates = ratesOf(1);
  const times: number[] = [];
  for (let steps = 0; steps < 60; steps++) {
    for (let from = 0; from < step.length;) {
      const end = pacing.endOfPiece(step, from);
      const piece = step.slice(from, end);
      const busy = generator.uniform() < 0.15 ? 1.5 + 1.5 * generator.uniform() : 1;
      const ms =
        busy * piece.reduce((sum, { kernel, amount }) => sum + (amount / 1e6) * (rates.get(kernel) ?? 0), 0);
      pacing.learn(piece, ms);
      if (steps >= 3 && piece.length > 1) times.push(ms);
      from = end;
    }
  }
  expect(times.filter((ms) => ms > 100).length / times.length).toBeLessThan(0.01);
});
