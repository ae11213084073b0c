import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GoldenFolder } from '../parity/golden-folder.ts';
import { bytesSource, type ByteSource } from './byte-source.ts';

/** For tests: the folder of fixtures beside this file, of the form of the goldens. */
export function fixtureFolder(): GoldenFolder {
  const root = fileURLToPath(new URL('fixtures', import.meta.url));
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll('\\', '/').slice(root.length + 1));
  return { paths, bytes: async (path) => fixture(path) };
}

export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${path}`, import.meta.url)));
}

export function fixtureSource(path: string): ByteSource {
  return bytesSource(path, fixture(path));
}
