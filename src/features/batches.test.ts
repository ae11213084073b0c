import fc from 'fast-check';
import { expect, test } from 'vitest';
import { epochOrder, groupByLengthOrder, padBatch, paddingEfficiency } from './batches.ts';
import type { Feature } from './feature.ts';

function feature(length: number, label = 0): Feature {
  return {
    exampleId: `q${length}`,
    inputIds: new Int32Array(length).fill(7),
    tokenTypeIds: new Int32Array(length).fill(1),
    sequenceIds: new Int8Array(length),
    starts: new Int32Array(length),
    ends: new Int32Array(length),
    startPosition: label,
    endPosition: label + 1,
  };
}

const exact = { max_seq_length: 8, pad_to_max_length: false, pad_to_multiple_of: 0 };

test('an epoch’s order is the Trainer’s', () => {
  // Seen by a model in transformers 4.57.6's Trainer: 12 rows, seed 42, batches of 5.
  expect([...epochOrder(12, 42, 0)]).toEqual([6, 8, 1, 7, 0, 2, 10, 11, 4, 3, 5, 9]);
  expect([...epochOrder(12, 42, 1)]).toEqual([4, 6, 7, 2, 9, 8, 1, 5, 0, 10, 11, 3]);
  // torch.randperm(1000) with seed 42: more than one block of the generator.
  const long = epochOrder(1000, 40, 2);
  expect([...long.subarray(0, 8)]).toEqual([542, 618, 816, 68, 94, 215, 60, 585]);
  expect(long.reduce((sum, row, i) => sum + i * row, 0)).toBe(250882558);
});

test('length groups are get_length_grouped_indices’', () => {
  const lengths = [
    20, 42, 39, 13, 28, 43, 35, 45, 42, 9, 43, 5, 58, 35, 21, 40, 19, 17, 50, 35, 39, 58, 40, 35, 30, 45, 14,
    19, 45, 14, 38, 29, 52, 5, 47, 54, 9, 15, 53, 42, 7, 24, 54, 6, 57,
  ];
  expect([...groupByLengthOrder(lengths, 4, 42, 0)]).toEqual([
    21, 28, 8, 20, 13, 41, 26, 43, 38, 5, 23, 31, 4, 37, 9, 33, 42, 44, 25, 2, 19, 17, 29, 40, 12, 18, 34, 7,
    10, 0, 3, 36, 35, 32, 39, 1, 15, 30, 6, 16, 22, 24, 14, 27, 11,
  ]);
  const many = Array.from({ length: 1003 }, (_, i) => ((i * 7919) % 211) + 3);
  const order = groupByLengthOrder(many, 8, 43, 1);
  expect([...order.subarray(0, 10)]).toEqual([81, 876, 665, 454, 405, 145, 989, 307, 177, 388]);
  expect(order.reduce((sum, row, i) => sum + i * row, 0)).toBe(252594170);
});

test('every order is a permutation', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 9 }),
      (lengths, size) => {
        const rows = lengths.map((_, i) => i);
        const order = [...groupByLengthOrder(lengths, size, 42, 3)];
        expect(order.toSorted((a, b) => a - b)).toEqual(rows);
        expect([...epochOrder(lengths.length, 42, 3)].toSorted((a, b) => a - b)).toEqual(rows);
        if (lengths.length > 0) expect(lengths[order[0]]).toBe(Math.max(...lengths));
      },
    ),
  );
});

test('a batch is padded on the right', () => {
  const batch = padBatch([feature(3, 1), feature(2)], 9, exact);
  expect(batch).toEqual({
    B: 2,
    N: 3,
    inputIds: Int32Array.of(7, 7, 7, 7, 7, 9),
    attentionMask: Int32Array.of(1, 1, 1, 1, 1, 0),
    tokenTypeIds: Int32Array.of(1, 1, 1, 1, 1, 0),
    startPositions: Int32Array.of(1, 0),
    endPositions: Int32Array.of(2, 1),
  });
});

test('lengths are rounded up, or up to max_seq_length', () => {
  const rows = [feature(33), feature(5)];
  expect(padBatch(rows, 0, { ...exact, pad_to_multiple_of: 32 }).N).toBe(64);
  expect(padBatch([feature(32)], 0, { ...exact, pad_to_multiple_of: 32 }).N).toBe(32);
  expect(padBatch(rows, 0, { ...exact, pad_to_max_length: true, max_seq_length: 512 }).N).toBe(512);
});

test('grouping by length raises the share of real tokens', () => {
  const rows = Array.from({ length: 400 }, (_, i) => feature(((i * 7919) % 211) + 3));
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  const efficiency = (order: Int32Array) =>
    paddingEfficiency(
      Array.from({ length: 50 }, (_, b) =>
        padBatch(
          Array.from(order.subarray(b * 8, b * 8 + 8), (row) => rows[row]),
          0,
          exact,
        ),
      ),
    );
  const shuffled = efficiency(epochOrder(400, 42, 0));
  const grouped = efficiency(groupByLengthOrder(lengths, 8, 42, 0));
  expect(shuffled).toBeGreaterThan(0.4);
  expect(shuffled).toBeLessThan(0.7);
  expect(grouped).toBeGreaterThan(0.9);
  expect(paddingEfficiency([])).toBe(1);
});
