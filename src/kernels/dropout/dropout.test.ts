import { expect, test } from 'vitest';
import { dropoutKey, dropoutMask } from './dropout.ts';

const length = 200_000;
const dropped = (mask: Float32Array) => mask.reduce((count, value) => count + Number(value === 0), 0);

test.each([0.1, 0.5])('drops a share of %f and scales the rest', (p) => {
  const mask = dropoutMask(dropoutKey(42, 0, 3), length, p);
  const deviation = Math.sqrt(length * p * (1 - p));
  expect(Math.abs(dropped(mask) - length * p)).toBeLessThan(4 * deviation);
  expect(mask.find((value) => value > 0)).toBeCloseTo(1 / (1 - p), 6);
});

test('masks of other seeds, micro-batches and sites are independent; the same key gives the same mask', () => {
  const p = 0.3;
  const keys = [dropoutKey(1, 0, 0), dropoutKey(2, 0, 0), dropoutKey(1, 1, 0), dropoutKey(1, 0, 1)];
  const masks = keys.map((key) => dropoutMask(key, length, p));
  expect(dropoutMask(keys[0], length, p)).toEqual(masks[0]);
  const deviation = Math.sqrt(length * p * p * (1 - p * p));
  for (const other of masks.slice(1)) {
    const both = other.reduce((count, value, i) => count + Number(value === 0 && masks[0][i] === 0), 0);
    expect(Math.abs(both - length * p * p)).toBeLessThan(4 * deviation);
  }
});
