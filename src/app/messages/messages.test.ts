import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { en } from './en.ts';
import { ja } from './ja.ts';

const slots = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('both languages have the same slots', () => {
  for (const key of Object.keys(ja) as (keyof typeof ja)[])
    expect(slots(en[key]), key).toEqual(slots(ja[key]));
});

test('every message is used', () => {
  const room = 'src/app';
  const source = readdirSync(room)
    .filter((name) => /\.(svelte|ts)$/.test(name))
    .map((name) => readFileSync(`${room}/${name}`, 'utf8'))
    .join('\n');
  // Keys that are put together, like `reason-${reason}`, and those of a run's status.
  const built = /^(reason|remedy|preset|outcome)-/;
  const unused = Object.keys(ja).filter(
    (key) =>
      !built.test(key) &&
      !['running', 'stopped', 'finished', 'scored'].includes(key) &&
      !source.includes(`'${key}'`),
  );
  expect(unused).toEqual([]);
});
