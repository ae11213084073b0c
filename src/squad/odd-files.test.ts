import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { en } from '../errors/en.ts';
import { ja } from '../errors/ja.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseDataFile, readSquadFile } from './read-file.ts';

const context = '富士山は日本一高い山で、𠮷田口から登れる。';
const row = { id: 'a', question: 'どこ', context, answers: { text: ['日本一'], answer_start: [4] } };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (text: string, name = 'x.json') => parseDataFile(bytesOf(text), name);

async function errorOf(bytes: Uint8Array, name = 'x.json'): Promise<ManabiError> {
  const file = { name, size: bytes.length, arrayBuffer: async () => Uint8Array.from(bytes).buffer };
  const error: unknown = await readSquadFile(file).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ManabiError) return error;
  throw error;
}

test('a table by columns is read as rows: lists, or objects by row as pandas writes them', async () => {
  const rows = [row, { ...row, id: 'b' }];
  const columns = (pack: (values: unknown[]) => unknown) =>
    Object.fromEntries(
      Object.keys(row).map((key) => [key, pack(rows.map((one) => one[key as keyof typeof row]))]),
    );
  for (const table of [columns((values) => values), columns((values) => ({ ...values }))]) {
    for (const value of [table, { data: table }]) {
      const { examples, excluded } = await read(JSON.stringify(value));
      expect([examples.map(({ id }) => id), excluded]).toEqual([['a', 'b'], []]);
    }
  }
});

test('UTF-16 without a byte order mark is told by its zero bytes', async () => {
  const text = `id,context,question,answer\n1,"${context}",どこ,日本一\n`;
  const little = Uint8Array.from(
    text.split('').flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8]),
  );
  const big = Uint8Array.from(text.split('').flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255]));
  for (const bytes of [little, big]) {
    const { form, examples } = await parseDataFile(bytes, 'a.csv');
    expect([form.encoding, examples.length]).toEqual(['UTF-16', 1]);
  }
});

test.each([
  ['UTF-32', Uint8Array.of(0xff, 0xfe, 0, 0, 0x5b, 0, 0, 0), 'squad-not-utf8'],
  ['Shift_JIS', Uint8Array.of(0x93, 0xfa, 0x96, 0x7b, 0x2c), 'squad-not-utf8'],
  ['a stream of Arrow', Uint8Array.of(255, 255, 255, 255, 0x70, 1, 0, 0, 0x10, 0, 0, 0), 'squad-not-text'],
  ['an old workbook', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1), 'squad-not-text'],
])('%s is refused as what it is', async (_, bytes, code) => {
  expect((await errorOf(bytes)).code).toBe(code);
});

test('a quotation mark that nothing closes costs its own row alone', async () => {
  const table = `id\tcontext\tquestion\tanswer\n1\t${context}\tどこ\t日本一\n2\t${context}\t"どこ\t日本一\n3\t${context}\tどこ\t日本一\n`;
  const { examples, excluded } = await read(table, 'a.tsv');
  expect(examples.map(({ id, answers }) => [id, answers.length])).toEqual([
    ['1', 1],
    ['3', 1],
  ]);
  expect(excluded).toEqual([{ place: 'row 3', id: '', reason: 'quote-not-closed' }]);
});

test('of two columns of one name the first counts, and Excel’s line about the delimiter is none', async () => {
  const table = `sep=;\r\nid;context;question;answer;answer_start;answer\r\n1;${context};どこ;日本一;4;\r\n`;
  const { examples } = await read(table, 'a.csv');
  expect(examples[0].answers).toEqual([{ text: '日本一', answer_start: 4 }]);
});

test('a place without a text is no question without an answer', async () => {
  const { answers: _, ...plain } = row;
  const rows = [
    { ...plain, answer_start: 4, answer_end: 7 },
    { ...plain, id: 'b' },
  ];
  const { examples, excluded } = await read(JSON.stringify(rows));
  expect(excluded).toMatchObject([{ id: 'a', reason: 'answer-shape' }]);
  expect(examples).toMatchObject([{ id: 'b', is_impossible: true }]);
});

test('SQuAD’s nesting is read from Parquet too', async () => {
  const bytes = readFileSync(new URL('fixtures/paragraphs.parquet', import.meta.url));
  const { examples } = await parseDataFile(new Uint8Array(bytes), 'a.parquet');
  expect(examples).toMatchObject([
    { id: 'q', title: '富士山', answers: [{ text: '日本一', answer_start: 4 }] },
  ]);
});

test('a file without a usable row is told why its first row is none, and what to do', async () => {
  const lines = `${JSON.stringify(row)},\n${JSON.stringify(row)},\n`;
  const error = await errorOf(bytesOf(lines), 'x.jsonl');
  expect(error.code).toBe('squad-no-questions');
  expect(error.with(en)).toContain(
    'line 1: Line that is not JSON. To use them, write one JSON object per line.',
  );
  expect(error.with(ja)).toContain('line 1: JSON として読めない行。1 行に 1 つの JSON オブジェクト');
});
