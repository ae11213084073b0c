import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { en } from './en.ts';

// A code counts as tested where a test of the code that throws it names it; what a test throws itself, the project has not thrown.
const ownErrors = /throw new ManabiError\(\s*'[\w-]+'/g;

test('every code is named by a test that reaches it', () => {
  const tests = ['src', 'e2e'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(test|spec)\.ts$/.test(name) && !name.startsWith('errors/'))
      .map((name) => readFileSync(`${folder}/${name}`, 'utf8').replace(ownErrors, '')),
  );
  expect(tests.length).toBeGreaterThan(100);
  const untested = Object.keys(en).filter((code) => !tests.some((text) => namesCode(text, code)));
  expect(untested).toEqual([]);
});

/** In quotes, alone or before what else a test writes down of an error. */
function namesCode(text: string, code: string): boolean {
  return new RegExp(`['"\`]${code}(['"\` ])`).test(text);
}
