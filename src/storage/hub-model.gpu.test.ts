import { beforeEach, expect, test } from 'vitest';
import type { ManabiError } from '../errors/manabi-error.ts';
import { listDownloads } from './downloads.ts';
import { expectBytes, noise, place, requests, resetServer, server } from './file-server.ts';
import type { Serving } from './file-server.setup.ts';
import type { HubProgress } from '../checkpoint/hub-files.ts';
import { sha256OfBlobs } from '../hash/sha256.ts';
import { deleteHubModel, listHubModels, modelFilesFromHub } from './hub-model.ts';
import { emptyDatabase } from './test-run.ts';

beforeEach(async () => {
  await emptyDatabase();
  await resetServer();
});

const id = 'ku-nlp/deberta-v2-tiny-japanese';
const weights = noise(5 * 2 ** 20);
const single = { 'config.json': '{}', 'tokenizer.json': '{"a":1}', 'model.safetensors': weights };

type Files = Record<string, Uint8Array<ArrayBuffer> | string>;

async function placeModel(files: Files, how: Record<string, Serving> = {}) {
  for (const [name, body] of Object.entries(files)) {
    await place(`${id}/resolve/main/${name}`, body, { etag: '"1"', ...how[name] });
  }
}

/** The answer of the hub's API for these files, the large ones with their hash. */
async function placeListing(files: Files) {
  const entries = await Promise.all(
    Object.entries(files).map(async ([path, body]) => {
      const blob = new Blob([body]);
      const entry = { type: 'file', oid: '0'.repeat(40), size: blob.size, path };
      return blob.size > 1000
        ? { ...entry, lfs: { oid: await sha256OfBlobs([blob]), size: blob.size } }
        : entry;
    }),
  );
  const folder = { type: 'directory', path: 'onnx', size: 0 };
  await place(`api/models/${id}/tree/main`, JSON.stringify([folder, ...entries]));
}

const errorOf = async (work: Promise<unknown>): Promise<ManabiError> =>
  work.then(
    () => expect.unreachable('should fail'),
    (error: ManabiError) => error,
  );

const index = (names: Record<string, string>) => JSON.stringify({ metadata: {}, weight_map: names });

test('a model comes whole, verified by the hash of the listing, and without the network the next time', async () => {
  const files = { ...single, 'spm.model': 'spm', 'README.md': '---\nlicense: mit\n---' };
  await placeModel(files);
  await placeListing(files);
  const told: HubProgress[] = [];
  const found = await modelFilesFromHub(`${server}/`, id, { onProgress: (progress) => told.push(progress) });
  expect([...found.keys()].sort()).toEqual([
    'README.md',
    'config.json',
    'model.safetensors',
    'spm.model',
    'tokenizer.json',
  ]);
  expect(await found.get('tokenizer.json')?.text()).toBe('{"a":1}');
  await expectBytes(found.get('model.safetensors'), weights);
  const total = weights.length + 2 + 7 + 3 + 20;
  expect(told.at(-1)).toEqual({ file: 'model.safetensors', loaded: total, total });
  expect(told.every(({ loaded }, i) => i === 0 || loaded >= told[i - 1].loaded)).toBe(true);
  const records = await listDownloads();
  const hash = await sha256OfBlobs([new Blob([weights])]);
  expect(records.find(({ url }) => url.endsWith('safetensors'))?.sha256).toBe(hash);
  expect((await requests()).length).toBe(6);

  await resetServer();
  expect([...(await modelFilesFromHub(server, id)).keys()].sort()).toEqual([...found.keys()].sort());
  expect(await requests()).toEqual([]);
  const [model] = await listHubModels();
  expect(model).toMatchObject({ base: server, id, bytes: total });

  await deleteHubModel(model.url);
  expect(await listHubModels()).toEqual([]);
  expect(await listDownloads()).toEqual([]);
});

test('a server without the listing: the files are tried one by one', async () => {
  await placeModel({ ...single, 'pytorch_model.bin': 'never asked for' });
  const told: HubProgress[] = [];
  const found = await modelFilesFromHub(server, id, { onProgress: (progress) => told.push(progress) });
  expect([...found.keys()]).toEqual(['config.json', 'tokenizer.json', 'model.safetensors']);
  const total = weights.length + 9;
  expect(told.at(-1)).toEqual({ file: 'model.safetensors', loaded: total, total });
  expect((await requests()).some(({ path }) => path.endsWith('.bin'))).toBe(false);
});

test.each([['model.safetensors.index.json'], ['pytorch_model.bin.index.json']])(
  'shards of %s',
  async (name) => {
    const shards = { 'part-1': noise(2 ** 20, 3), 'part-2': noise(100, 4) };
    const map = { a: 'part-2', b: 'part-1', c: 'part-2' };
    const files = { 'config.json': '{}', 'spm.model': 'spm', [name]: index(map), ...shards };
    await placeModel(files);
    await placeListing(files);
    const told: HubProgress[] = [];
    const found = await modelFilesFromHub(server, id, { onProgress: (progress) => told.push(progress) });
    expect([...found.keys()]).toEqual(['config.json', 'spm.model', name, 'part-1', 'part-2']);
    expect(found.get('part-1')?.size).toBe(2 ** 20);
    const total = [...found.values()].reduce((sum, { size }) => sum + size, 0);
    expect(told.filter(({ file }) => file === 'part-1').every((progress) => progress.total === total)).toBe(
      true,
    );
    expect(told.at(-1)).toEqual({ file: 'part-2', loaded: total, total });
  },
);

