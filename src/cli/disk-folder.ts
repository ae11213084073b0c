import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ManabiError } from '../errors/manabi-error.ts';
import { goldenFolder, type GoldenFolder } from '../parity/golden-folder.ts';

/** Every file below `root`, those behind links too, with '/'. Throws ManabiError parity-folder. */
export async function filesBelow(root: string): Promise<string[]> {
  const about = await stat(root).catch(() => null);
  if (!about?.isDirectory()) throw new ManabiError('parity-folder', root);
  const found: string[] = [];
  const visit = async (folder: string) => {
    for (const name of (await readdir(join(root, folder))).toSorted()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if ((await stat(join(root, path))).isDirectory()) await visit(path);
      else found.push(path);
    }
  };
  await visit('');
  return found;
}

export async function openFolder(root: string): Promise<GoldenFolder> {
  return goldenFolder(
    await filesBelow(root),
    async (path) => new Uint8Array(await readFile(join(root, path))),
  );
}
