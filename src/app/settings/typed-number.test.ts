import { expect, test } from 'vitest';
import { defaultArguments } from '../../training/training-arguments.ts';
import { checkSettings } from './check-settings.ts';
import { readNumber, stepNumber } from './typed-number.ts';

test('an arrow key goes a sensible step for its setting', () => {
  expect(stepNumber('learning_rate', 0.001, 1)).toBe(0.002);
  expect(stepNumber('learning_rate', 0.001, -1)).toBe(0.0005);
  expect(stepNumber('learning_rate', 0.0003, 1)).toBe(0.0005);
  expect(stepNumber('learning_rate', 1e-7, -1)).toBe(0);
  expect(stepNumber('learning_rate', 0, 1)).toBe(1e-7);
  expect(stepNumber('num_train_epochs', 8, 1)).toBe(9);
  expect(stepNumber('num_train_epochs', 0.5, -1)).toBe(0);
  expect(stepNumber('per_device_train_batch_size', 8, -1)).toBe(4);
  expect(stepNumber('per_device_train_batch_size', 1, -1)).toBe(1);
  expect(stepNumber('max_train_samples', 1000, 1)).toBe(2000);
  expect(stepNumber('max_train_samples', 1, -1)).toBe(1);
  expect(stepNumber('max_seq_length', 192, 1)).toBe(224);
  expect(stepNumber('warmup_ratio', 0.1, 1)).toBe(0.11);
});

test('numbers are read as people type them', () => {
  expect(['0.001', '1e-3', '１０００', '1,000', '.5', '5.'].map(readNumber)).toEqual([
    0.001, 0.001, 1000, 1000, 0.5, 5,
  ]);
  expect(readNumber(' ')).toBeNull();
  expect(['1e', 'abc', '1,00', '0x10', '--1'].map(readNumber)).toEqual([NaN, NaN, NaN, NaN, NaN]);
});

test('every wrong setting is named, and an unusual one before it is impossible', () => {
  const remarks = (changes: Partial<typeof defaultArguments>) =>
    [...checkSettings({ ...defaultArguments, ...changes })].map(([name, { level }]) => `${name} ${level}`);
  expect(remarks({})).toEqual([]);
  expect(remarks({ learning_rate: 1.001, num_train_epochs: 1e9, seed: -1 })).toEqual([
    'num_train_epochs impossible',
    'seed impossible',
    'learning_rate unusual',
  ]);
  expect(remarks({ num_train_epochs: 200 })).toEqual(['num_train_epochs unusual']);
  // The model has fewer positions; rows are padded to a multiple, which needs positions too.
  const long = { ...defaultArguments, max_seq_length: 384 };
  expect(checkSettings(long, 384).size).toBe(0);
  expect(checkSettings(long, 383).get('max_seq_length')).toMatchObject({ wanted: '≤ 383' });
  const padded = { ...long, pad_to_max_length: false, pad_to_multiple_of: 32 };
  expect(checkSettings(padded, 383).get('max_seq_length')).toMatchObject({ wanted: '≤ 352' });
  expect(checkSettings({ ...defaultArguments, weight_decay: NaN }).get('weight_decay')?.isEmpty).toBe(true);
});
