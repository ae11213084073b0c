import { gunzipSync } from 'fflate';

/** Read access to a folder of goldens, from the file system (Node) or over HTTP (browser). Paths are relative, with '/'. */
export interface GoldenFolder {
  /** Every file below the folder. */
  readonly paths: readonly string[];
  bytes(path: string): Promise<Uint8Array>;
}

/** The files directly or deeper below `prefix/`, as paths relative to it. */
export function below(folder: GoldenFolder, prefix: string): string[] {
  return folder.paths
    .filter((path) => path.startsWith(`${prefix}/`))
    .map((path) => path.slice(prefix.length + 1));
}

/** Names of the direct subfolders of `prefix`. */
export function subfolders(folder: GoldenFolder, prefix: string): string[] {
  const nested = below(folder, prefix).filter((path) => path.includes('/'));
  return [...new Set(nested.map((path) => path.split('/')[0]))].toSorted();
}

export async function readText(folder: GoldenFolder, path: string): Promise<string> {
  const bytes = await folder.bytes(path);
  return new TextDecoder().decode(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

/** A .json or .json.gz file. The caller names its form; goldens are trusted to have it. */
export async function readJson<T>(folder: GoldenFolder, path: string): Promise<T> {
  return JSON.parse(await readText(folder, path)) as T;
}

/** A .jsonl or .jsonl.gz file. */
export async function readJsonLines<T>(folder: GoldenFolder, path: string): Promise<T[]> {
  const lines = (await readText(folder, path)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as T);
}
