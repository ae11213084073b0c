import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig } from '../model/config.ts';
import { parameterShapes } from '../model/parameters.ts';
import { bytesSource, readRange, type ByteSource } from './byte-source.ts';
import { joined, openSafetensors } from './safetensors.ts';
import { storedZip } from './stored-zip.ts';
import { openTorchWeights } from './torch-file.ts';
import { readZip } from './zip.ts';
import { goldenFixture } from '../parity/fixture-files.ts';
import { loadWeights } from './load-weights.ts';

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'read';
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    return error.code;
  }
}

function safetensors(header: object): ByteSource {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + 4);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytesSource('model.safetensors', bytes);
}

test('a file that gives fewer bytes than it has is said to have changed', async () => {
  const shrinking: ByteSource = { name: 'x', size: 10, slice: async () => new Uint8Array(3) };
  expect(await codeOf(() => readRange(shrinking, 0, 10))).toBe('file-changed');
});

test.each([
  ['without a shape', { w: { dtype: 'F32', data_offsets: [0, 4] } }],
  ['with half a place', { w: { dtype: 'F32', shape: [1], data_offsets: [0] } }],
])('a tensor %s is named', async (_, header) => {
  expect(await codeOf(() => openSafetensors(safetensors(header)))).toBe('safetensors-entry');
});

test('a zip whose directory lies is refused', async () => {
  const zip = joined(storedZip(new Map([['a/data.pkl', [new Uint8Array(4)]]])));
  const view = new DataView(zip.buffer);
  const end = zip.length - 22;
  // The directory is said to be longer than the file.
  view.setUint32(end + 12, 2 ** 20, true);
  expect(await codeOf(() => readZip(bytesSource('x.bin', zip)))).toBe('zip-broken');
});

test('views of one storage that ask for more than it holds are refused', async () => {
  const storage = '(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQ';
  const tensor = (offset: string, size: string) =>
    `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}${size}\x85K\x01\x85\x89}tR`;
  const head = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.';
  const items = `X\x01\0\0\0w${tensor('K\0', 'K\x02')}X\x01\0\0\0v${tensor('K\x01', 'K\x01')}`;
  const text = `${head}\x80\x02}(${items}u.\x80\x02]X\x01\0\0\x000a.`;
  const values = Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64);
  const bytes = Uint8Array.from([...Uint8Array.from(text, (c) => c.charCodeAt(0)), ...values]);
  const file = await openTorchWeights(bytesSource('w.bin', bytes));
  expect((await file.read(['w'])).get('w')?.data.join()).toBe('1,2');
  expect(await codeOf(() => file.read(['w', 'v']))).toBe('torch-views');
});

test('more than a zip can hold is not written', async () => {
  // A view of 4 GiB that takes no memory: only its length is looked at.
  const huge = new Proxy(new Uint8Array(0), {
    get: (target, key) => (key === 'length' || key === 'byteLength' ? 2 ** 32 : Reflect.get(target, key)),
  });
  expect(await codeOf(() => storedZip(new Map([['model.safetensors', [huge]]])))).toBe('zip-too-large');
});

test.each([
  ['empty.safetensors', 'safetensors-too-short'],
  ['header-length-too-large.safetensors', 'safetensors-header-length'],
  ['header-not-json.safetensors', 'safetensors-header-json'],
  ['negative-size.safetensors', 'safetensors-end-before-start'],
  ['overlap.safetensors', 'safetensors-overlap'],
  ['shape-overflow.safetensors', 'safetensors-byte-length'],
  ['truncated.safetensors', 'safetensors-truncated'],
  ['trailing-data.safetensors', 'safetensors-trailing'],
  ['unknown-dtype.safetensors', 'safetensors-dtype'],
  ['truncated-zip.bin', 'zip-incomplete'],
  ['flipped-byte-zip.bin', 'zip-crc'],
  ['zip-bomb.bin', 'zip-compressed'],
  ['hostile-zip.bin', 'pickle-global'],
  ['hostile-legacy.bin', 'pickle-global'],
  ['plain-pickle.bin', 'torch-no-tensors'],
])('%s is refused with %s', async (name, code) => {
  const source = bytesSource(name, goldenFixture(`formats/bad/${name}`));
  const config = JSON.parse(new TextDecoder().decode(goldenFixture('formats/good/torch-zip/config.json')));
  expect(await codeOf(() => loadWeights([source], parameterShapes(parseConfig(config, ''))))).toBe(code);
});
