import { downloadError, readPieces } from '../checkpoint/download.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { database, keysUnder, megabytes, storesBlobs, write, type WriteTransaction } from './database.ts';
import { withLock } from './locks.ts';
import { sha256OfBlobs } from '../hash/sha256.ts';

/** A tab that is killed in mid-download loses at most this much. */
const CHUNK_BYTES = 4 * 2 ** 20;
const PROGRESS_EVERY_MS = 100;

/** A file kept in the store, whole or as far as it came, with where and when it came from. */
export interface DownloadRecord {
  url: string;
  etag: string | null;
  lastModified: string | null;
  /** Bytes; null until the server or the end tells. */
  size: number | null;
  loaded: number;
  chunks: number;
  complete: boolean;
  /** What the file must hash to, and does when it is complete; null where the source gives no hash. */
  sha256: string | null;
  /** Milliseconds since 1970. */
  updatedAt: number;
}

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Bytes; total is null when unknown. At most ten times a second. */
  onProgress?: (loaded: number, total: number | null) => void;
  /** Hexadecimal. */
  expectedSha256?: string;
}

const ownerOf = (url: string) => `download:${url}`;
const lockOf = (url: string) => `manabi-download:${url}`;

/**
 * The file at an address: from the store when it is there, otherwise fetched into the store piece by piece, from where
 * an earlier attempt broke off. The Blob lies on the disk, not in memory.
 *
 * Throws ManabiError: download-url, download-unreachable, download-missing, download-denied, download-status, download-interrupted and
 * download-cancelled (what was loaded is kept), download-damaged, storage-full.
 */
export async function downloadFile(url: string, options: DownloadOptions = {}): Promise<Blob> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw new ManabiError('download-url', url);
  const { signal } = options;
  try {
    // Two tabs that want one file: the second waits, then finds it in the store.
    return await withLock(lockOf(url), { signal }, () => fromStoreOrNetwork(url, options));
  } catch (error) {
    if (error instanceof ManabiError || !signal?.aborted) throw error;
    const record = await (await database()).get('downloads', url);
    throw new ManabiError('download-cancelled', url, amounts(record?.loaded ?? 0, record?.size ?? null));
  }
}

async function fromStoreOrNetwork(url: string, options: DownloadOptions): Promise<Blob> {
  const { expectedSha256: expected, signal } = options;
  const stored = await (await database()).get('downloads', url);
  if (stored?.complete) {
    const blob = await assemble(url);
    const found = expected && (stored.sha256 ?? (await sha256OfBlobs([blob], signal)));
    // Otherwise the source has another file at this address by now.
    if (found === expected) return blob;
    await remove(url);
  }
  const record = await receive(url, stored?.complete ? undefined : stored, options);
  const blob = await assemble(url);
  if (record.sha256) {
    const found = await sha256OfBlobs([blob], signal);
    if (found !== record.sha256) {
      await remove(url);
      throw new ManabiError('download-damaged', url, { found, wanted: record.sha256 });
    }
  }
  await put({ ...record, size: record.loaded, complete: true });
  return blob;
}

/** Fetches what is not in the store yet; every piece is stored in one transaction with the record that counts it. */
async function receive(
  url: string,
  stored: DownloadRecord | undefined,
  { signal, onProgress, expectedSha256 }: DownloadOptions,
): Promise<DownloadRecord> {
  const sha256 = expectedSha256 ?? stored?.sha256 ?? null;
  if (stored && stored.loaded === stored.size) return { ...stored, sha256 };
  const response = await ask(url, stored && { ...stored, sha256 }, signal);
  let record = await begin(url, stored, response, sha256);
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let waiting = 0;
  let reported = 0;
  const report = () => {
    const loaded = record.loaded + waiting;
    // A compressed answer unpacks to more than its Content-Length.
    onProgress?.(loaded, record.size === null || loaded > record.size ? null : record.size);
    reported = performance.now();
  };
  const flush = async () => {
    if (waiting > 0) record = await append(record, pieces);
    pieces = [];
    waiting = 0;
  };
  report();
  try {
    for await (const piece of readPieces(response)) {
      pieces.push(piece);
      waiting += piece.length;
      if (waiting >= CHUNK_BYTES) await flush();
      if (performance.now() - reported >= PROGRESS_EVERY_MS) report();
    }
  } catch (error) {
    if (error instanceof ManabiError) throw error;
    await flush();
    const code = signal?.aborted ? 'download-cancelled' : 'download-interrupted';
    throw new ManabiError(code, url, amounts(record.loaded, record.size));
  }
  await flush();
  report();
  return record;
}

