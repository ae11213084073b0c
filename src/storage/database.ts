import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import type { Evaluation } from '../answering/evaluation.ts';
import type { Trial } from '../engine/choose-device.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import type { LogEntry } from '../training/state.ts';
import type { CheckpointManifest } from './checkpoints.ts';
import type { DeviceCheck } from './device-checks.ts';
import type { DownloadRecord } from './downloads.ts';
import type { HubModelRecord } from './hub-model.ts';
import { storageStatus } from './quota.ts';
import type { Run } from './runs.ts';

export const DATABASE_NAME = 'manabi';
const VERSION = 4;

/** Largest piece that is written at once, so that a base model of 1.3 GB never needs one giant allocation. */
export const MAX_CHUNK_BYTES = 16 * 2 ** 20;

/** A piece of a large thing: whose it is (`run:ID:latest`, `download:URL`), its generation, its place. */
export type ChunkKey = [owner: string, generation: number, index: number];

export interface ManabiSchema extends DBSchema {
  runs: { key: string; value: Run };
  /** What a run was started from: examples, tokenizer, config. */
  inputs: { key: [runId: string, name: string]; value: Uint8Array<ArrayBuffer> | Blob };
  /** The log of a run by step: one entry per key, so that a long log is never rewritten as a whole. */
  metrics: { key: [runId: string, step: number, kind: string]; value: LogEntry };
  /** The tables of answers; the run itself holds their scores. */
  evaluations: { key: [runId: string, when: string]; value: Evaluation };
  chunks: { key: ChunkKey; value: Uint8Array<ArrayBuffer> | Blob };
  manifests: { key: [owner: string, generation: number]; value: CheckpointManifest };
  downloads: { key: string; value: DownloadRecord };
  models: { key: string; value: HubModelRecord };
  /** The fastest tiles by GPU. */
  tiles: { key: string; value: TileChoice };
  /** Whether each GPU agrees with the processor. */
  checks: { key: string; value: DeviceCheck };
  /** What each GPU and the processor do in a second. */
  trials: { key: string; value: Trial };
}

export type Database = IDBPDatabase<ManabiSchema>;
export type Store = StoreNames<ManabiSchema>;
export type WriteTransaction = IDBPTransaction<ManabiSchema, Store[], 'readwrite'>;

let opened: Promise<Database> | null = null;

/**
 * The one database of the project, opened once per page or worker. Throws ManabiError: storage-newer (a newer version
 * of the page has been here), storage-unavailable.
 */
export function database(): Promise<Database> {
  opened ??= open().catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

let isInMemory = false;
let blobsStored: Promise<boolean> | null = null;

/** Whether what is stored here is gone with the tab, as the browser stores nothing for this page. */
export async function storesInMemory(): Promise<boolean> {
  await database();
  return isInMemory;
}

/** Whether the database takes Blobs: WebKit's private windows refuse them ("Error preparing Blob/File data"). */
export function storesBlobs(): Promise<boolean> {
  blobsStored ??= tryBlob();
  return blobsStored;
}

async function tryBlob(): Promise<boolean> {
  const tx = (await database()).transaction('chunks', 'readwrite');
  const key: ChunkKey = ['probe', 0, 0];
  try {
    await Promise.all([tx.store.put(new Blob(['x']), key), tx.store.delete(key), tx.done]);
    return true;
  } catch {
    return false;
  }
}

/** How browsers say that a page may store nothing; a disk that is full or broken is another matter, and is told. */
const FORBIDDEN = new Set([
  'SecurityError',
  'InvalidStateError',
  'NotAllowedError',
  'ReferenceError',
  'TypeError',
]);

async function open(): Promise<Database> {
  try {
    return await openStored();
  } catch (error) {
    if (error instanceof ManabiError && !FORBIDDEN.has(String(error.details.cause))) throw error;
    // Site data is forbidden here: the same interface over memory, of this page or worker alone.
    await import('fake-indexeddb/auto');
    isInMemory = true;
    return openStored();
  }
}

async function openStored(): Promise<Database> {
  try {
    return await openDB<ManabiSchema>(DATABASE_NAME, VERSION, {
      // One case per version, from old to new, without a break between them.
      upgrade(db, from) {
        if (from < 1) {
          db.createObjectStore('runs', { keyPath: 'id' });
          for (const name of ['inputs', 'metrics', 'evaluations', 'chunks'] as const) {
            db.createObjectStore(name);
          }
          db.createObjectStore('manifests', { keyPath: ['owner', 'generation'] });
          for (const name of ['downloads', 'models'] as const) db.createObjectStore(name, { keyPath: 'url' });
        }
        if (from < 2) db.createObjectStore('tiles');
        if (from < 3) db.createObjectStore('checks');
        if (from < 4) db.createObjectStore('trials');
      },
      // Another tab wants to upgrade or delete the database: let it, and open again at the next use.
      blocking(_from, _to, event) {
        opened = null;
        (event.target as IDBDatabase).close();
      },
      terminated() {
        opened = null;
      },
    });
  } catch (error) {
    const { name, message } = error as DOMException;
    if (name === 'VersionError') throw new ManabiError('storage-newer', '');
    throw new ManabiError('storage-unavailable', '', { reason: message || name, cause: name });
  }
}

/**
 * Runs `work` in one write transaction and resolves when all of it is on the disk (durability strict): after a crash
 * either everything of it is there or nothing. `work` may wait for requests of the transaction only.
 *
 * @param needed about how many bytes the whole job writes, of which `written` are in the store already; the message
 * of a full disk names them
 * @throws ManabiError storage-full, storage-failed; what `work` throws (nothing is written then)
 */
export async function write<T>(
  stores: Store[],
  place: string,
  needed: number,
  work: (tx: WriteTransaction) => Promise<T>,
  written = 0,
): Promise<T> {
  const tx = (await database()).transaction(stores, 'readwrite', { durability: 'strict' });
  const committed = tx.done.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  let value: T;
  try {
    value = await work(tx);
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // Already aborted, by what failed.
    }
    await committed;
    // A request of an aborted transaction fails with AbortError; the transaction knows the cause.
    throw await asManabiError(tx.error ?? error, place, needed, written);
  }
  const failure = await committed;
  if (failure) throw await asManabiError(tx.error ?? failure.error, place, needed, written);
  return value;
}

async function asManabiError(
  error: unknown,
  place: string,
  needed: number,
  written: number,
): Promise<unknown> {
  if (!(error instanceof DOMException)) return error;
  if (error.name !== 'QuotaExceededError') {
    return new ManabiError('storage-failed', place, { reason: `${error.name}: ${error.message}` });
  }
  // Chromium (seen in 156) hides the true quota: always 10 GiB more than is used. What was written did fit, that is certain.
  const estimated = written + (await storageStatus()).available;
  const available = estimated < needed ? estimated : written;
  return new ManabiError('storage-full', place, {
    needed: megabytes(needed),
    available: megabytes(available),
  });
}

/** The disk is full, or fails. */
export function isStorageError(error: unknown): error is ManabiError {
  return error instanceof ManabiError && error.code.startsWith('storage-');
}

/** As messages tell sizes. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** All keys that begin with these parts: in IndexedDB's order an array comes after every number and string. */
export function keysUnder(...parts: (string | number)[]): IDBKeyRange {
  return IDBKeyRange.bound(parts, [...parts, []]);
}
