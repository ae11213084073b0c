import { downloadModelFiles, fileUrl, readHubAddress, type HubOptions } from '../checkpoint/hub-files.ts';
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

/**
 * The files of a model by name. One that has been loaded once comes from the store, without the network.
 *
 * Throws ManabiError: hub-id, hub-unknown-model, hub-gated, hub-no-file, hub-index, and what downloadFile throws.
 */
export async function modelFilesFromHub(
  baseUrl: string,
  modelId: string,
  options: HubOptions = {},
): Promise<Map<string, Blob>> {
  const { base, id, url } = readHubAddress(baseUrl, modelId);
  const kept = await keptFiles(url);
  if (kept) return kept;
  const files = await downloadModelFiles({ base, id, url }, downloadFile, options);
  await keep(base, id, url, files);
  return files;
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
