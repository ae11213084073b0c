import { gzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { headParameters } from '../model/parameters.ts';
import type { NamedTensors } from '../model/engine.ts';
import { goldenFixture, goldenFixtures } from '../parity/fixture-files.ts';
import { below } from '../parity/golden-folder.ts';
import { bytesSource } from './byte-source.ts';
import { exportModelFiles } from './export.ts';
import { isTextFile, readModelFolder } from './model-folder.ts';
import { joined, readSafetensors, writeSafetensors } from './safetensors.ts';
import { PyFloat, PyTensor, torchSave, type Saveable } from './torch-save.ts';

const prefix = 'models/qa-trained';
const folder: Record<string, Uint8Array> = Object.fromEntries(
  below(goldenFixtures(), prefix).map((name) => [name, goldenFixture(`${prefix}/${name}`)]),
);
const weights = await readSafetensors(bytesSource('model.safetensors', folder['model.safetensors']));
const config = JSON.parse(new TextDecoder().decode(folder['config.json'])) as Record<string, unknown>;
const text = (content: string) => new TextEncoder().encode(content);

const read = (changes: Record<string, Uint8Array | undefined>) => {
  const all = Object.entries({ ...folder, ...changes }).filter((entry) => entry[1] !== undefined) as [
    string,
    Uint8Array,
  ][];
  const files = Object.fromEntries(all.filter(([name]) => isTextFile(name)));
  return readModelFolder(
    files,
    all.map(([name, bytes]) => bytesSource(name, bytes)),
    42,
  );
};
const withConfig = (changes: object) => ({ 'config.json': text(JSON.stringify({ ...config, ...changes })) });
const renamed = (rename: (name: string) => string): NamedTensors =>
  new Map([...weights].map(([name, tensor]) => [rename(name), tensor]));
const bin = (value: Saveable) => ({
  'model.safetensors': undefined,
  'pytorch_model.bin': joined(torchSave('archive', value)),
});
const dict = (tensors: NamedTensors): Map<string, Saveable> =>
  new Map([...tensors].map(([name, { shape, data }]) => [name, new PyTensor(shape, data)]));

async function errorOf(changes: Record<string, Uint8Array | undefined>): Promise<string> {
  try {
    await read(changes);
    return 'read';
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    return `${error.code} ${error.details.found ?? error.details.kind ?? error.details.key ?? ''}`.trim();
  }
}

test('a fine-tuned model is used as it is, a pretrained one gets a head', async () => {
  const { tensors, findings } = await read({});
  expect(findings.missing).toEqual([]);
  expect(tensors.get('qa_outputs.weight')?.data).toEqual(weights.get('qa_outputs.weight')?.data);
  const bare = new Map([...weights].filter(([name]) => !headParameters.includes(name)));
  expect((await read({ 'model.safetensors': writeSafetensors(bare) })).findings.missing).toEqual(
    headParameters,
  );
});

test.each([
  ['module.', (name: string) => `module.${name}`, { prefixes: ['module.'], isBare: false }],
  [
    '_orig_mod.module.',
    (name: string) => `_orig_mod.module.${name}`,
    { prefixes: ['_orig_mod.module.'], isBare: false },
  ],
  ['model.', (name: string) => `model.${name}`, { prefixes: ['model.'], isBare: false }],
  ['no deberta.', (name: string) => name.replace('deberta.', ''), { prefixes: [], isBare: true }],
  [
    'a name of one’s own',
    (name: string) => `student.net.${name}`,
    { prefixes: ['student.net.'], isBare: false },
  ],
  [
    'the body in module.backbone., the head in module.',
    (name: string) => `module.${name.replace('deberta.', 'backbone.')}`,
    { prefixes: ['module.backbone.', 'module.'], isBare: true },
  ],
  [
    'model. without deberta.',
    (name: string) => `model.${name.replace('deberta.', '')}`,
    { prefixes: ['model.'], isBare: true },
  ],
])('names with %s are recognised, and it is told', async (_, rename, naming) => {
  const { tensors, findings } = await read({ 'model.safetensors': writeSafetensors(renamed(rename)) });
  expect(findings).toMatchObject({ missing: [], unexpected: [], naming });
  for (const [name, { data }] of weights) expect(tensors.get(name)?.data, name).toEqual(data);
});

test('a plain name comes before one that becomes it', async () => {
  const zeros = { shape: [2], data: new Float32Array(2) };
  const both = new Map([['module.qa_outputs.bias', zeros], ...weights]);
  const { tensors, findings } = await read({ 'model.safetensors': writeSafetensors(both) });
  expect(findings.unexpected).toEqual(['module.qa_outputs.bias']);
  expect(tensors.get('qa_outputs.bias')?.data).toEqual(weights.get('qa_outputs.bias')?.data);
});

test.each([['model'], ['state_dict'], ['model_state_dict'], ['net_of_my_own']])(
  'a state dict under %s is found',
  async (key) => {
    const optimizer = new Map<string, Saveable>([['lr', new PyFloat(0.1)]]);
    const { tensors, findings } = await read(
      bin(
        new Map<string, Saveable>([
          ['epoch', 3],
          [key, dict(weights)],
          ['optimizer', optimizer],
        ]),
      ),
    );
    expect(findings).toMatchObject({ missing: [], naming: { nestedIn: [key] } });
    expect(tensors.get('qa_outputs.bias')?.data).toEqual(weights.get('qa_outputs.bias')?.data);
  },
);

/** A safetensors file with one more tensor, of a type that has no float32 form. */
function withOddTensor(dtype: string, name: string): Uint8Array {
  const bytes = folder['model.safetensors'];
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets?: [number, number] }
  >;
  delete header[name];
  const body = bytes.subarray(8 + length);
  const odd = { dtype, shape: [8], data_offsets: [body.length, body.length + 8] };
  const json = text(JSON.stringify({ ...header, other: odd }));
  const prefixBytes = new Uint8Array(8);
  new DataView(prefixBytes.buffer).setBigUint64(0, BigInt(json.length), true);
  return joined([prefixBytes, json, body, new Uint8Array(8)]);
}

