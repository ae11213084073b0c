import { expect, test } from 'vitest';
import { recipes } from '../training/training-arguments.ts';
import { readTrainCommand, UsageError } from './train-arguments.ts';

const needed = ['--model_name_or_path', 'm', '--train_file', 't', '--output_dir', 'o'];
const read = (...words: string[]) => readTrainCommand([...needed, ...words]);

test('a device is found, on all cores, unless one is named', () => {
  expect(read()).toMatchObject({ backend: 'auto', threads: null });
  expect(read('--backend', 'cpu', '--threads', '3')).toMatchObject({ backend: 'cpu', threads: 3 });
  expect(read('--threads', '1')).toMatchObject({ backend: 'auto', threads: 1 });
  expect(read('--backend', 'webgpu')).toMatchObject({ backend: 'webgpu', threads: null });
});

test('the recipes are those of the page, and options go over them', () => {
  expect(read('--recipe', 'sample').args).toEqual(recipes.sample);
  expect(read('--recipe', 'sample', '--num_train_epochs', '3').args).toEqual({
    ...recipes.sample,
    num_train_epochs: 3,
  });
});

test.each([
  [['--backend', 'gpu'], 'choose auto or webgpu or cpu'],
  [['--recipe', 'quick'], 'choose notebook or full or sample'],
  [['--threads', '0'], 'write a whole number from 1'],
  [['--threads', '2.5'], 'write a whole number from 1'],
  [['--threads', '1e2'], 'write a whole number from 1'],
  [['--threads', '100000'], 'write a whole number from 1 to 256'],
  [['--threads', 'all'], 'write a whole number from 1'],
  [['--threads', '2', '--backend', 'webgpu'], 'only the processor has threads'],
])('%j is refused with what to write', (words, message) => {
  expect(() => read(...words)).toThrow(UsageError);
  expect(() => read(...words)).toThrow(message);
});
