import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortedLength, sortRows } from './embedding.ts';

test('every position stands in its row, in order; rows ascend; the skipped row is left out', () => {
  const rows = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(rows, fc.integer({ min: -1, max: 9 }), (values, skipped) => {
      const T = values.length;
      const sorted = sortRows(Int32Array.from(values), skipped);
      expect(sorted.length).toBe(sortedLength(T));
      const found: [number, number[]][] = [];
      for (let slot = 0; slot < sorted[0]; slot++) {
        const [first, end] = sorted.subarray(1 + T + slot, 3 + T + slot);
        found.push([sorted[1 + slot], [...sorted.subarray(2 + 2 * T + first, 2 + 2 * T + end)]]);
      }
      const wanted = [...new Set(values)]
        .filter((row) => row !== skipped)
        .sort((a, b) => a - b)
        .map((row) => [row, values.flatMap((value, at) => (value === row ? [at] : []))]);
      expect(found).toEqual(wanted);
    }),
  );
});
