import { beforeEach, expect, test } from 'vitest';
import type { ManabiError } from '../errors/manabi-error.ts';
import { database } from './database.ts';
import { deleteDownload, downloadFile, listDownloads, storedFile } from './downloads.ts';
import { expectBytes, limitQuota, noise, place, requests, resetServer, server } from './file-server.ts';
import type { Serving } from './file-server.setup.ts';
import { jsquadUrls } from './jsquad.ts';
import { sha256OfBlobs } from '../hash/sha256.ts';
import { emptyDatabase } from './test-run.ts';

beforeEach(async () => {
  await emptyDatabase();
  await resetServer();
});

const MIB = 2 ** 20;
const big = noise(9 * MIB + 123);

const loadedOf = async (url: string) => (await listDownloads()).find((record) => record.url === url)?.loaded;

const errorOf = async (work: Promise<unknown>): Promise<ManabiError> =>
  work.then(
    () => expect.unreachable('should fail'),
    (error: ManabiError) => error,
  );

test('a file is loaded in pieces, told of, and comes from the store the second time', async () => {
  const url = await place('a.bin', big, { etag: '"1"' });
  const told: [number, number | null][] = [];
  const blob = await downloadFile(url, { onProgress: (...progress) => told.push(progress) });
  await expectBytes(blob, big);
  expect(told[0]).toEqual([0, big.length]);
  expect(told.at(-1)).toEqual([big.length, big.length]);
  expect(told.every(([loaded], i) => i === 0 || loaded >= told[i - 1][0])).toBe(true);
  expect(await (await database()).count('chunks')).toBe(3);

  await expectBytes(await downloadFile(url), big);
  await expectBytes(await storedFile(url), big);
  expect((await requests()).length).toBe(1);
  const whole = { url, etag: '"1"', size: big.length, loaded: big.length, complete: true, sha256: null };
  expect(await listDownloads()).toMatchObject([whole]);

  await deleteDownload(url);
  expect(await listDownloads()).toEqual([]);
  expect(await storedFile(url)).toBeNull();
  expect(await (await database()).count('chunks')).toBe(0);
});

test('a broken connection keeps what came, and the next attempt loads only the rest', async () => {
  const url = await place('cut.bin', big, { etag: '"1"', cutAfter: 5 * MIB + 77 });
  const error = await errorOf(downloadFile(url));
  const [record] = await listDownloads();
  expect(record).toMatchObject({ size: big.length, complete: false });
  // Chromium drops what it has received and the page has not read when the connection breaks: here up to a megabyte.
  expect(record.loaded).toBeGreaterThanOrEqual(4 * MIB);
  expect(record.loaded).toBeLessThanOrEqual(5 * MIB + 77);
  const details = { loaded: (record.loaded / 1e6).toFixed(1), total: '9.4' };
  expect(error).toMatchObject({ code: 'download-interrupted', place: url, details });
  expect(await storedFile(url)).toBeNull();

  const told: number[] = [];
  await expectBytes(await downloadFile(url, { onProgress: (loaded) => told.push(loaded) }), big);
  expect(told[0]).toBe(record.loaded);
  const rest = { path: '/cut.bin', range: `bytes=${record.loaded}-`, sent: big.length - record.loaded };
  expect((await requests()).slice(1)).toEqual([rest]);
});

test('several breaks in a row end in the same file', async () => {
  const ranges: (string | null)[] = [null];
  for (const cutAfter of [1000, 4 * MIB, 1]) {
    const url = await place('cuts.bin', big, { etag: '"1"', cutAfter });
    await errorOf(downloadFile(url));
    const loaded = await loadedOf(url);
    ranges.push(loaded ? `bytes=${loaded}-` : null);
  }
  await expectBytes(await downloadFile(`${server}/cuts.bin`), big);
  expect((await requests()).map(({ range }) => range)).toEqual(ranges);
});

