import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../model/config.ts';
import { recipes } from '../../training/training-arguments.ts';
import { expectedSeconds } from './expected-time.ts';

const config = parseConfig(JSON.parse(readFileSync('public/model/config.json', 'utf8')), 'config.json');
const args = { ...recipes.full, num_train_epochs: 2 };
const asked = { args, questions: { train: 400, evaluation: 100 }, rows: null };
const rates = { products: 20e9, attention: 8e9, copies: 2e9 };

test('a device twice as fast takes half as long', () => {
  const seconds = expectedSeconds(config, asked, rates) ?? 0;
  expect(seconds).toBeGreaterThan(1);
  const fast = { products: 40e9, attention: 16e9, copies: 4e9 };
  expect(expectedSeconds(config, asked, fast)).toBeCloseTo(seconds / 2);
});

test('nothing is promised for questions that nobody has counted, or settings that make no run', () => {
  const uncounted = { ...asked, questions: { train: null, evaluation: 100 } };
  expect(expectedSeconds(config, uncounted, rates)).toBeNull();
  const wrong = { ...asked, args: { ...args, num_train_epochs: NaN } };
  expect(expectedSeconds(config, wrong, rates)).toBeNull();
});
