import { expect, test } from 'vitest';
import { readCardHeader } from './card-header.ts';

const none = { license: [], license_name: [], license_link: [], base_model: [], datasets: [] };
const read = (text: string) => readCardHeader(new TextEncoder().encode(text));

test('a single value and a list are read alike, in every form that YAML has for them', () => {
  const card = [
    '---',
    'language: ja',
    'license: cc-by-sa-4.0 # of the data',
    'base_model: "ku-nlp/deberta-v2-base-japanese"',
    'datasets:',
    '- wikipedia',
    "- 'cc100'",
    '---',
    '# A model',
    'license: mit',
  ];
  const wanted = {
    ...none,
    license: ['cc-by-sa-4.0'],
    base_model: ['ku-nlp/deberta-v2-base-japanese'],
    datasets: ['wikipedia', 'cc100'],
  };
  expect(read(card.join('\n'))).toEqual(wanted);
  expect(read(`\uFEFF${card.join('\r\n')}`)).toEqual(wanted);
  expect(read('---\nlicense: [mit, apache-2.0]\n---\n').license).toEqual(['mit', 'apache-2.0']);
});

test('a licence of its own comes with its name and its place', () => {
  expect(read('---\nlicense: other\nlicense_name: mine\nlicense_link: LICENSE\n---')).toEqual({
    ...none,
    license: ['other'],
    license_name: ['mine'],
    license_link: ['LICENSE'],
  });
});

test.each([
  ['no file', undefined],
  ['no head', '# A model\nlicense: mit'],
  ['a head without an end', '---\nlicense: mit\n'],
  ['no YAML', '---\nlicense: [mit\n---\n'],
  ['no fields', '---\n- license\n---\n'],
  ['other values', '---\nlicense: 3\nbase_model: {a: b}\ndatasets: [null, 1]\n---\n'],
  ['a licence that is not known', '---\nlicense: unknown\n---\n'],
])('%s says nothing', (_, text) => {
  expect(text === undefined ? readCardHeader(undefined) : read(text)).toEqual(none);
});
