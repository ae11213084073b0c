import { gunzipSync } from 'fflate';
import { ManabiError } from '../errors/manabi-error.ts';

/** Read access to a folder of goldens, from the file system (Node) or over HTTP (browser). Paths are relative, with '/'. */
export interface GoldenFolder {
  /** Every file below the folder. */
  readonly paths: readonly string[];
  /** Throws ManabiError parity-file where there is no such file. */
  bytes(path: string): Promise<Uint8Array>;
}

/** A folder of these paths; `read` is asked for no others. */
export function goldenFolder(
  paths: readonly string[],
  read: (path: string) => Promise<Uint8Array>,
): GoldenFolder {
  const present = new Set(paths);
  return {
    paths,
    bytes: async (path) => {
      if (!present.has(path)) throw new ManabiError('parity-file', path);
      return read(path);
    },
  };
}

/** What is below `prefix/`, as a folder of its own. */
export function inside(folder: GoldenFolder, prefix: string): GoldenFolder {
  return goldenFolder(below(folder, prefix), (path) => folder.bytes(`${prefix}/${path}`));
}

/** `first`, and those subfolders of `second` that it lacks. */
export function overlay(first: GoldenFolder, second: GoldenFolder): GoldenFolder {
  const top = (path: string) => path.split('/')[0];
  const taken = new Set(first.paths.map(top));
  const own = new Set(first.paths);
  const rest = second.paths.filter((path) => !taken.has(top(path)));
  return goldenFolder([...first.paths, ...rest], (path) => (own.has(path) ? first : second).bytes(path));
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
