import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ManabiError } from '../errors/manabi-error.ts';
import type { ExportFile } from '../export/export-file.ts';

/**
 * Writes the files beside their folder and moves them there when all of them are whole, so that no half of a model can be taken for one.
 * Throws ManabiError export-disk.
 */
export async function writeExport(folder: string, files: readonly ExportFile[]): Promise<void> {
  const partial = `${folder}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    for (const file of files) await writeParts(join(partial, file.name), file);
    for (const { name } of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await rename(join(partial, name), join(folder, name));
    }
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
  try {
    for (const part of parts()) {
      for (let at = 0; at < part.length;) {
        at += (await file.write(part, at)).bytesWritten;
      }
    }
  } finally {
    await file.close();
  }
  const written = (await stat(path)).size;
  if (written !== size) throw new RangeError(`${path}: ${written} bytes instead of ${size}`);
}
