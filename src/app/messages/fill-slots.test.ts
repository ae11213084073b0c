import { expect, test } from 'vitest';
import { fillSlots } from './fill-slots.ts';

test('slots are filled, and unknown ones stay to be seen', () => {
  expect(fillSlots('{a} of {b}', { a: 1 })).toBe('1 of {b}');
});

test('one thing is not many', () => {
  const text = '{count} {count|question|questions}';
  expect(fillSlots(text, { count: '1' })).toBe('1 question');
  expect(fillSlots(text, { count: 0 })).toBe('0 questions');
  expect(fillSlots(text, { count: '1,000' })).toBe('1,000 questions');
});
