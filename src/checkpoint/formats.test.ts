import { expect, test } from 'vitest';
import { en } from '../errors/en.ts';
import { ja } from '../errors/ja.ts';
import { ManabiError, type ErrorCode } from '../errors/manabi-error.ts';
import { parseConfig } from '../model/config.ts';
import { parameterShapes } from '../model/parameters.ts';
import { bytesSource, type ByteSource } from './byte-source.ts';
import { goldenFixture } from '../parity/fixture-files.ts';
import { fixtureSource } from './fixture-files.ts';
import { loadWeights } from './load-weights.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { openTorchWeights } from './torch-file.ts';

const goldenSource = (path: string) => bytesSource(path, goldenFixture(path));
const config = JSON.parse(
  new TextDecoder().decode(goldenFixture('formats/good/torch-zip/config.json')),
) as unknown;
const shapes = parameterShapes(parseConfig(config, 'config.json'));

test.each(['torch-zip', 'torch-protocol-4', 'torch-legacy', 'torch-big-endian'])(
  '%s: every element type, view and parameter',
  async (name) => {
    const group = name === 'torch-big-endian' ? 'big' : 'state';
    const expected = await readSafetensors(fixtureSource('torch-expected.safetensors'));
    const file = await openTorchWeights(fixtureSource(`${name}.bin`));
    const found = await file.read(file.shapes.keys());
    const wanted = [...expected].filter(([key]) => key.startsWith(`${group}.`));
    expect([...found.keys()].toSorted()).toEqual(
      wanted.map(([key]) => key.slice(group.length + 1)).toSorted(),
    );
    for (const [key, tensor] of wanted)
      expect([key, found.get(key.slice(group.length + 1))]).toEqual([key, tensor]);
  },
);

test('tied tensors share their values', async () => {
  const file = await openTorchWeights(fixtureSource('torch-zip.bin'));
  const tensors = await file.read(['a', 'b']);
  expect(tensors.get('a')?.data).toBe(tensors.get('b')?.data);
});

async function codeOf(files: ByteSource[]): Promise<string> {
  try {
    await loadWeights(files, shapes);
    return 'loaded';
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    return `${error.code} ${error.details.shard ?? ''}`.trim();
  }
}

const sharded = 'formats/good/safetensors-sharded';
const index = `${sharded}/model.safetensors.index.json`;
const shards = [1, 2, 3].map((n) => `${sharded}/model-0000${n}-of-00003.safetensors`);

test('the checkpoint is chosen among all files of a folder', async () => {
  const safe = bytesSource(
    'model.safetensors',
    goldenFixture('formats/good/safetensors-float16/model.safetensors'),
  );
  const broken = bytesSource('pytorch_model.bin', new Uint8Array(9));
  const strange = bytesSource('training_args.bin', new Uint8Array(9));
  const one = goldenSource('formats/good/torch-legacy/pytorch_model.bin');
  const all = [index, ...shards].map((path) => goldenSource(path));
  expect(await codeOf([broken, safe])).toBe('loaded');
  expect(await codeOf([strange, { ...one, name: 'weights.bin' }])).toBe('loaded');
  expect(await codeOf([...all, broken])).toBe('loaded');
  expect(await codeOf(all.slice(0, -1))).toBe('shard-missing model-00003-of-00003.safetensors');
  expect(await codeOf(all.slice(1))).toBe('weights-ambiguous');
  expect(await codeOf([strange])).toBe('model-no-weights');
  expect(await codeOf([bytesSource(index, new Uint8Array(3))])).toBe('index-broken');
});

