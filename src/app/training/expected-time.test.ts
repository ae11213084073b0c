import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ratesFromProducts } from '../../engine/measure-rates.ts';
import { recipes } from '../../training/training-arguments.ts';
import { expectedSeconds, ratesOf, readConfig } from './expected-time.ts';

const file = new Blob([readFileSync('public/model/config.json')]);
const args = { ...recipes.full, num_train_epochs: 2 };
const asked = { args, questions: { train: 400, evaluation: 100 }, rows: null };

function measured(gflops: number) {
  const cpu = ratesFromProducts(1e9 * gflops);
  return ratesOf({
    device: { name: 'CPU', backend: 'cpu', threads: 2 },
    rates: { webgpu: null, tfjs: null, cpu },
  });
}

test('a device twice as fast takes half as long, and a GPU whose rate nobody measured promises nothing', async () => {
  const config = await readConfig({ 'config.json': file });
  const [slow, fast] = [measured(20), measured(40)];
  if (!slow || !fast) throw new Error('no rates');
  const seconds = expectedSeconds(config, asked, slow) ?? 0;
  expect(seconds).toBeGreaterThan(1);
  expect(expectedSeconds(config, asked, fast)).toBeCloseTo(seconds / 2);
  const device = { name: 'GPU', backend: 'webgpu', threads: 0 } as const;
  expect(ratesOf({ device, rates: { webgpu: null, tfjs: null, cpu: slow } })).toBeNull();
});

test('settings that make no run have no time', async () => {
  const config = await readConfig({ 'config.json': file });
  const rates = measured(20);
  const wrong = { ...asked, args: { ...args, num_train_epochs: NaN } };
  expect(rates && expectedSeconds(config, wrong, rates)).toBeNull();
});
