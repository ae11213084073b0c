import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { en } from './en.ts';
import { ja } from './ja.ts';

/** A slot may stand twice: as a number, and as the word that goes with it. */
const slots = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)[|}]/g)].map(([, name]) => name))].sort();

test('both languages have the same slots', () => {
  for (const key of Object.keys(ja) as (keyof typeof ja)[])
    expect(slots(en[key]), key).toEqual(slots(ja[key]));
});

test('every message is used', () => {
  const room = 'src/app';
  const source = readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|ts)$/.test(name) && !name.startsWith('messages/'))
    .map((name) => readFileSync(`${room}/${name}`, 'utf8'))
    .join('\n');
  // Keys that are put together, like `outcome-${outcome}`, that of errors nobody foresaw, and those of a run's status.
  const built = /^(preset|outcome|verdict|advice|shown|end|on)-|^unknownError$/;
  const unused = Object.keys(ja).filter(
    (key) =>
      !built.test(key) &&
      !['running', 'stopped', 'finished', 'scored'].includes(key) &&
      !source.includes(`'${key}'`),
  );
  expect(unused).toEqual([]);
});