test('a bare model loads under the prefix of the model around it', async () => {
  const names = [...shapes.keys()];
  const whole = await openTorchWeights(goldenSource('formats/good/torch-zip/pytorch_model.bin'));
  const tensors = await whole.read(names);
  const bare = new Map(
    [...tensors]
      .filter(([name]) => name.startsWith('deberta.'))
      .map(([name, tensor]) => [name.slice(8), tensor]),
  );
  const loaded = await loadWeights([bytesSource('model.safetensors', writeSafetensors(bare))], shapes);
  expect(loaded.missing).toEqual(['qa_outputs.weight', 'qa_outputs.bias']);
  expect(loaded.unexpected).toEqual([]);

  // Only one of its shards holds the word embeddings; LayerNorms that come from TensorFlow have gamma and beta.
  const older = (name: string) =>
    name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta');
  const entries = [...bare].map(([name, tensor]) => [older(name), tensor] as const);
  const half = entries.length >> 1;
  const shards = [entries.slice(0, half), entries.slice(half)].map((part, i) =>
    bytesSource(`model-0000${i + 1}-of-00002.safetensors`, writeSafetensors(new Map(part))),
  );
  const weight_map = Object.fromEntries(entries.map(([name], i) => [name, shards[i < half ? 0 : 1].name]));
  const index = bytesSource(
    'model.safetensors.index.json',
    new TextEncoder().encode(JSON.stringify({ weight_map })),
  );
  const joined = await loadWeights([index, ...shards], shapes);
  expect([joined.missing, joined.unexpected]).toEqual([loaded.missing, []]);
  for (const [name, { data }] of loaded.tensors) expect(joined.tensors.get(name)?.data, name).toEqual(data);
});

/** A legacy checkpoint of one tensor: what follows the head is up to the test. */
function legacy(tensor: string, keys = ']X\u0001\0\0\x000a', body = new Uint8Array(16)): ByteSource {
  const head = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.';
  const text = `${head}\x80\x02}X\x01\0\0\0w${tensor}s.\x80\x02${keys}.`;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return bytesSource('legacy.bin', Uint8Array.from([...bytes, ...body]));
}
const storage = (count: string) =>
  `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu${count}tQ`;
const tensorOf = (count: string, offset: string, shape: string, stride: string) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${storage(count)}${offset}${shape}${stride}\x89}tR`;
const twoFloats = Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64]);

async function legacyError(source: ByteSource): Promise<string> {
  try {
    const file = await openTorchWeights(source);
    const { data } = (await file.read(['w'])).get('w') ?? { data: [] };
    return data.join();
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    return error.code;
  }
}

test('sizes that a checkpoint declares are held against what is there', async () => {
  const [two, three, four, huge] = ['K\x02', 'K\x03', 'K\x04', '\x8a\x06\0\0\0\0\0\x01'];
  const row = (size: string) => `${size}\x85`;
  expect(await legacyError(legacy(tensorOf(two, 'K\0', row(two), row('K\x01')), undefined, twoFloats))).toBe(
    '1,2',
  );
  expect(
    await legacyError(legacy(tensorOf(two, 'K\x01', row('K\x01'), row(two)), undefined, twoFloats)),
  ).toBe('2');
  // More elements than the file has bytes for; beyond the storage; one element repeated by stride 0; sizes that disagree.
  expect(await legacyError(legacy(tensorOf(huge, 'K\0', row(huge), row('K\x01'))))).toBe('torch-storage');
  expect(await legacyError(legacy(tensorOf(two, 'K\x01', row(two), row('K\x01'))))).toBe('pickle-broken');
  expect(await legacyError(legacy(tensorOf(two, 'K\0', row(huge), row('K\0'))))).toBe('pickle-broken');
  expect(await legacyError(legacy(tensorOf(four, 'K\0', row(three), row('K\x01'))))).toBe('torch-storage');
  expect(
    await legacyError(legacy(tensorOf(three, 'K\0', row(two), row('K\x01')), undefined, twoFloats)),
  ).toBe('torch-storage');
});

test('a pickle that is deep, contains itself or goes on and on stays small', async () => {
  expect(await legacyError(legacy(`${'('.repeat(200_000)}${'t'.repeat(200_000)}`, ']'))).toBe(
    'torch-not-a-state-dict',
  );
  expect(await legacyError(legacy(']q\0h\0a', ']'))).toBe('torch-not-a-state-dict');
  expect(await legacyError(legacy(']'.repeat(600_000), ']'))).toBe('pickle-broken');
});

test('every message of the room says what to do in both languages', () => {
  for (const code of Object.keys(en) as ErrorCode[]) {
    if (!/^(safetensors|zip|torch|pickle|weights|index|shard|trainer)-/.test(code)) continue;
    expect([code, ja[code].endsWith('ください。'), /\. [A-Z][^.]+.*\.$/.test(en[code])]).toEqual([
      code,
      true,
      true,
    ]);
  }
});
