import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SquadExample } from '../squad/example.ts';
import { unigramFixture } from '../tokenizer/fixture-files.ts';
import { encodingDigest } from './digest.ts';
import type { Feature } from './feature.ts';
import { contextTokens, notebookFeature, windowFeatures } from './features.ts';

type SeedRow = [tokens: number, start: number, end: number, digest: string];
type WindowRow = [tokens: number, first: number, last: number, start: number, end: number, digest: string];

// What the seed notebook's function and run_qa.py's give for these questions with the real library.
const expected = JSON.parse(readFileSync(new URL('fixtures/expected.json', import.meta.url), 'utf8')) as {
  examples: Pick<SquadExample, 'id' | 'question' | 'context' | 'answers'>[];
  seed: Record<string, Record<string, SeedRow>>;
  windows: Record<string, Record<string, WindowRow[] | 'error'>>;
};
const tokenizer = unigramFixture();
const examples: SquadExample[] = expected.examples.map((row) => ({
  ...row,
  title: '',
  is_impossible: false,
}));

function digest({ inputIds, starts, ends }: Feature): Promise<string> {
  return encodingDigest(inputIds, starts, ends);
}

test.each(Object.keys(expected.seed))('notebook features at %s tokens', async (length) => {
  for (const example of examples) {
    const feature = notebookFeature(tokenizer, example, { max_seq_length: Number(length) });
    const { inputIds, startPosition, endPosition } = feature;
    const row = [inputIds.length, startPosition, endPosition, await digest(feature)];
    expect([example.id, row]).toEqual([example.id, expected.seed[length][example.id]]);
  }
});

test.each(Object.keys(expected.windows))('window features at %s', async (name) => {
  const [max_seq_length, doc_stride] = name.split('-').map(Number);
  for (const example of examples) {
    expect([example.id, await windowRows(example, max_seq_length, doc_stride)]).toEqual([
      example.id,
      expected.windows[name][example.id],
    ]);
  }
});

async function windowRows(example: SquadExample, max_seq_length: number, doc_stride: number) {
  let features: Feature[];
  try {
    features = windowFeatures(tokenizer, example, { max_seq_length, doc_stride });
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^tokenizer-(no-room|stride)$/) });
    return 'error';
  }
  return Promise.all(
    features.map(async (feature) => {
      const { first, last } = contextTokens(feature);
      const { inputIds, startPosition, endPosition } = feature;
      return [inputIds.length, first, last, startPosition, endPosition, await digest(feature)];
    }),
  );
}

test('the reference’s oddities are among the cases', () => {
  const seed = Object.values(expected.seed).flatMap((rows) => Object.values(rows));
  expect(seed.some(([, start, end]) => start > end)).toBe(true);
  expect(seed.some(([, start, end]) => start === 0 && end === 0)).toBe(true);
  const windows = Object.values(expected.windows).flatMap((rows) => Object.values(rows));
  expect(windows).toContain('error');
  expect(windows.some((rows) => rows.length > 2)).toBe(true);
});

test('a question without answers is labelled at [CLS]', () => {
  const example = { ...examples[0], answers: [], is_impossible: true };
  expect(notebookFeature(tokenizer, example, { max_seq_length: 96 })).toMatchObject({
    startPosition: 0,
    endPosition: 0,
  });
  for (const feature of windowFeatures(tokenizer, example, { max_seq_length: 32, doc_stride: 8 })) {
    expect(feature).toMatchObject({ exampleId: 'q0', startPosition: 0, endPosition: 0 });
  }
});

test('a context without tokens is an error that names the question', () => {
  const example = { ...examples[0], context: ' \u3000 ' };
  expect(() => notebookFeature(tokenizer, example, { max_seq_length: 96 })).toThrow(/^q0: .*no tokens/);
});

test('strips what Python strips', () => {
  const [plain, odd] = ['', '\ufeff'].map((mark) =>
    notebookFeature(
      tokenizer,
      { ...examples[0], question: `${mark}\x1c\x85犬\u3000` },
      { max_seq_length: 96 },
    ),
  );
  expect(plain.starts[1]).toBe(0); // U+001C and U+0085 are gone
  // U+FEFF is no white space for Python, so it and what follows it stay.
  expect(odd.inputIds.length).toBeGreaterThan(plain.inputIds.length);
});
