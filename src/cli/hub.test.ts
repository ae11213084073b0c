import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readCardHeader } from '../checkpoint/card-header.ts';
import { readHubAddress, readHubFacts } from '../checkpoint/hub-files.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { headParameters } from '../model/parameters.ts';
import { openDataFile } from './data-file.ts';
import { cacheDownloads, cachePath } from './download-cache.ts';
import { openModel } from './model-folder.ts';
import { downloadText } from './progress-bar.ts';

// A hub on this machine that gives the built-in model and sample, with the listing that tells hashes.
const folder = 'public/model';
const names = [
  'config.json',
  'spm.model',
  'tokenizer.json',
  'tokenizer_config.json',
  'README.md',
  'model.safetensors',
];
let server: Server;
let base = '';
let cache = '';
let asked: string[] = [];
let refuse: (path: string) => number | null = () => null;
let breakAfter: number | null = null;
let sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

beforeEach(async () => {
  asked = [];
  refuse = () => null;
  breakAfter = null;
  sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  cache = mkdtempSync(join(tmpdir(), 'manabi-cache-'));
  server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(`${path} ${request.headers.range ?? ''}`.trim());
    const status = refuse(path);
    if (status !== null) return void response.writeHead(status).end();
    if (path === '/api/models/local/small/tree/main') {
      const entries = names.map((name) => {
        const bytes = readFileSync(`${folder}/${name}`);
        const lfs = name === 'model.safetensors' ? { lfs: { oid: sha256(bytes), size: bytes.length } } : {};
        return { type: 'file', path: name, size: bytes.length, ...lfs };
      });
      return void response.writeHead(200).end(JSON.stringify(entries));
    }
    const name = /^\/local\/small\/resolve\/main\/([\w.]+)$/.exec(path)?.[1];
    const file = name ? `${folder}/${name}` : path === '/valid.json' ? 'public/sample/valid.json' : '';
    if (!existsSync(file)) return void response.writeHead(404).end();
    const bytes = readFileSync(file);
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { ETag: '"1"', 'Content-Length': bytes.length - from });
    if (breakAfter === null || name !== 'model.safetensors') return void response.end(bytes.subarray(from));
    response.write(bytes.subarray(from, from + breakAfter), () => setTimeout(() => response.destroy(), 100));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  base = `http://localhost:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('HF_ENDPOINT', base);
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  rmSync(cache, { recursive: true, force: true });
});

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'read',
    (error: unknown) => (error instanceof ManabiError ? error.code : String(error)),
  );

test('a model of the hub and data at an address are read, and the next time without the network', async () => {
  const model = await openModel('local/small', 42, cache);
  expect(model.findings.missing).toEqual(headParameters);
  const data = await openDataFile(`${base}/valid.json`, cache);
  expect(data.examples.length).toBeGreaterThan(50);
  const before = asked.length;
  expect((await openModel('local/small', 42, cache)).config).toEqual(model.config);
  await openDataFile(`${base}/valid.json`, cache);
  expect(asked.slice(before)).toEqual([]);
});

test('a download that broke off goes on where it ended', async () => {
  breakAfter = 1000;
  expect(await codeOf(openModel('local/small', 42, cache))).toBe('download-interrupted');
  breakAfter = null;
  expect(await codeOf(openModel('local/small', 42, cache))).toBe('read');
  expect(asked.at(-1)).toBe('/local/small/resolve/main/model.safetensors bytes=1000-');
});

test('the card comes with the model, which is read without it too', async () => {
  refuse = (path) => (path.endsWith('README.md') ? 503 : null);
  expect((await openModel('local/small', 42, cache)).files).not.toHaveProperty(['README.md']);
  rmSync(cache, { recursive: true });
  refuse = () => null;
  const { files, isFromHub } = await openModel('local/small', 42, cache);
  expect(readCardHeader(files['README.md']).license).toEqual(['apache-2.0']);
  expect(isFromHub).toBe(true);
});

test('weights of another hash are refused and not kept', async () => {
  sha256 = () => '0'.repeat(64);
  expect(await codeOf(openModel('local/small', 42, cache))).toBe('download-damaged');
  expect(existsSync(cachePath(cache, `${base}/local/small/resolve/main/model.safetensors`))).toBe(false);
});

test.each([
  [
    'gated: the list is public, the files are not',
    (path: string) => (path.startsWith('/api') ? null : 401),
    'hub-gated',
  ],
  ['unknown or private: nothing is', () => 401, 'hub-unknown-model'],
  ['the server is ill', () => 503, 'download-status'],
])('%s', async (_, status, code) => {
  refuse = status;
  expect(await codeOf(openModel('local/small', 42, cache))).toBe(code);
});

test('what is neither folder nor id, and what is no file, is said', async () => {
  expect(await codeOf(openModel('./no/such/folder', 42, cache))).toBe('model-folder-missing');
  expect(await codeOf(openModel('package.json', 42, cache))).toBe('model-folder-missing');
  expect(await codeOf(openDataFile('no-such.json', cache))).toBe('data-file-missing');
  expect(await codeOf(openDataFile(`${base}/none.json`, cache))).toBe('download-missing');
  expect(await codeOf(cacheDownloads(cache)('ftp://x/y', {}))).toBe('download-url');
});

test('every address has a file of its own in the cache', () => {
  const paths = ['あ.json', 'い.json', 'a b.json', 'a+b.json', 'x.json?v=1', 'x.json?v=2', '%E0%A4%A.json'];
  expect(new Set(paths.map((path) => cachePath(cache, `${base}/${path}`))).size).toBe(paths.length);
});

test('the bar says how much of the model is there', () => {
  expect(downloadText('model.safetensors', 2 ** 20, 4 * 2 ** 20)).toBe(
    '██████░░░░░░░░░░░░░░░░░░ 1.0/4.0 MB  model.safetensors',
  );
});

test('what a model needs is told before it is fetched: its config, and the bytes of the files that would be loaded', async () => {
  const facts = await readHubFacts(readHubAddress(base, 'local/small'));
  expect(facts.bytes).toBe(names.reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0));
  expect(facts.config).toMatchObject({ model_type: 'deberta-v2' });
  expect(asked.some((path) => path.includes('model.safetensors'))).toBe(false);
  // A mirror that lists nothing tells the config alone.
  refuse = (path) => (path.startsWith('/api/') ? 404 : null);
  expect((await readHubFacts(readHubAddress(base, 'local/small'))).bytes).toBeNull();
  expect(await codeOf(readHubFacts(readHubAddress(base, 'local/none')))).toBe('hub-unknown-model');
});
