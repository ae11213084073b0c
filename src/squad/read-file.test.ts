import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { gzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { unpackFile } from '../compression/unpack.ts';
import { en } from '../errors/en.ts';
import { ja } from '../errors/ja.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { describeForm, describeSquad } from './describe.ts';
import { exclusionHint } from './exclusion-texts.ts';
import { mendRows } from './mend-rows.ts';
import { parseDataFile, parseSquad, readSquadFile } from './read-file.ts';

const context = '富士山は日本一高い山で、𠮷田口から登れる。';
const file = (qas: unknown[]) =>
  JSON.stringify({ version: '1.1', data: [{ title: '富士山', paragraphs: [{ context, qas }] }] });
const qa = (id: string, text: string, answer_start: number) => ({
  id,
  question: '?',
  answers: [{ text, answer_start }],
});
const row = { id: 'a', question: 'どこ', context, answers: { text: ['日本一'], answer_start: [4] } };
const bytesOf = (text: string) => new TextEncoder().encode(text);

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ManabiError) return error.code;
    throw error;
  }
  return 'no error';
}

const read = (bytes: Uint8Array, name: string) =>
  readSquadFile({
    name,
    size: bytes.length,
    arrayBuffer: async () => Uint8Array.from(bytes).buffer,
  });

test('reads questions whose answer_start counts code points', () => {
  const { examples, excluded } = parseSquad(file([qa('a', '日本一', 4), qa('b', '登れる', 17)]), 'a.json');
  expect(excluded).toEqual([]);
  expect(examples.map((example) => example.answers[0].text)).toEqual(['日本一', '登れる']);
});

test('leaves out what cannot be used and says why, where and what would be right', () => {
  const rows = [
    qa('a', '日本一', 4),
    qa('a', '日本一', 4),
    qa('b', '日本一', 9),
    qa('c', '日本一', -1),
    qa('d', '東京', 0),
    { id: 'e', question: ' ', answers: [{ text: '富', answer_start: 0 }] },
    { id: 'f', question: '?', answers: 7 },
    { id: 'g', question: '?', answers: ['京都'] },
    { id: 'h', question: '?', answers: ['山'] },
    'x',
  ];
  const { examples, excluded } = parseSquad(file(rows), 'a.json');
  expect(examples).toHaveLength(1);
  expect(excluded.map((left) => [left.reason, exclusionHint(left, 'en')])).toEqual([
    ['duplicate-id', ''],
    ['answer-not-at-start', 'answer_start should be 4'],
    ['answer-start', 'answer_start should be 4'],
    ['answer-not-at-start', ''],
    ['empty-question', ''],
    ['answer-shape', ''],
    ['answer-not-in-context', ''],
    ['answer-ambiguous', ''],
    ['not-a-question', 'object'],
  ]);
  expect(excluded[1].place).toBe('data[0].paragraphs[0].qas[2]');
});

test('rows whose answer certainly stands elsewhere are mended in their places, the others stay left out', async () => {
  const once = { text: '日本一', answer_start: 9 };
  const rows = [
    { ...qa('a', '日本一', 0), answers: [once, { text: '一', answer_start: 2 }] },
    qa('b', '日本一', 4),
    qa('c', '山', 6),
    qa('d', '登れる', 1),
  ];
  const data = parseSquad(file(rows), 'a.json');
  expect(data.examples.map(({ id }) => id)).toEqual(['b']);
  const mended = mendRows(data);
  expect(mended.examples.map(({ id, answers }) => [id, answers[0]])).toEqual([
    ['a', { text: '日本一', answer_start: 4 }],
    ['b', { text: '日本一', answer_start: 4 }],
    ['d', { text: '登れる', answer_start: 17 }],
  ]);
  expect(mended.examples[0].answers[1]).toEqual({ text: '一', answer_start: 2 });
  expect(mended.excluded.map(({ id }) => id)).toEqual(['c']);
  expect(describeForm(mended, 'en')).toContain('answer_start put where the answer stands: 2');

  // A file of nothing but such rows is no file without questions where they can be mended.
  const all = new File([file([qa('a', '日本一', 0)])], 'b.json');
  await expect(readSquadFile(all)).rejects.toMatchObject({ code: 'squad-no-questions' });
  const mendable = await readSquadFile(all, { mendable: true });
  expect(mendRows(mendable).examples).toHaveLength(1);
  const lost = new File([file([qa('a', '犬', 0)])], 'c.json');
  await expect(readSquadFile(lost, { mendable: true })).rejects.toMatchObject({ code: 'squad-no-questions' });
});

