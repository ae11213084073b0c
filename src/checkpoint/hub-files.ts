import { ManabiError } from '../errors/manabi-error.ts';
import type { Download } from './download.ts';

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
const CARD = 'README.md';
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
 * The files of a model by name: config.json, the tokenizer's, the card where it can be had, and the weights (single or sharded with their
 * index), from `url`/resolve/main/ by `download`.
 *
 * Throws ManabiError: hub-unknown-model, hub-gated, hub-no-file, hub-index, and what `download` throws.
 */
export async function downloadModelFiles(
  { base, id: modelId, url }: HubAddress,
  download: Download,
  { signal, onProgress }: HubOptions = {},
): Promise<Map<string, Blob>> {
  const { files: listed, status } = await listFiles(base, modelId, signal);
  let denied = false;
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
    const blob = await download(fileUrl(url, name), options).catch((error: unknown) => {
      if (!(error instanceof ManabiError)) throw error;
      if (error.code === 'download-denied') denied = true;
      else if (error.code !== 'download-missing') throw error;
      return null;
    });
    if (blob) {
      files.set(name, blob);
      expected.set(name, blob.size);
    }
    return blob;
  };

  for (const name of smallFiles) await load(name);
  // The hub answers 401 for a model that is not there too, and then does not list it either.
  const mayBeGated = listed !== null || ![401, 403].includes(status);
  if (denied && mayBeGated && !files.has(CONFIG)) throw new ManabiError('hub-gated', modelId, { url });
  if (files.size === 0 && !listed) throw new ManabiError('hub-unknown-model', modelId, { base });
  if (!files.has(CONFIG)) throw new ManabiError('hub-no-file', modelId, { file: CONFIG });
  if (!tokenizerFiles.some((name) => files.has(name))) {
    throw new ManabiError('hub-no-file', modelId, { file: tokenizerFiles.join(' / ') });
  }
  await load(CARD).catch((error: unknown) => {
    // It only tells of the model.
    if (signal?.aborted || !(error instanceof ManabiError)) throw error;
  });
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
    return files;
  }
  if (denied) throw new ManabiError('hub-gated', modelId, { url });
  throw new ManabiError('hub-no-file', modelId, { file: 'model.safetensors / pytorch_model.bin' });
}

/** A model of a hub. */
export interface HubAddress {
  base: string;
  id: string;
  /** `base/id` */
  url: string;
}

/** Throws ManabiError download-url, hub-id. */
export function readHubAddress(baseUrl: string, modelId: string): HubAddress {
  if (!URL.canParse(baseUrl)) throw new ManabiError('download-url', baseUrl);
  if (!isHubId(modelId)) throw new ManabiError('hub-id', modelId);
  const base = baseUrl.replace(/\/+$/, '');
  return { base, id: modelId, url: `${base}/${modelId}` };
}

/** `name/model`, or a name alone as the oldest models have it. */
export function isHubId(text: string): boolean {
  const parts = text.split('/');
  return parts.length <= 2 && parts.every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part));
}

/** Where a file of a model lies. */
export const fileUrl = (url: string, name: string) => `${url}/resolve/main/${name}`;

/**
 * What the hub's API says of the files: sizes, and the SHA-256 of large ones (the header that has it too is lost in the
 * redirect). No files where there is no such API, as on a mirror: they are then tried one by one.
 */
async function listFiles(
  base: string,
  modelId: string,
  signal: AbortSignal | undefined,
): Promise<{ files: Map<string, { size: number; sha256?: string }> | null; status: number }> {
  try {
    const response = await fetch(`${base}/api/models/${modelId}/tree/main`, { signal });
    if (!response.ok) return { files: null, status: response.status };
    const entries = (await response.json()) as {
      type: string;
      path: string;
      size: number;
      lfs?: { oid: string };
    }[];
    const files = entries.filter(({ type }) => type === 'file');
    const listed = new Map(files.map(({ path, size, lfs }) => [path, { size, sha256: lfs?.oid }]));
    return { files: listed, status: response.status };
  } catch {
    if (signal?.aborted) throw new ManabiError('download-cancelled', modelId, { loaded: '0.0', total: '?' });
    return { files: null, status: 0 };
  }
}

/** What is to be known of a model before it is fetched. */
export interface HubModelFacts {
  /** config.json as it is there. */
  config: unknown;
  /** Of the files that downloadModelFiles would load; null where the hub does not list them. */
  bytes: number | null;
}

/** Throws ManabiError hub-unknown-model, hub-no-file, download-unreachable, config-not-json. */
export async function readHubFacts({ base, id, url }: HubAddress): Promise<HubModelFacts> {
  const { files } = await listFiles(base, id, undefined);
  const address = fileUrl(url, CONFIG);
  const response = await fetch(address).catch((error: unknown) => {
    throw new ManabiError('download-unreachable', address, { reason: String(error) });
  });
  if (!response.ok) {
    throw files
      ? new ManabiError('hub-no-file', id, { file: CONFIG })
      : new ManabiError('hub-unknown-model', id, { base });
  }
  const config: unknown = await response.json().catch((error: unknown) => {
    throw new ManabiError('config-not-json', address, { reason: String(error) });
  });
  return { config, bytes: files && neededBytes(files) };
}

function neededBytes(files: ReadonlyMap<string, { size: number }>): number {
  const weights = weightFiles.find((name) => files.has(name)) ?? '';
  const [stem, ending] = [weights.split('.')[0], weights.replace('.index.json', '').split('.').at(-1)];
  const isShard = (name: string) =>
    weights.endsWith('.index.json') && name.startsWith(`${stem}-`) && name.endsWith(`.${ending}`);
  return [...files]
    .filter(([name]) => [...smallFiles, CARD, weights].includes(name) || isShard(name))
    .reduce((sum, [, { size }]) => sum + size, 0);
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
