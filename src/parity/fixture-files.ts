import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { goldenFolder, type GoldenFolder } from './golden-folder.ts';

// For tests in Node: the goldens of fixtures/, and what they take from public/.

export function goldenFixtures(): GoldenFolder {
  return folderAt(new URL('fixtures/', import.meta.url));
}

export function publicFolder(): GoldenFolder {
  return folderAt(new URL('../../public/', import.meta.url));
}

export function goldenFixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${path}`, import.meta.url)));
}

function folderAt(url: URL): GoldenFolder {
  const root = fileURLToPath(url);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(root.length).replaceAll('\\', '/'))
    .map((path) => path.replace(/^\//, ''));
  return goldenFolder(paths, async (path) => new Uint8Array(readFileSync(new URL(path, url))));
}
