import { ManabiError } from '../errors/manabi-error.ts';

/** A file that is read in slices, so that a large one is never whole in memory. */
export interface ByteSource {
  name: string;
  size: number;
  /** Bytes [start, end). */
  slice(start: number, end: number): Promise<Uint8Array>;
}

/** A File or Blob of the browser or of Node. */
export function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    size: blob.size,
    slice: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}

export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return { name, size: bytes.length, slice: async (start, end) => bytes.slice(start, end) };
}

/** Bytes [start, end), all of them. Throws ManabiError file-changed where the file gives fewer than its size promised. */
export async function readRange(source: ByteSource, start: number, end: number): Promise<Uint8Array> {
  const bytes = await source.slice(start, end);
  if (bytes.length !== end - start) throw new ManabiError('file-changed', source.name);
  return bytes;
}

/** The name without its folders. */
export function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}
