import { unzipSync } from 'fflate';
import { expect, test, vi } from 'vitest';
import { bytesSource } from '../checkpoint/byte-source.ts';
import { crc32 } from '../compression/crc32.ts';
import { readSafetensors } from '../checkpoint/safetensors.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig } from '../model/config.ts';
import type { ExportFile } from './export-file.ts';
import { readerOf, takerOf } from './exported-model.ts';
import { makeFiles, zipBlob } from './made-folder.ts';
import { randomWeights } from './onnx/test-model.ts';
import { pythonFolder } from './python-folder.ts';
import { transformersFolder } from './transformers-folder.ts';

const json = {
  model_type: 'deberta-v2',
  vocab_size: 50,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
const config = parseConfig({ ...json, intermediate_size: 8 }, '');
const files = {
  'config.json': new TextEncoder().encode(
    JSON.stringify({ ...json, intermediate_size: 8, torch_dtype: 'float32' }),
  ),
};

async function unzipped(zip: Blob): Promise<Record<string, Uint8Array>> {
  return unzipSync(new Uint8Array(await zip.arrayBuffer()));
}

test.each([
  ['float32', 0],
  ['float16', 2 ** -11],
  ['bfloat16', 2 ** -8],
] as const)('the zip of a Python folder holds the weights in %s', async (type, precision) => {
  const weights = randomWeights(config, 3);
  const made = await makeFiles(pythonFolder({ config, read: readerOf(weights), files }, type, 'card'));
  for (const { blob, crc } of made) expect(crc32(new Uint8Array(await blob.arrayBuffer()))).toBe(crc);
  const folder = await unzipped(zipBlob(made));
  expect(Object.keys(folder).toSorted()).toEqual([
    'README.md',
    'config.json',
    'model.safetensors',
    'predict.py',
  ]);
  const saved = JSON.parse(new TextDecoder().decode(folder['config.json']));
  expect(saved).toMatchObject({ dtype: type, architectures: ['DebertaV2ForQuestionAnswering'] });
  expect(saved).not.toHaveProperty('torch_dtype');
  const read = await readSafetensors(bytesSource('', folder['model.safetensors']));
  expect([...read.keys()]).toEqual([...weights.keys()]);
  for (const [name, { shape, data }] of weights) {
    expect(read.get(name)?.shape).toEqual(shape);
    const far = data.findIndex((value, at) => {
      const distance = Math.abs(value - (read.get(name)?.data[at] ?? NaN));
      return !(distance <= Math.abs(value) * precision + 2 ** -25 * Number(precision > 0));
    });
    expect([name, far]).toEqual([name, -1]);
  }
});

test('the model is gone when its file is made, and the sum of the bytes is told', async () => {
  const weights = randomWeights(config, 3);
  const told: number[][] = [];
  const made = await makeFiles(
    transformersFolder({ config, read: takerOf(weights), files }, ['q8'], 'card'),
    {
      onProgress: (done, total) => void told.push([done, total]),
    },
  );
  expect(weights.size).toBe(0);
  const bytes = made.reduce((sum, { blob }) => sum + blob.size, 0);
  expect(told.at(-1)).toEqual([bytes, bytes]);
  expect(Object.keys(await unzipped(zipBlob(made)))).toContain('onnx/model_quantized.onnx');
});

test('a file that the browser finds no room for is told, and not taken for whole', async () => {
  // As Chromium's are on a full disk: of the right size, and not to be read.
  class BlobWithoutRoom extends Blob {
    override slice(): Blob {
      const noRoom = new DOMException('The requested file could not be read.', 'NotReadableError');
      return Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(noRoom) });
    }
  }
  vi.stubGlobal('Blob', BlobWithoutRoom);
  try {
    const folder = pythonFolder({ config, read: readerOf(randomWeights(config, 3)), files }, 'float32', '');
    await expect(makeFiles(folder)).rejects.toMatchObject({ code: 'export-no-room', place: 'config.json' });
  } finally {
    vi.unstubAllGlobals();
  }
});

test('a cancel ends the making', async () => {
  const control = new AbortController();
  const weights = randomWeights(config, 3);
  const making = makeFiles(pythonFolder({ config, read: readerOf(weights), files }, 'float32', ''), {
    onProgress: () => control.abort(),
    signal: control.signal,
  });
  await expect(making).rejects.toThrow(new ManabiError('cancelled', ''));
});

test('config.json of a Python folder is as Python writes it and tells what the weights are', () => {
  const text = JSON.stringify({
    ...json,
    intermediate_size: 8,
    id2label: { 0: 'a', 1: 'b', 2: 'c' },
    odd: 0,
  });
  const given = { 'config.json': new TextEncoder().encode(`\uFEFF${text.replace('"odd":0', '"odd":NaN')}`) };
  const model = { config, read: readerOf(randomWeights(config, 3)), files: given };
  const saved = configOf(pythonFolder(model, 'float32', ''));
  expect(saved).toContain('"odd": NaN');
  expect(saved).not.toContain('id2label');
  expect(saved).toContain('"dtype": "float32"');
});

test('config.json for transformers.js is plain JSON: infinity is written out, NaN is refused by its key', () => {
  const text = JSON.stringify({ ...json, intermediate_size: 8, odd: { far: [1] } });
  const saved = (value: string) => {
    const given = { 'config.json': new TextEncoder().encode(text.replace('[1]', value)) };
    const model = { config, read: readerOf(randomWeights(config, 3)), files: given };
    return configOf(transformersFolder(model, ['fp32'], ''));
  };
  expect(JSON.parse(saved('[Infinity, -Infinity]'))).toMatchObject({
    architectures: ['DebertaV2ForQuestionAnswering'],
    odd: { far: [Infinity, -Infinity] },
  });
  expect(() => saved('NaN')).toThrow(new ManabiError('export-not-json', 'config.json', { key: 'far' }));
});

function configOf(folder: ExportFile[]): string {
  const parts = folder.find(({ name }) => name === 'config.json')?.parts() ?? [];
  return [...parts].map((part) => new TextDecoder().decode(part)).join('');
}