test('files that were renamed are read by what they hold', async () => {
  const torch = joined(torchSave('archive', dict(weights)));
  expect(await errorOf({ 'model.safetensors': torch })).toBe('read');
  expect(
    await errorOf({ 'model.safetensors': undefined, 'pytorch_model.bin': writeSafetensors(weights) }),
  ).toBe('read');
  expect(await errorOf({ 'model.safetensors': undefined, 'last.ckpt': torch })).toBe('read');
});

test('a tensor that nobody needs may have any type that safetensors knows', async () => {
  const { findings } = await read({ 'model.safetensors': withOddTensor('F8_E4M3', '') });
  expect(findings.unexpected).toEqual(['other']);
  expect(await errorOf({ 'model.safetensors': withOddTensor('X8', '') })).toBe('safetensors-dtype');
});

test('weights of integers, as a quantized model has them, are not taken for numbers', async () => {
  const header = { 'qa_outputs.bias': { dtype: 'I8', shape: [2], data_offsets: [0, 2] } };
  const json = text(JSON.stringify(header));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(json.length), true);
  expect(await errorOf({ 'model.safetensors': joined([size, json, new Uint8Array(2)]) })).toBe(
    'safetensors-dtype',
  );
});

test('of a file with two models neither is taken for the one that is meant', async () => {
  const two = new Map([...renamed((name) => `student.${name}`), ...renamed((name) => `teacher.${name}`)]);
  expect(await errorOf({ 'model.safetensors': writeSafetensors(two) })).toBe('weights-of-several');
  const usual = new Map([...renamed((name) => `model.${name}`), ...renamed((name) => `ema.${name}`)]);
  expect((await read({ 'model.safetensors': writeSafetensors(usual) })).findings.missing).toEqual([]);
});

test('config.json may have a byte order mark, and Infinity and NaN where nobody needs them', async () => {
  const odd = `\uFEFF${JSON.stringify({ ...config, unused: 'x' }).replace('"x"', '[NaN, -Infinity, "NaN"]')}`;
  const { config: found } = await read({ 'config.json': text(odd) });
  expect(found).toEqual((await read({})).config);
  const saved = exportModelFiles({ 'config.json': text(odd) }, weights, '').get('config.json') ?? [];
  expect(new TextDecoder().decode(joined(saved))).toContain('NaN,\n    -Infinity,\n    "NaN"');
  const used = JSON.stringify({ ...config, layer_norm_eps: 'x' }).replace('"x"', 'Infinity');
  expect(await errorOf({ 'config.json': text(used) })).toBe('config-shape layer_norm_eps');
});

test('a head of other labels is another head, and one is made anew', async () => {
  const width = weights.get('qa_outputs.weight')?.shape[1] ?? 0;
  const other = new Map(weights)
    .set('qa_outputs.weight', { shape: [5, width], data: new Float32Array(5 * width) })
    .set('qa_outputs.bias', { shape: [5], data: new Float32Array(5) });
  const { tensors, findings } = await read({ 'model.safetensors': writeSafetensors(other) });
  expect([findings.missing, findings.unexpected]).toEqual([headParameters, [...headParameters].toSorted()]);
  expect(tensors.get('qa_outputs.weight')?.shape).toEqual([2, width]);
});

