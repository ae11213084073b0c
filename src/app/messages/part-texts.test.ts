import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { texts as computer } from '../computer/texts.ts';
import { texts as takeAway } from '../take-away/texts.ts';
import type { PartTexts } from './part-texts.ts';

/** Folder of src/app -> its texts, and the keys that are put together where they are used. */
const parts: Record<string, { texts: PartTexts; assembled: RegExp }> = {
  computer: { texts: computer, assembled: /^(webgpu|tfjs|cpu)$/ },
  'take-away': { texts: takeAway, assembled: /^about-/ },
};

const slots = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)[|}]/g)].map(([, name]) => name))].sort();

describe.each(Object.entries(parts))('%s', (folder, { texts, assembled }) => {
  test('both languages have the same slots', () => {
    for (const [key, { ja, en }] of Object.entries(texts)) expect(slots(en), key).toEqual(slots(ja));
  });

  test('every text is used', () => {
    const room = `src/app/${folder}`;
    const source = readdirSync(room)
      .filter((name) => name !== 'texts.ts')
      .map((name) => readFileSync(`${room}/${name}`, 'utf8'))
      .join('\n');
    const unused = Object.keys(texts).filter((key) => !assembled.test(key) && !source.includes(`'${key}'`));
    expect(unused).toEqual([]);
  });
});
