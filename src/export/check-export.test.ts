import { readFileSync } from 'node:fs';
import * as transformers from '@xenova/transformers';
import { expect, test } from 'vitest';
import { bytesSource } from '../checkpoint/byte-source.ts';
import { readSafetensors } from '../checkpoint/safetensors.ts';
import { openCpu } from '../cli/backend.ts';
import { parseConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import { goldenFixture } from '../parity/fixture-files.ts';
import { parseSquad } from '../squad/read-file.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import { checkExport } from './check-export.ts';
import { readerOf } from './exported-model.ts';
import { makeFiles } from './made-folder.ts';
import { transformersFolder } from './transformers-folder.ts';
import type { OnnxType } from './onnx/onnx-types.ts';

const name = (file: string) => `models/qa-trained/${file}`;
const given = ['config.json', 'spm.model', 'tokenizer_config.json', 'special_tokens_map.json'];
const files = Object.fromEntries(given.map((file) => [file, goldenFixture(name(file))]));
const config = parseConfig(JSON.parse(new TextDecoder().decode(files['config.json'])), '');
const weights = await readSafetensors(bytesSource('', goldenFixture(name('model.safetensors'))));
const tokenizer = readTokenizer(files);
const engine = await (await openCpu())(config, weights);
const sample = new URL('../../public/sample/valid.json', import.meta.url);
const examples = parseSquad(readFileSync(sample, 'utf8'), 'valid.json').examples.slice(0, 12);

async function check(type: OnnxType, exported: NamedTensors) {
  const folder = transformersFolder({ config, read: readerOf(exported), files }, [type], '');
  return checkExport(transformers, await makeFiles(folder), type, engine, tokenizer, examples);
}

test('transformers.js answers with the export as with the engine', { timeout: 60_000 }, async () => {
  const found = await check('fp32', weights);
  expect(found).toMatchObject({
    passed: true,
    questions: 12,
    sameTokens: 12,
    sameAnswers: 12,
    differences: [],
  });
  expect(found.difference).toBeLessThan(1e-4);
  expect(found.scores.onnx).toEqual(found.scores.engine);
});

test('8 bits differ in their logits, which the check tells', { timeout: 60_000 }, async () => {
  const found = await check('q8', weights);
  expect(found).toMatchObject({ passed: null, sameTokens: 12 });
  expect(found.difference).toBeGreaterThan(1e-3);
  expect(found.bytes).toBeLessThan(0.4 * (await check('fp32', weights)).bytes);
});

test('an export of other weights is found out, with the question', { timeout: 60_000 }, async () => {
  const other = new Map(weights);
  const { shape, data } = weights.get('qa_outputs.weight') ?? { shape: [], data: new Float32Array() };
  other.set('qa_outputs.weight', { shape, data: data.map((value, at) => value + (at === 5 ? 1e-2 : 0)) });
  const found = await check('fp32', other);
  expect(found.passed).toBe(false);
  expect(found.differences[0]).toMatchObject({ id: examples[0].id, question: examples[0].question });
});

test('files that transformers.js cannot load are told with its reason', { timeout: 60_000 }, async () => {
  const folder = transformersFolder({ config, read: readerOf(weights), files }, ['fp32'], '');
  const made = (await makeFiles(folder)).filter(({ name: file }) => file !== 'config.json');
  await expect(checkExport(transformers, made, 'fp32', engine, tokenizer, examples)).rejects.toMatchObject({
    code: 'export-check',
    details: { reason: expect.stringMatching(/config\.json/) },
  });
});