test('questions without an answer are kept apart from faults', () => {
  const rows = [qa('a', '日本一', 4), { id: 'b', question: '?', answers: null }, qa('c', '', 0)];
  const impossible = { ...qa('d', '日本一', 4), is_impossible: true };
  const data = parseSquad(file([...rows, impossible]), 'a.json');
  expect(data.examples.map(({ answers, is_impossible }) => [answers.length, is_impossible])).toEqual([
    [1, false],
    [0, true],
    [0, true],
    [0, true],
  ]);
  expect(describeSquad(data)).toMatchObject({ questions: 1, withoutAnswer: 3, contexts: 1, excluded: {} });
});

test('what was done to rows is counted and said in one line', () => {
  const { id: _, ...anonymous } = row;
  const rows = [
    anonymous,
    { ...row, answers: { text: '日本一', answer_start: '4' } },
    { ...row, id: 12345678901234567890n, answers: [{ text: '日本一', answer_start: 6 }] },
    { ...row, id: 1, answers: ['登れる'] },
  ];
  const text = JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? `big${value}` : value,
  ).replace('"big12345678901234567890"', '12345678901234567890');
  const data = parseSquad(text, 'a.json');
  expect(data.examples.map(({ id, answers }) => [id, answers[0].answer_start])).toEqual([
    ['[0]', 4],
    ['a', 4],
    ['12345678901234567890', 4],
    ['1', 17],
  ]);
  expect(describeForm(data, 'en')).toBe(
    'JSON with rows; place taken as id: 1; answer_start read from text: 1; answer_start moved one or two characters to its answer: 1; ' +
      'answers found in their contexts, without answer_start: 1',
  );
});

test.each([
  ['rows', JSON.stringify({ data: [row] }), 'a.json'],
  ['json-lines', `${JSON.stringify(row)}\n${JSON.stringify({ ...row, id: 'b' })}\n`, 'a.txt'],
  ['csv', `ID,文章,質問,答え\n1,"${context}",どこ,日本一\n`, 'a.csv'],
  ['tsv', `question\tpassage\tanswer\tstart\nどこ\t${context}\t日本一\t4\n`, 'a.tsv'],
  [
    'csv',
    `context;question;answers\r\n${context};どこ;"{'text': array(['日本一'], dtype=object), 'answer_start': array([4])}"\r\n`,
    'a',
  ],
  [
    'csv',
    `context,question,answers.text,answers.answer_start\n${context},どこ,"['日本一']","[4]"\n`,
    'a.csv',
  ],
  ['squad', file([qa('a', '日本一', 4)]).replace('"富士山"', 'NaN'), 'a.json'],
])('%s is read, also in gzip and zip, with a byte order mark and in UTF-16', async (format, text, name) => {
  const marked = `\uFEFF${text}`;
  const units = Uint16Array.from({ length: marked.length }, (_, i) => marked.charCodeAt(i));
  const utf16 = new Uint8Array(units.buffer);
  const twice = new Uint8Array([...gzipSync(bytesOf(text.slice(0, 9))), ...gzipSync(bytesOf(text.slice(9)))]);
  const files = [
    [bytesOf(text), name],
    [bytesOf(`\uFEFF${text}`), name],
    [utf16, name],
    [gzipSync(bytesOf(text)), `${name}.gz`],
    [twice, `${name}.gz`],
    [zipSync({ [`folder/${name}`]: utf16, [`__MACOSX/folder/._${name}`]: bytesOf('x') }), 'b.zip'],
    [zipSync({ 'README.md': bytesOf('x'), 'data.csv': bytesOf(text) }), 'b.zip'],
    [zipSync({ [`${name}.gz`]: gzipSync(bytesOf(text)) }, { level: 0 }), 'b.zip'],
  ] as const;
  for (const [bytes, given] of files) {
    const data = await read(bytes, given);
    expect(data.form.format).toBe(format);
    expect(data.examples[0]).toMatchObject({ context, answers: [{ text: '日本一', answer_start: 4 }] });
  }
});

