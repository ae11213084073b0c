import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { texts } from './texts.ts';

const slots = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)[|}]/g)].map(([, name]) => name))].sort();

test('both languages have the same slots', () => {
  for (const [key, { ja, en }] of Object.entries(texts)) expect(slots(en), key).toEqual(slots(ja));
});

test('every text is used', () => {
  const room = 'src/app/computer';
  const source = readdirSync(room)
    .filter((name) => !name.startsWith('texts.'))
    .map((name) => readFileSync(`${room}/${name}`, 'utf8'))
    .join('\n');
  // Those of a machine are asked for by its name.
  const unused = Object.keys(texts).filter(
    (key) => !['webgpu', 'tfjs', 'cpu'].includes(key) && !source.includes(`'${key}'`),
  );
  expect(unused).toEqual([]);
});