test('the network gone in mid-download: what came is kept, the next attempt goes on', async () => {
  await placeModel(single, { 'model.safetensors': { cutAfter: 3 * 2 ** 20 } });
  const error = await errorOf(modelFilesFromHub(server, id));
  expect(error).toMatchObject({ code: 'download-interrupted', details: { total: '5.2' } });
  expect(error.place).toContain('model.safetensors');
  expect(await listHubModels()).toEqual([]);
  const part = (await listDownloads()).find(({ complete }) => !complete);
  expect(part?.loaded).toBeGreaterThan(0);
  const left = weights.length - (part?.loaded ?? 0);
  const before = (await requests()).length;
  const found = await modelFilesFromHub(server, id);
  await expectBytes(found.get('model.safetensors'), weights);
  const again = (await requests()).slice(before).filter(({ sent }) => sent > 0);
  expect(again).toEqual([
    { path: `/${id}/resolve/main/model.safetensors`, range: `bytes=${part?.loaded}-`, sent: left },
  ]);
});

test('weights that do not match the hash of the listing are refused', async () => {
  await placeListing(single);
  await placeModel({ ...single, 'model.safetensors': noise(weights.length, 9) });
  expect(await errorOf(modelFilesFromHub(server, id))).toMatchObject({ code: 'download-damaged' });
  expect(await listHubModels()).toEqual([]);
});

test('cancelled', async () => {
  await placeModel(single, { 'model.safetensors': { slow: 10 } });
  const control = new AbortController();
  const onProgress = ({ file, loaded }: HubProgress) => {
    if (file === 'model.safetensors' && loaded > 1e6) control.abort();
  };
  const error = await errorOf(modelFilesFromHub(server, id, { signal: control.signal, onProgress }));
  expect(error.code).toBe('download-cancelled');
  expect(await errorOf(modelFilesFromHub(server, id, { signal: AbortSignal.abort() }))).toMatchObject({
    code: 'download-cancelled',
  });
});

test('an id that does not exist, with 404 and with the 401 of the hub', async () => {
  expect(await errorOf(modelFilesFromHub(server, id))).toMatchObject({
    code: 'hub-unknown-model',
    place: id,
    details: { base: server },
  });
  await place(`api/models/${id}/tree/main`, '', { status: 401 });
  await placeModel({ 'config.json': '' }, { 'config.json': { status: 401 } });
  expect(await errorOf(modelFilesFromHub(server, id))).toMatchObject({ code: 'hub-unknown-model' });
});

test.each([
  ['config.json', { 'config.json': undefined }, /config\.json/],
  ['tokenizer', { 'tokenizer.json': undefined }, /tokenizer\.json \/ spm\.model/],
  ['weights', { 'model.safetensors': undefined }, /model\.safetensors \/ pytorch_model\.bin/],
  [
    'a shard',
    { 'model.safetensors': undefined, 'model.safetensors.index.json': index({ a: 'part-1' }) },
    /part-1/,
  ],
])('a model without %s', async (_, change, named) => {
  const files = Object.entries({ ...single, ...change }).filter(([, body]) => body !== undefined);
  await placeModel(Object.fromEntries(files) as Files);
  const error = await errorOf(modelFilesFromHub(server, id));
  expect(error).toMatchObject({ code: 'hub-no-file', place: id });
  expect(error.details.file).toMatch(named);
});

test('a model that the hub lists and does not give needs a sign-in', async () => {
  await placeListing(single);
  const denied = { status: 401 };
  await placeModel(single, { 'config.json': denied, 'tokenizer.json': denied, 'model.safetensors': denied });
  expect(await errorOf(modelFilesFromHub(server, id))).toMatchObject({ code: 'hub-gated' });
});

test('a model without config.json that the hub lists is not called unknown', async () => {
  await placeListing({ 'README.md': 'x' });
  expect(await errorOf(modelFilesFromHub(server, id))).toMatchObject({ code: 'hub-no-file' });
});

test.each([
  ['{'],
  ['null'],
  ['{"weight_map":{}}'],
  ['{"weight_map":{"a":"../x"}}'],
  ['{"weight_map":{"a":1}}'],
])('a broken index: %s', async (body) => {
  await placeModel({ 'config.json': '{}', 'spm.model': 'x', 'model.safetensors.index.json': body });
  expect(await errorOf(modelFilesFromHub(server, id))).toMatchObject({
    code: 'hub-index',
    place: 'model.safetensors.index.json',
  });
});

test('what is no id and no address is refused before anything is asked for', async () => {
  for (const wrong of ['', 'a/b/c', '../a', 'a/..', 'a b', 'a/b?x']) {
    expect(await errorOf(modelFilesFromHub(server, wrong))).toMatchObject({ code: 'hub-id', place: wrong });
  }
  expect(await errorOf(modelFilesFromHub('hub', id))).toMatchObject({ code: 'download-url', place: 'hub' });
  expect(await requests()).toEqual([]);
});
