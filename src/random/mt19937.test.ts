import { expect, test } from 'vitest';
import { Mt19937, randperm } from './mt19937.ts';

test('the generator is the reference MT19937', () => {
  const generator = new Mt19937(5489);
  for (let i = 0; i < 9999; i++) generator.uint32();
  expect(generator.uint32()).toBe(4123659995); // the 10,000th output, C++ standard 26.6.5
});

test('randperm is a permutation and depends on the seed', () => {
  expect([...randperm(100, 1)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(randperm(100, 1)).not.toEqual(randperm(100, 2));
});
