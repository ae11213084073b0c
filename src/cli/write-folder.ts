import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileParts } from '../checkpoint/stored-zip.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { ExportFile } from '../export/export-file.ts';

/** Node refuses to write 2 GiB at once. */
const WRITE_BYTES = 2 ** 30;

/**
 * Writes the files beside their folder and moves them there when all of them are whole, so that no half of a model can be taken for one.
 * Other files in the folder stay. Throws ManabiError export-disk.
 */
export function writeFolder(folder: string, files: readonly ExportFile[]): Promise<void> {
  return writeBeside(folder, files, async (partial) => {
    for (const { name } of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await rename(join(partial, name), join(folder, name));
    }
  });
}

/** The same for a folder that has no other files. */
export function replaceFolder(folder: string, files: readonly ExportFile[]): Promise<void> {
  return writeBeside(folder, files, async (partial) => {
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  });
}

/** Files in pieces by name, as files to be written. */
export function filesOf(files: ReadonlyMap<string, FileParts>): ExportFile[] {
  return Array.from(files, ([name, parts]) => ({
    name,
    size: parts.reduce((sum, { length }) => sum + length, 0),
    parts: () => parts,
  }));
}

async function writeBeside(
  folder: string,
  files: readonly ExportFile[],
  move: (partial: string) => Promise<void>,
): Promise<void> {
  const partial = `${folder}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    for (const file of files) await writeParts(join(partial, file.name), file);
    await move(partial);
  } catch (error) {
    if (error instanceof ManabiError || !(error instanceof Error && 'code' in error)) throw error;
    throw new ManabiError('export-disk', folder, { reason: error.message });
  } finally {
    // Where nothing could be written, nothing is there to be removed.
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function writeParts(path: string, { parts, size }: ExportFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  let written = 0;
  try {
    for (const part of parts()) {
      for (let at = 0; at < part.length;) {
        const length = Math.min(part.length - at, WRITE_BYTES);
        at += (await file.write(part, at, length)).bytesWritten;
      }
      written += part.length;
    }
    // A disk may tell only then that it is full.
    await file.sync();
  } finally {
    await file.close();
  }
  if (written !== size) throw new RangeError(`${path}: ${written} bytes instead of ${size}`);
}
