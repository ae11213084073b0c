import { expect, test } from 'vitest';
import { parseConfig } from '../../model/config.ts';
import { parameterCount } from '../../model/parameters.ts';
import { ManabiError } from '../../errors/manabi-error.ts';
import type { ExportedModel } from '../exported-model.ts';
import { onnxModel } from '../transformers-folder.ts';
import { webPage } from '../web-page/web-page.ts';
import { onnxTypes } from './onnx-types.ts';
import { typesInTwoFiles, typesOfTwoFiles } from './two-files.ts';

/** No weight is read before its file is written. */
function modelOf(vocab_size: number): ExportedModel {
  const json = { model_type: 'deberta-v2', vocab_size, hidden_size: 1024, num_hidden_layers: 1 };
  const config = parseConfig({ ...json, num_attention_heads: 8, intermediate_size: 64 }, '');
  const files = { 'config.json': new TextEncoder().encode(JSON.stringify(json)) };
  const read = () => {
    throw new RangeError('read');
  };
  return { config, files, read };
}

test.each([
  [32_000, []],
  [500_000, []],
  [530_000, ['fp32']],
  [1_100_000, ['fp32', 'fp16']],
  [2_200_000, ['fp32', 'fp16', 'q8']],
])('what takes two files is known before it is made: a vocabulary of %i', (vocabulary, types) => {
  const model = modelOf(vocabulary);
  expect(typesOfTwoFiles(parameterCount(model.config))).toEqual(types);
  expect(typesInTwoFiles(onnxTypes.flatMap((type) => onnxModel(model, type)))).toEqual(types);
});

test('no page is made of a model that transformers.js cannot load', () => {
  const settings = { name: 'large', language: 'ja', type: 'fp32' } as const;
  const page = '<script type="application/json" id="settings"></script>';
  const tooLarge = new ManabiError('export-two-files', 'onnx/model.onnx');
  expect(() => webPage(modelOf(530_000), settings, page, [])).toThrow(tooLarge);
  expect(webPage(modelOf(500_000), settings, page, []).map(({ name }) => name)).toContain(
    'model/onnx/model.onnx',
  );
});
