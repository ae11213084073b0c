import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseSquad, readSquadFile } from './read-file.ts';

const file = (qas: unknown[], context = '富士山は日本一高い山で、𠮷田口から登れる。') =>
  JSON.stringify({ version: '1.1', data: [{ title: '富士山', paragraphs: [{ context, qas }] }] });
const qa = (id: string, text: string, answer_start: number) => ({
  id,
  question: '?',
  answers: [{ text, answer_start }],
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ManabiError) return error.code;
    throw error;
  }
  return 'no error';
}

test('reads questions whose answer_start counts code points', () => {
  const { examples, excluded } = parseSquad(file([qa('a', '日本一', 4), qa('b', '登れる', 17)]), 'a.json');
  expect(excluded).toEqual([]);
  expect(examples.map((example) => example.answers[0].text)).toEqual(['日本一', '登れる']);
});

test('leaves out what cannot be used and says why and where', () => {
  const rows = [
    qa('a', '日本一', 4),
    qa('a', '日本一', 4),
    qa('b', '日本一', 5),
    { id: 'c', question: '?', answers: [], is_impossible: true },
    { id: 'd', question: ' ', answers: [{ text: '富', answer_start: 0 }] },
  ];
  const { examples, excluded } = parseSquad(file(rows), 'a.json');
  expect(examples).toHaveLength(1);
  expect(excluded.map((row) => row.reason)).toEqual([
    'duplicate-id',
    'answer-not-at-start',
    'no-answer',
    'empty-question',
  ]);
  expect(excluded[1].place).toBe('data[0].paragraphs[0].qas[2]');
});

test.each([
  ['', 'squad-empty'],
  ['question,answer\n富士山は?,山', 'squad-csv'],
  ['{"data": [', 'squad-not-json'],
  ['[]', 'squad-shape'],
  ['{"data": [{"paragraphs": 3}]}', 'squad-shape'],
])('%j is refused with %s', (text, code) => {
  expect(codeOf(() => parseSquad(text, 'x.json'))).toBe(code);
});

test('an error names file and key in both languages', () => {
  try {
    parseSquad('{"data": [{"paragraphs": 3}]}', 'x.json');
    expect.unreachable();
  } catch (error) {
    expect((error as ManabiError).in('ja')).toContain('x.json: data[0].paragraphs');
    expect((error as ManabiError).in('en')).toContain('x.json: data[0].paragraphs');
  }
});

test('a 300 MB file is refused before it is read', async () => {
  const file = {
    name: 'big.json',
    size: 300 * 2 ** 20,
    arrayBuffer: () => Promise.reject(new Error('was read')),
  };
  await expect(readSquadFile(file)).rejects.toMatchObject({ code: 'squad-too-large' });
});

test('any JSON gives examples or a ManabiError', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(codeOf(() => parseSquad(text, 'x.json'))).toMatch(/^squad-|no error/);
    }),
  );
});