/** The answer of the server: status 206 when it goes on where the stored part ends, otherwise 200. */
async function ask(
  url: string,
  stored: DownloadRecord | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const cache = 'no-store'; // The browser's own cache would keep a second copy.
  if (stored && stored.loaded > 0) {
    // Range alone, and the validators compared here: If-Range would need a CORS preflight, which the servers that the
    // hub redirects to refuse.
    const headers = { Range: `bytes=${stored.loaded}-` };
    const response = await fetch(url, { headers, signal, cache }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      return null; // A browser or server that wants a preflight for Range too; the plain request tells.
    });
    if (response?.status === 206 && goesOn(stored, response)) return response;
    if (response?.status === 200) return response;
    await response?.body?.cancel();
  }
  let response: Response;
  try {
    response = await fetch(url, { signal, cache });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!stored?.loaded) throw new ManabiError('download-unreachable', url, { reason: String(error) });
    throw new ManabiError('download-interrupted', url, amounts(stored.loaded, stored.size));
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw downloadError(url, response.status);
}

/** Whether a partial answer continues the same file. Headers that CORS hides are null. */
function goesOn(stored: DownloadRecord, { headers }: Response): boolean {
  const start = headers.get('content-range')?.match(/^bytes (\d+)-/)?.[1];
  if (start !== undefined && Number(start) !== stored.loaded) return false;
  const etag = etagOf(headers);
  if (stored.etag && etag) return stored.etag === etag;
  const lastModified = headers.get('last-modified');
  if (stored.lastModified && lastModified) return stored.lastModified === lastModified;
  return stored.sha256 !== null; // The hash at the end decides.
}

/** Without the mark of a weak one, which servers add when they compress: the bytes counted here are unpacked. */
function etagOf(headers: Headers): string | null {
  return headers.get('etag')?.replace(/^W\//, '') ?? null;
}

/** The hub's hash of a large file; visible where the hub itself sends the file and does not redirect. */
function linkedSha256(headers: Headers): string | null {
  return headers.get('x-linked-etag')?.match(/^"?([0-9a-f]{64})"?$/)?.[1] ?? null;
}

async function begin(
  url: string,
  stored: DownloadRecord | undefined,
  { status, headers }: Response,
  sha256: string | null,
): Promise<DownloadRecord> {
  if (stored && status === 206) return { ...stored, sha256 };
  if (stored) await remove(url);
  const length = headers.get('content-length');
  const record: DownloadRecord = {
    url,
    etag: etagOf(headers),
    lastModified: headers.get('last-modified'),
    size: length === null ? null : Number(length),
    loaded: 0,
    chunks: 0,
    complete: false,
    sha256: sha256 ?? linkedSha256(headers),
    updatedAt: Date.now(),
  };
  await put(record);
  return record;
}

async function append(record: DownloadRecord, pieces: Uint8Array<ArrayBuffer>[]): Promise<DownloadRecord> {
  const { url, loaded, chunks } = record;
  const piece = new Blob(pieces);
  // A Blob stays on the disk when it is read; WebKit's private windows store arrays only.
  const chunk = (await storesBlobs()) ? piece : new Uint8Array(await piece.arrayBuffer());
  const longer = { ...record, loaded: loaded + piece.size, chunks: chunks + 1, updatedAt: Date.now() };
  const needed = Math.max(longer.loaded, record.size ?? 0);
  const work = (tx: WriteTransaction) =>
    Promise.all([
      tx.objectStore('downloads').put(longer),
      tx.objectStore('chunks').put(chunk, [ownerOf(url), 0, chunks]),
    ]);
  await write(['downloads', 'chunks'], url, needed, work, loaded);
  return longer;
}

async function put(record: DownloadRecord): Promise<void> {
  await write(['downloads'], record.url, 0, (tx) => tx.objectStore('downloads').put(record));
}

async function assemble(url: string): Promise<Blob> {
  return new Blob(await (await database()).getAll('chunks', keysUnder(ownerOf(url), 0)));
}

async function remove(url: string): Promise<void> {
  await write(['downloads', 'chunks'], url, 0, (tx) =>
    Promise.all([
      tx.objectStore('downloads').delete(url),
      tx.objectStore('chunks').delete(keysUnder(ownerOf(url))),
    ]),
  );
}

function amounts(loaded: number, total: number | null) {
  return { loaded: megabytes(loaded), total: total === null ? '?' : megabytes(total) };
}

/** The file as it is in the store, or null when it is not there as a whole. */
export async function storedFile(url: string): Promise<Blob | null> {
  const record = await (await database()).get('downloads', url);
  return record?.complete ? assemble(url) : null;
}

/** All files in the store, those that are not complete too. */
export async function listDownloads(): Promise<DownloadRecord[]> {
  return (await database()).getAll('downloads');
}

/** Throws ManabiError download-busy while the file is being downloaded. */
export async function deleteDownload(url: string): Promise<void> {
  await withLock(lockOf(url), { ifAvailable: true }, async (hasLock) => {
    if (!hasLock) throw new ManabiError('download-busy', url);
    await remove(url);
  });
}
