import { ManabiError } from '../errors/manabi-error.ts';
import { database, write } from './database.ts';
import { deleteDownload, downloadFile, storedFile } from './downloads.ts';

/** A model whose files are all in the store. */
export interface HubModelRecord {
  /** `base/id`. */
  url: string;
  base: string;
  id: string;
  files: { name: string; url: string; size: number }[];
  bytes: number;
  /** Milliseconds since 1970. */
  downloadedAt: number;
}

export interface HubProgress {
  /** The file that is being loaded. */
  file: string;
  /** Bytes of all files of the model; total is null until it is known. */
  loaded: number;
  total: number | null;
}

export interface HubOptions {
  signal?: AbortSignal;
  onProgress?: (progress: HubProgress) => void;
}

const CONFIG = 'config.json';
const tokenizerFiles = ['tokenizer.json', 'spm.model'];
const smallFiles = [
  CONFIG,
  ...tokenizerFiles,
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];
// The first that is there is taken, as from_pretrained does.
const weightFiles = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];

/**
 * The files of a model by name: config.json, the tokenizer's, and the weights (single or sharded with their index), from
 * `base/id/resolve/main/`. A model that has been loaded once comes from the store, without the network.
 *
 * Throws ManabiError: hub-id, hub-unknown-model, hub-no-file, hub-index, and what downloadFile throws.
 */
export async function modelFilesFromHub(
  baseUrl: string,
  modelId: string,
  { signal, onProgress }: HubOptions = {},
): Promise<Map<string, Blob>> {
  const { base, url } = address(baseUrl, modelId);
  const kept = await keptFiles(url);
  if (kept) return kept;

  const listed = await listFiles(base, modelId, signal);
  const files = new Map<string, Blob>();
  const expected = new Map<string, number | null>();
  const expect = (names: string[]) => {
    for (const name of names) if (!expected.has(name)) expected.set(name, listed?.get(name)?.size ?? null);
  };
  let weightsKnown = false;
  const load = async (name: string): Promise<Blob | null> => {
    if (listed && !listed.has(name)) return null;
    const before = [...files.values()].reduce((sum, { size }) => sum + size, 0);
    const report = (loaded: number, size: number | null) => {
      expected.set(name, size ?? expected.get(name) ?? null);
      const sizes = [...expected.values()];
      const total = sizes.includes(null) ? null : sizes.reduce((sum: number, size) => sum + (size ?? 0), 0);
      onProgress?.({ file: name, loaded: before + loaded, total: weightsKnown ? total : null });
    };
    const options = { signal, onProgress: report, expectedSha256: listed?.get(name)?.sha256 };
    const blob = await unlessMissing(downloadFile(fileUrl(url, name), options));
    if (blob) {
      files.set(name, blob);
      expected.set(name, blob.size);
    }
    return blob;
  };

  for (const name of smallFiles) await load(name);
  if (files.size === 0 && !listed) {
    throw new ManabiError('hub-unknown-model', modelId, { base });
  }
  if (!files.has(CONFIG)) throw new ManabiError('hub-no-file', modelId, { file: CONFIG });
  if (!tokenizerFiles.some((name) => files.has(name))) {
    throw new ManabiError('hub-no-file', modelId, { file: tokenizerFiles.join(' / ') });
  }
  for (const name of weightFiles) {
    const isIndex = name.endsWith('.index.json');
    weightsKnown = !isIndex;
    const found = await load(name);
    if (!found) continue;
    if (isIndex) {
      const shards = await shardNames(found, name);
      expect(shards);
      weightsKnown = true;
      for (const shard of shards) {
        if (!(await load(shard))) throw new ManabiError('hub-no-file', modelId, { file: shard });
      }
    }
    await keep(base, modelId, url, files);
    return files;
  }
  throw new ManabiError('hub-no-file', modelId, { file: 'model.safetensors / pytorch_model.bin' });
}

function address(baseUrl: string, modelId: string): { base: string; url: string } {
  if (!URL.canParse(baseUrl)) throw new ManabiError('download-url', baseUrl);
  const parts = modelId.split('/');
  const isName = (part: string) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part);
  if (parts.length > 2 || !parts.every(isName)) throw new ManabiError('hub-id', modelId);
  const base = baseUrl.replace(/\/+$/, '');
  return { base, url: `${base}/${modelId}` };
}

const fileUrl = (url: string, name: string) => `${url}/resolve/main/${name}`;

async function unlessMissing(download: Promise<Blob>): Promise<Blob | null> {
  try {
    return await download;
  } catch (error) {
    if (error instanceof ManabiError && error.code === 'download-missing') return null;
    throw error;
  }
}

/**
 * What the hub's API says of the files: sizes, and the SHA-256 of large ones (the header that has it too is lost in the
 * redirect). null where there is no such API, as on a mirror: the files are then tried one by one.
 */
async function listFiles(
  base: string,
  modelId: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, { size: number; sha256?: string }> | null> {
  try {
    const response = await fetch(`${base}/api/models/${modelId}/tree/main`, { signal });
    if (!response.ok) return null;
    const entries = (await response.json()) as {
      type: string;
      path: string;
      size: number;
      lfs?: { oid: string };
    }[];
    const files = entries.filter(({ type }) => type === 'file');
    return new Map(files.map(({ path, size, lfs }) => [path, { size, sha256: lfs?.oid }]));
  } catch {
    if (signal?.aborted) throw new ManabiError('download-cancelled', modelId, { loaded: '0.0', total: '?' });
    return null;
  }
}

async function shardNames(index: Blob, place: string): Promise<string[]> {
  const broken = (reason: string) => new ManabiError('hub-index', place, { reason });
  let map: unknown;
  try {
    map = (JSON.parse(await index.text()) as { weight_map?: unknown } | null)?.weight_map;
  } catch {
    throw broken('not JSON');
  }
  const names = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : [];
  const isFile = (name: unknown): name is string => typeof name === 'string' && /^[\w.-]+$/.test(name);
  if (names.length === 0 || !names.every(isFile)) throw broken('weight_map');
  return names.sort();
}

async function keep(base: string, id: string, url: string, files: Map<string, Blob>): Promise<void> {
  const list = Array.from(files, ([name, { size }]) => ({ name, url: fileUrl(url, name), size }));
  const bytes = list.reduce((sum, { size }) => sum + size, 0);
  const record: HubModelRecord = { url, base, id, files: list, bytes, downloadedAt: Date.now() };
  await write(['models'], id, 0, (tx) => tx.objectStore('models').put(record));
}

async function keptFiles(url: string): Promise<Map<string, Blob> | null> {
  const record = await (await database()).get('models', url);
  if (!record) return null;
  const files = new Map<string, Blob>();
  for (const { name, url } of record.files) {
    const blob = await storedFile(url);
    if (!blob) return null;
    files.set(name, blob);
  }
  return files;
}

/** The models whose files are in the store. */
export async function listHubModels(): Promise<HubModelRecord[]> {
  return (await database()).getAll('models');
}

/** Deletes a model with its files, so that it is fetched anew. `url` as listHubModels gives it. */
export async function deleteHubModel(url: string): Promise<void> {
  const record = await (await database()).get('models', url);
  for (const file of record?.files ?? []) await deleteDownload(file.url);
  await write(['models'], url, 0, (tx) => tx.objectStore('models').delete(url));
}