test.each([1, 3, 5])('a config of %i labels is saved with what the head has', (labels) => {
  const id2label = Object.fromEntries(Array.from({ length: labels }, (_, i) => [i, `L${i}`]));
  const given = {
    ...config,
    num_labels: labels,
    id2label,
    label2id: { L0: 0 },
    problem_type: 'regression',
    torch_dtype: 'float16',
    architectures: ['DebertaV2ForSequenceClassification'],
    vocab_size: 4000,
    tie_word_embeddings: true,
    pruned_heads: { 0: [1] },
    quantization_config: { bits: 8 },
    own_field: 'kept',
  };
  const files = {
    'config.json': text(JSON.stringify(given)),
    'adapter_config.json': text('{}'),
    'spm.model': text('x'),
  };
  const saved = exportModelFiles(files, weights, '');
  expect([...saved.keys()].toSorted()).toEqual([
    'README.md',
    'config.json',
    'model.safetensors',
    'spm.model',
  ]);
  const written = JSON.parse(new TextDecoder().decode(joined(saved.get('config.json') ?? []))) as object;
  for (const name of [
    'num_labels',
    'id2label',
    'label2id',
    'problem_type',
    'torch_dtype',
    'tie_word_embeddings',
    'pruned_heads',
    'quantization_config',
  ]) {
    expect(written).not.toHaveProperty(name);
  }
  const rows = weights.get('deberta.embeddings.word_embeddings.weight')?.shape[0];
  expect(written).toMatchObject({
    own_field: 'kept',
    dtype: 'float32',
    vocab_size: rows,
    architectures: ['DebertaV2ForQuestionAnswering'],
  });
});

const pointer = text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
const page = text('\n<!DOCTYPE html><html><body>Sign in</body></html>');

test.each([
  ['weights that are a Git LFS pointer', { 'model.safetensors': pointer }, 'file-lfs-pointer'],
  [
    'torch weights that are one',
    { 'model.safetensors': undefined, 'pytorch_model.bin': pointer },
    'file-lfs-pointer',
  ],
  ['a tokenizer that is one', { 'tokenizer.json': undefined, 'spm.model': pointer }, 'file-lfs-pointer'],
  ['a web page', { 'model.safetensors': undefined, 'pytorch_model.bin': page }, 'file-html'],
  ['a web page for config.json', { 'config.json': page }, 'file-html'],
  ['an answer of the hub', { 'model.safetensors': text('Entry not found') }, 'file-text'],
  [
    'an answer of the hub for spm.model',
    { 'tokenizer.json': undefined, 'spm.model': text('{"error":"Repository not found"}') },
    'file-text',
  ],
  ['a web page for special_tokens_map.json', { 'special_tokens_map.json': page }, 'file-html'],
  [
    'a web page for the index',
    { 'model.safetensors': undefined, 'model.safetensors.index.json': page },
    'file-html',
  ],
  ['packed weights', { 'model.safetensors': gzipSync(folder['model.safetensors']) }, 'file-packed gzip'],
  [
    'a dict of other things',
    bin(
      new Map<string, Saveable>([
        ['lr', 1],
        ['step', 2],
      ]),
    ),
    'torch-not-a-state-dict dict: lr, step',
  ],
  [
    'weights of TensorFlow',
    { 'model.safetensors': undefined, 'tf_model.h5': text('x') },
    'weights-other-format',
  ],
  [
    'an adapter beside a config.json',
    { 'model.safetensors': undefined, 'adapter_model.safetensors': writeSafetensors(new Map()) },
    'model-adapter',
  ],
  ['an adapter alone', { 'config.json': undefined, 'adapter_config.json': text('{}') }, 'model-adapter'],
  ['no weights', { 'model.safetensors': undefined, 'optimizer.pt': text('x') }, 'model-no-weights'],
  ['a packed folder', { 'config.json': undefined, 'my-model.zip': text('PK') }, 'file-packed zip'],
  ['no config.json', { 'config.json': undefined }, 'model-no-config'],
  ['half a config.json', { 'config.json': text('{"model_type":') }, 'config-not-json'],
  ['a list for config.json', { 'config.json': text('[]') }, 'config-shape (top)'],
  ['another family', withConfig({ model_type: 'bert' }), 'config-architecture bert'],
  ['another activation', withConfig({ hidden_act: 'relu' }), 'config-unsupported hidden_act'],
  ['a hidden size as text', withConfig({ hidden_size: '64' }), 'config-shape hidden_size'],
  ['more layers than weights', withConfig({ num_hidden_layers: 9 }), 'weights-missing'],
  ['another width', withConfig({ intermediate_size: 8 }), 'weights-shape [64]'],
  ['no tokenizer', { 'tokenizer.json': undefined, 'spm.model': undefined }, 'tokenizer-missing'],
])('%s: it is said what it is', async (_, changes, code) => {
  expect(await errorOf(changes)).toBe(code);
});
