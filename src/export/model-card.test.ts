import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { readCardHeader } from '../checkpoint/card-header.ts';
import { modelCard, type ModelFacts } from './model-card.ts';

const headerOf = (...lines: string[]) =>
  readCardHeader(new TextEncoder().encode(['---', ...lines, '---'].join('\n')));
const base: ModelFacts = {
  base: 'ku-nlp/deberta-v2-base-japanese',
  isFromHub: true,
  header: headerOf('license: cc-by-sa-4.0', 'datasets: [wikipedia, cc100]'),
  id: 'manabi-model',
  run: null,
  scores: null,
  types: [],
};
const run: NonNullable<ModelFacts['run']> = {
  args: { learning_rate: 3e-5 },
  data: {
    train: {
      name: 'train-v1.3.json',
      questions: 62_859,
      origin: { licence: 'cc-by-sa-4.0', dataset: 'shunk031/JGLUE' },
    },
    evaluation: { name: 'mine.csv', questions: 3 },
  },
  progress: { step: 2, totalSteps: 3 },
};

function read(facts: ModelFacts) {
  const card = modelCard(facts);
  const [, head, text] = /^---\n(.*?)\n---\n(.*)/s.exec(card) ?? [];
  return { head: parse(head) as Record<string, unknown>, text };
}

test('what is known of model and data stands in the head, where hubs read it, and in the text', () => {
  const { head, text } = read({ ...base, run });
  expect(head).toEqual({
    language: 'ja',
    pipeline_tag: 'question-answering',
    library_name: 'transformers',
    license: 'cc-by-sa-4.0',
    base_model: 'ku-nlp/deberta-v2-base-japanese',
    datasets: 'shunk031/JGLUE',
  });
  expect(text).toContain('ku-nlp/deberta-v2-base-japanese: cc-by-sa-4.0 (made from wikipedia, cc100,');
  expect(text).toContain('train data train-v1.3.json: cc-by-sa-4.0\n');
  expect(text).toContain('evaluation data mine.csv: not known\n');
});

test('of a folder without a card nothing is made up', () => {
  const { head, text } = read({ ...base, base: 'a: b', isFromHub: false, header: headerOf() });
  expect(head).toMatchObject({ license: 'unknown' });
  expect(Object.keys(head)).not.toContain('base_model');
  expect(text).toContain('base model a: b: not known\n');
});

test('a folder with a card hands on what that says of its own base and licence', () => {
  const header = headerOf(
    'license: other',
    'license_name: "mine: #1"',
    'license_link: LICENSE',
    'base_model: [a/b, c/d]',
  );
  const { head, text } = read({ ...base, base: 'folder', isFromHub: false, header, types: ['fp32', 'q8'] });
  expect(head).toMatchObject({
    license: 'other',
    license_name: 'mine: #1',
    license_link: 'LICENSE',
    base_model: ['a/b', 'c/d'],
    tags: ['onnx', 'transformers.js'],
  });
  expect(text).toContain('folder: other, mine: #1, LICENSE');
});
