import { expect, test } from 'vitest';
import { bytes, clock, count, percent, probability, secondsLeft } from './formats.ts';

test('numbers are grouped, shares are percentages', () => {
  expect(count(1234567)).toBe('1,234,567');
  expect(percent(0.2749)).toBe('27.5 %');
});

test('a small probability is not told as none', () => {
  expect([0.242, 0.001, 0.0002, 0.00004, 0].map(probability)).toEqual([
    '24.2 %',
    '0.1 %',
    '0.02 %',
    '< 0.01 %',
    '0.0 %',
  ]);
});

test('sizes are in binary units', () => {
  expect([0, 1023, 1024, 7.04 * 2 ** 20, 541.3 * 2 ** 20, 1.25 * 2 ** 30].map(bytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '7.0 MiB',
    '541 MiB',
    '1.3 GiB',
  ]);
});

test('seconds carry into minutes and hours', () => {
  expect([0, 7.4, 59.6, 750, 3723].map(clock)).toEqual(['0:00', '0:07', '1:00', '12:30', '1:02:03']);
});

test('what is left is told once something is done', () => {
  expect(secondsLeft(0, 10, 5)).toBeNull();
  expect(secondsLeft(3, 0, 5)).toBeNull();
  expect(secondsLeft(2, 10, 5)).toBe(20);
  expect(secondsLeft(10, 10, 5)).toBe(0);
});
