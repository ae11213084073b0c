import { expect, test } from 'vitest';
import { en } from './en.ts';
import { ja } from './ja.ts';
import { ManabiError, type ErrorCode } from './manabi-error.ts';

// A slot for words comes in both languages: {why_ja}, {why_en}.
const slots = (text: string) =>
  [...new Set(text.match(/\{\w+\}/g))].map((slot) => slot.replace(/_(ja|en)\}$/, '}')).sort();

test('an error is told in either language, with its place and its details', () => {
  const error = new ManabiError('download-status', 'train.json', { status: 500 });
  expect(error.with(ja)).toMatch(/^train\.json: .*500.*ください。$/);
  expect(error.with(en)).toMatch(/^train\.json: .*500.*again later\.$/);
  expect(error.message).toBe(error.with(en));
});

test('both languages fill the same slots', () => {
  for (const code of Object.keys(en) as ErrorCode[]) expect(slots(ja[code]), code).toEqual(slots(en[code]));
});