test.each([
  ['does not know Range', { etag: '"1"', noRange: true }],
  ['has another file by now', { etag: '"2"' }],
  ['gives nothing to tell the file by', { hideHeaders: true }],
  ['refuses Range', { etag: '"1"', refuseRange: true }],
])('a server that %s: the file is loaded from its start', async (_, how: Serving) => {
  const before = noise(6 * MIB, 5);
  const url = await place('again.bin', before, { ...how, etag: how.etag && '"1"', cutAfter: 5 * MIB });
  await errorOf(downloadFile(url));
  expect(await loadedOf(url)).toBeGreaterThan(0);
  await place('again.bin', big, how);
  await expectBytes(await downloadFile(url), big);
  expect(await listDownloads()).toMatchObject([{ loaded: big.length, chunks: 3, complete: true }]);
});

test('where nothing tells the file, a known hash lets the download go on', async () => {
  const expectedSha256 = await sha256OfBlobs([new Blob([big])]);
  const url = await place('hash.bin', big, { hideHeaders: true, cutAfter: 5 * MIB });
  await errorOf(downloadFile(url, { expectedSha256 }));
  const loaded = await loadedOf(url);
  await expectBytes(await downloadFile(url, { expectedSha256 }), big);
  expect((await requests()).map(({ range }) => range)).toEqual([null, `bytes=${loaded}-`]);
});

test('a file that does not match its hash is thrown away', async () => {
  const url = await place('wrong.bin', big);
  const expectedSha256 = await sha256OfBlobs([new Blob(['other'])]);
  const error = await errorOf(downloadFile(url, { expectedSha256 }));
  expect(error).toMatchObject({ code: 'download-damaged', place: url, details: { wanted: expectedSha256 } });
  expect(await listDownloads()).toEqual([]);
  expect(await (await database()).count('chunks')).toBe(0);
});

test("the hub's own hash is taken from its header", async () => {
  const url = await place('linked.bin', 'text', { linked: true });
  await downloadFile(url);
  const sha256 = await sha256OfBlobs([new Blob(['text'])]);
  expect(await listDownloads()).toMatchObject([{ sha256, complete: true }]);
});

test('a stored file that is no longer the one of the source is loaded anew', async () => {
  const url = await place('changes.bin', 'old');
  await downloadFile(url);
  await place('changes.bin', 'new!');
  const expectedSha256 = await sha256OfBlobs([new Blob(['new!'])]);
  expect(await (await downloadFile(url, { expectedSha256 })).text()).toBe('new!');
  expect(await (await downloadFile(url, { expectedSha256 })).text()).toBe('new!');
  expect((await requests()).length).toBe(2);
});

test('a crash after the last byte costs no second download', async () => {
  const url = await place('late.bin', big, { etag: '"1"' });
  await downloadFile(url);
  const [record] = await listDownloads();
  await (await database()).put('downloads', { ...record, complete: false });
  await expectBytes(await downloadFile(url), big);
  expect((await requests()).length).toBe(1);
});

test('cancelling keeps what came; the connection is closed', async () => {
  const url = await place('slow.bin', big, { etag: '"1"', slow: 10 });
  const control = new AbortController();
  const onProgress = (loaded: number) => {
    if (loaded > 5 * MIB) control.abort();
  };
  const error = await errorOf(downloadFile(url, { signal: control.signal, onProgress }));
  expect(error).toMatchObject({ code: 'download-cancelled', place: url, details: { total: '9.4' } });
  const [record] = await listDownloads();
  expect(record.loaded).toBeGreaterThan(5 * MIB);
  expect(record.complete).toBe(false);
  await place('slow.bin', big, { etag: '"1"' });
  await expectBytes(await downloadFile(url), big);
  expect((await requests())[0].sent).toBeLessThan(big.length);
  expect((await requests())[1].range).toBe(`bytes=${record.loaded}-`);

  const cancelled = downloadFile(`${server}/x`, { signal: AbortSignal.abort() });
  expect(await errorOf(cancelled)).toMatchObject({ code: 'download-cancelled', details: { loaded: '0.0' } });
});