test.each([
  ['', 'squad-empty'],
  ['question,answer\n富士山は?,山', 'squad-csv'],
  ['<!doctype html>', 'file-html'],
  ['version https://git-lfs.github.com/spec/v1\noid sha256:0\n', 'file-lfs-pointer'],
  ['some words', 'squad-unknown-form'],
  ['{"data": [', 'squad-not-json'],
  ['[]', 'squad-shape'],
  ['3', 'squad-shape'],
  ['{"data": [{"paragraphs": 3}]}', 'squad-shape'],
  [file([qa('a', '', 0)]), 'squad-only-unanswerable'],
  [file([qa('a', '月', 0)]), 'squad-no-questions'],
])('%j is refused with %s', async (text, code) => {
  expect(await codeOf(() => read(bytesOf(text), 'x.json'))).toBe(code);
});

const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
const packed = gzipSync(bytesOf(file([qa('a', '日本一', 4)])));

test.each([
  ['latin1', Uint8Array.of(0xe9, 0x41), 'squad-not-utf8'],
  ['bzip2', bytesOf('BZh91AY'), 'packed-kind'],
  ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0), 'packed-kind'],
  ['gzip of another length', flipped(packed, packed.length - 2), 'packed-damaged'],
  ['gzip of another CRC', flipped(packed, packed.length - 6), 'packed-damaged'],
  ['half a gzip', packed.slice(0, packed.length / 2), 'packed-damaged'],
  ['two files in a zip', zipSync({ 'a.json': bytesOf('[]'), 'b.json': bytesOf('[]') }), 'packed-files'],
  [
    'an Excel workbook',
    zipSync({ '[Content_Types].xml': bytesOf(''), 'xl/workbook.xml': bytesOf('') }),
    'packed-workbook',
  ],
  ['half a zip', zipSync({ 'a.json': bytesOf('[]') }).slice(0, 50), 'packed-damaged'],
  ['half a Parquet', bytesOf('PAR1 and no end'), 'squad-parquet'],
])('%s is refused by name', async (_, bytes, code) => {
  expect(await codeOf(() => read(bytes, 'x.json'))).toBe(code);
});

test('an error names file and key in both languages', () => {
  try {
    parseSquad('{"data": [{"paragraphs": 3}]}', 'x.json');
    expect.unreachable();
  } catch (error) {
    expect((error as ManabiError).with(ja)).toContain('x.json: data[0].paragraphs');
    expect((error as ManabiError).with(en)).toContain('x.json: data[0].paragraphs');
  }
});

test('what unpacks to more than the limit is refused before it is whole', async () => {
  const zeros = new Uint8Array(2 ** 21);
  for (const bytes of [gzipSync(zeros), zipSync({ 'x.json': zeros })]) {
    expect(await codeOf(() => unpackFile('x', bytes, 2 ** 20))).toBe('squad-too-large');
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

test('any JSON gives examples or a ManabiError', async () => {
  const key = fc.constantFrom('data', 'paragraphs', 'qas', 'context', 'question', 'answers', 'text', 'id');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, '', 'あ', 1, -1, true),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.json(),
        tree.map((value) => JSON.stringify(value)),
      ),
      async (text) => {
        expect(await codeOf(() => parseSquad(text, 'x.json'))).toMatch(/^squad-|no error/);
      },
    ),
  );
});

// tools/fuzz_inputs.py record: random files in every form, and what Python's own modules read of them by the same rules.
const recorded = JSON.parse(readFileSync(new URL('fixtures/read-plainly.json', import.meta.url), 'utf8')) as {
  name: string;
  base64: string;
  wanted: 'refused' | { examples: unknown[]; excluded: unknown[] };
}[];

test('files that Python has read are read alike', async () => {
  expect(recorded.some(({ name }) => name.endsWith('.parquet'))).toBe(true);
  for (const { name, base64, wanted } of recorded) {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    if (wanted === 'refused') {
      expect([name, await codeOf(() => parseDataFile(bytes, name))]).toEqual([
        name,
        expect.stringMatching(/^(squad|packed)-/),
      ]);
      continue;
    }
    const { examples, excluded } = await parseDataFile(bytes, name);
    const found = examples.map(({ id, question, context, answers }) => [
      id,
      question,
      context,
      answers.map(({ text }) => text),
      answers[0]?.answer_start ?? null,
    ]);
    expect([name, found]).toEqual([name, wanted.examples]);
    expect([name, excluded.map(({ place, reason }) => [place, reason])]).toEqual([name, wanted.excluded]);
  }
});
