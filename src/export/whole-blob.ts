import { ManabiError } from '../errors/manabi-error.ts';

/**
 * Where a browser found no room for a Blob, on a full disk, that has its size all the same and cannot be read. Throws ManabiError
 * export-no-room.
 */
export async function requireWhole(blob: Blob, name: string): Promise<void> {
  try {
    await blob.slice(-1).arrayBuffer();
  } catch (error) {
    throw new ManabiError('export-no-room', name, {
      reason: (error as Error).name,
      megabytes: Math.ceil(blob.size / 2 ** 20),
    });
  }
}