test('a compressed answer is told without a total, and goes on uncompressed', async () => {
  const text = new TextEncoder().encode('日本の首都は東京都です。'.repeat(100_000));
  const url = await place('data.json', text, { gzip: true, etag: '"1"' });
  const told: (number | null)[] = [];
  await expectBytes(await downloadFile(url, { onProgress: (_, total) => told.push(total) }), text);
  expect(told.at(-1)).toBeNull();

  const half = await place('half.json', text, { gzip: true, etag: '"1"', cutAfter: 4000 });
  await errorOf(downloadFile(half));
  const [record] = (await listDownloads()).filter(({ url }) => url === half);
  await expectBytes(await downloadFile(half), text);
  const last = (await requests()).at(-1);
  expect(last?.range).toBe(record.loaded > 0 ? `bytes=${record.loaded}-` : null);
});

test.each([
  [404, 'download-missing'],
  [401, 'download-denied'],
  [503, 'download-status'],
])('status %i', async (status, code) => {
  const url = await place('status.bin', '', { status });
  expect(await errorOf(downloadFile(url))).toMatchObject({ code, place: url, details: { status } });
  expect(await listDownloads()).toEqual([]);
});

test('a server that is not there, and what is no address', async () => {
  const url = 'http://127.0.0.1:9/x';
  expect(await errorOf(downloadFile(url))).toMatchObject({ code: 'download-unreachable', place: url });
  for (const wrong of ['', 'model.safetensors', 'file:///x', 'javascript:0']) {
    expect(await errorOf(downloadFile(wrong))).toMatchObject({ code: 'download-url', place: wrong });
  }
});

test('the network gone for good: what is in the store stays', async () => {
  const url = await place('gone.bin', big, { etag: '"1"', cutAfter: 5 * MIB });
  await errorOf(downloadFile(url));
  const [record] = await listDownloads();
  const dead = 'http://127.0.0.1:9/gone.bin';
  await (await database()).put('downloads', { ...record, url: dead });
  const details = { loaded: (record.loaded / 1e6).toFixed(1), total: '9.4' };
  expect(await errorOf(downloadFile(dead))).toMatchObject({ code: 'download-interrupted', details });
  expect(await loadedOf(dead)).toBe(record.loaded);
});

test('two that want one file load it once; it is not deleted under them', async () => {
  const url = await place('once.bin', big, { slow: 2 });
  const both = Promise.all([downloadFile(url), downloadFile(url)]);
  while ((await listDownloads()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await errorOf(deleteDownload(url))).toMatchObject({ code: 'download-busy', place: url });
  for (const blob of await both) await expectBytes(blob, big);
  expect((await requests()).length).toBe(1);
});

test('a full quota names the bytes and keeps what fitted', async () => {
  const url = await place('full.bin', big, { etag: '"1"' });
  await limitQuota(6 * MIB);
  try {
    const error = await errorOf(downloadFile(url));
    expect(error).toMatchObject({ code: 'storage-full', place: url, details: { needed: '9.4' } });
    const [{ loaded, complete }] = await listDownloads();
    expect(complete).toBe(false);
    expect(loaded).toBeGreaterThanOrEqual(4 * MIB);
    expect(error.details.available).toBe((loaded / 1e6).toFixed(1));
  } finally {
    await limitQuota();
  }
});

test('the addresses of JSQuAD', () => {
  const all = Object.values(jsquadUrls).flatMap(({ train, valid }) => [train, valid]);
  expect(new Set(all).size).toBe(4);
  for (const url of all) {
    expect(url).toMatch(
      /^https:\/\/raw\.githubusercontent\.com\/yahoojapan\/JGLUE\/(main|[0-9a-f]{40})\/datasets\/jsquad-v1\.[03]\//,
    );
  }
});
