import { blobSource, type ByteSource } from '../checkpoint/byte-source.ts';
import { isTextFile, readModelFolder, type ReadModelFolder } from '../checkpoint/model-folder.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { Sha256 } from '../hash/sha256.ts';
import type { OnProgress } from './protocol.ts';

const READ_BYTES = 2 ** 20;
const PROGRESS_EVERY_MS = 100;

export interface ReadModel extends ReadModelFolder {
  /** config.json and the tokenizer's files. */
  files: Map<string, Blob>;
  /** SHA-256 of the weights. */
  fingerprint: string;
}

/** The text files of a model folder: config.json and what belongs to the tokenizer. */
export async function bytesOf(files: Iterable<[string, Blob]>): Promise<Record<string, Uint8Array>> {
  const read: Record<string, Uint8Array> = {};
  for (const [name, blob] of files) {
    if (isTextFile(name)) read[name] = new Uint8Array(await blob.arrayBuffer());
  }
  return read;
}

/** Reads the files of a model folder: twice over the weights, for their values and for their hash. A cancel throws `cancelled`. */
export async function readModel(
  given: Readonly<Record<string, Blob>>,
  seed: number,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ReadModel> {
  const all = Object.entries(given);
  const files = new Map(all.filter(([name]) => isTextFile(name)));
  const weights = all.filter(([name]) => !isTextFile(name));
  const total = 2 * weights.reduce((sum, [, { size }]) => sum + size, 0);
  let done = 0;
  let reported = 0;
  const count = async (bytes: number) => {
    done += bytes;
    if (performance.now() - reported < PROGRESS_EVERY_MS) return;
    reported = performance.now();
    await onProgress(Math.min(done, total), total);
    if (signal.aborted) throw new ManabiError('cancelled', '');
  };
  const counted = (source: ByteSource): ByteSource => ({
    ...source,
    slice: async (start, end) => {
      const bytes = await source.slice(start, end);
      await count(bytes.length);
      return bytes;
    },
  });
  const sources = all.map(([name, blob]) => counted(blobSource(name, blob)));
  const read = await readModelFolder(await bytesOf(files), sources, seed);
  done = Math.max(done, total / 2);
  const hash = new Sha256();
  for (const [, blob] of weights) {
    for (let at = 0; at < blob.size; at += READ_BYTES) {
      const bytes = new Uint8Array(await blob.slice(at, at + READ_BYTES).arrayBuffer());
      hash.update(bytes);
      await count(bytes.length);
    }
  }
  return { ...read, files, fingerprint: hash.hex() };
}
