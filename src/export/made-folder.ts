import { crc32 } from '../compression/crc32.ts';
import { zipFrame } from '../checkpoint/stored-zip.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { ExportFile } from './export-file.ts';
import { requireWhole } from './whole-blob.ts';

/** A file that has been made; the browser keeps a Blob outside of the memory of scripts. */
export interface MadeFile {
  name: string;
  blob: Blob;
  crc: number;
}

export interface MakingControl {
  /** Bytes. Awaited, so that a worker hears a cancel between two files' pieces. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
  signal?: AbortSignal;
}

/** Pieces are handed to the browser in amounts of this, so that few of them are in memory twice. */
const PIECE_BYTES = 2 ** 24;

/** Makes the files one after the other. Throws ManabiError cancelled, export-no-room. */
export async function makeFiles(
  files: readonly ExportFile[],
  { onProgress, signal }: MakingControl = {},
): Promise<MadeFile[]> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const made: MadeFile[] = [];
  for (const { name, parts, size } of files) {
    const blobs: Blob[] = [];
    let pieces: Uint8Array<ArrayBuffer>[] = [];
    let waiting = 0;
    let crc = 0;
    const hand = async () => {
      const blob = new Blob(pieces);
      // The browser takes the bytes when it comes to it: until then they would be in memory twice, more of them with every piece.
      await requireWhole(blob, name);
      blobs.push(blob);
      done += waiting;
      pieces = [];
      waiting = 0;
      await onProgress?.(done, total);
      if (signal?.aborted) throw new ManabiError('cancelled', '');
    };
    for (const part of parts()) {
      crc = crc32(part, crc);
      pieces.push(part as Uint8Array<ArrayBuffer>);
      waiting += part.length;
      if (waiting >= PIECE_BYTES) await hand();
    }
    await hand();
    const blob = new Blob(blobs);
    if (blob.size !== size) throw new RangeError(`${name}: ${blob.size} bytes instead of ${size}`);
    made.push({ name, blob, crc });
  }
  return made;
}

/** A stored zip of made files. Nothing is copied. Throws ManabiError zip-too-large. */
export function zipBlob(files: readonly MadeFile[]): Blob {
  const { headers, end } = zipFrame(files.map(({ name, blob, crc }) => ({ name, size: blob.size, crc })));
  return new Blob([...headers.flatMap((header, at) => [header, files[at].blob]), ...end], {
    type: 'application/zip',
  });
}
