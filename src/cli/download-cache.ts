import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { downloadError, readPieces, type Download } from '../checkpoint/download.ts';
import { fileUrl, type HubAddress } from '../checkpoint/hub-files.ts';
import { ManabiError } from '../errors/manabi-error.ts';

/** Where files from the network are kept, unless --cache_dir says otherwise. */
export function defaultCacheDir(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'manabi');
}

/** Where the file at an address is kept in the cache folder. Throws ManabiError download-url. */
export function cachePath(cacheDir: string, url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new ManabiError('download-url', url);
  const parts = parsed.pathname.split('/').filter((part) => part !== '');
  // A path is percent-encoded already; what is left is, so that no two addresses share a file.
  const hex = (sign: string) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`;
  const safe = [parsed.host, ...parts].map((part) => part.replace(/[^\w.%-]/g, hex));
  // Two queries of one path are two files.
  const query = parsed.search
    ? `.${createHash('sha256').update(parsed.search).digest('hex').slice(0, 12)}`
    : '';
  return `${join(cacheDir, ...safe)}${query}`;
}

/**
 * Downloads into a cache folder as the page does into its store: a file that is there is taken without the network, one that broke off goes
 * on where it ended, and one whose source gives a SHA-256 is held to it. Throws ManabiError: download-url, download-unreachable, download-missing,
 * download-denied, download-status, download-interrupted (what came is kept), download-damaged.
 */
export function cacheDownloads(cacheDir: string): Download {
  return async (url, { onProgress, expectedSha256 }) => {
    const path = cachePath(cacheDir, url);
    if (!(await stat(path).catch(() => null))) {
      await mkdir(dirname(path), { recursive: true });
      await receive(url, path, onProgress ?? (() => {}));
      await checkHash(url, `${path}.partial`, expectedSha256);
      await rm(`${path}.partial.etag`, { force: true });
      await rename(`${path}.partial`, path);
    }
    return openAsBlob(path);
  };
}

const filesRecord = (cacheDir: string, address: HubAddress) =>
  `${cachePath(cacheDir, address.url)}.files.json`;

/** A model of the hub whose files are all in the cache, or null. */
export async function keptModel(cacheDir: string, address: HubAddress): Promise<Map<string, Blob> | null> {
  const record = await readFile(filesRecord(cacheDir, address), 'utf8').catch(() => null);
  if (record === null) return null;
  const files = new Map<string, Blob>();
  for (const name of JSON.parse(record) as string[]) {
    const blob = await openAsBlob(cachePath(cacheDir, fileUrl(address.url, name))).catch(() => null);
    if (!blob) return null;
    files.set(name, blob);
  }
  return files;
}

/** Notes that all files of a model are there. */
export async function keepModel(cacheDir: string, address: HubAddress, names: string[]): Promise<void> {
  await writeFile(filesRecord(cacheDir, address), JSON.stringify(names));
}

async function receive(
  url: string,
  path: string,
  onProgress: (loaded: number, total: number | null) => void,
): Promise<void> {
  const partial = `${path}.partial`;
  const there = await stat(partial).catch(() => null);
  const etag = there && (await readFile(`${partial}.etag`, 'utf8').catch(() => null));
  const response = await ask(url, etag ? (there?.size ?? 0) : 0, etag);
  const goesOn = response.status === 206;
  let loaded = goesOn ? (there?.size ?? 0) : 0;
  const length = response.headers.get('content-length');
  const total = length === null ? null : loaded + Number(length);
  await writeFile(`${partial}.etag`, response.headers.get('etag') ?? '');
  const file = await open(partial, goesOn ? 'a' : 'w');
  try {
    onProgress(loaded, total);
    for await (const piece of readPieces(response)) {
      await file.write(piece);
      loaded += piece.length;
      onProgress(loaded, total);
    }
  } catch {
    throw new ManabiError('download-interrupted', url, amounts(loaded, total));
  } finally {
    await file.close();
  }
  // An answer that was compressed on its way is longer than its Content-Length.
  const isPlain = response.headers.get('content-encoding') === null;
  if (isPlain && total !== null && loaded < total) {
    throw new ManabiError('download-interrupted', url, amounts(loaded, total));
  }
}

async function ask(url: string, from: number, etag: string | null): Promise<Response> {
  const headers: Record<string, string> =
    from > 0 && etag ? { Range: `bytes=${from}-`, 'If-Range': etag } : {};
  let response: Response;
  try {
    response = await fetch(url, { headers });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new ManabiError('download-unreachable', url, { reason });
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw downloadError(url, response.status);
}

async function checkHash(url: string, path: string, wanted: string | undefined): Promise<void> {
  if (wanted === undefined) return;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  const found = hash.digest('hex');
  if (found === wanted) return;
  await rm(path, { force: true });
  throw new ManabiError('download-damaged', url, { found, wanted });
}

function amounts(loaded: number, total: number | null) {
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  return { loaded: megabytes(loaded), total: total === null ? '?' : megabytes(total) };
}
