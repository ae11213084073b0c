import { blobSource, type ByteSource } from '../checkpoint/byte-source.ts';
import { loadWeights } from '../checkpoint/load-weights.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig, type DebertaConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import { initializeHead, parameterShapes } from '../model/parameters.ts';
import { Sha256 } from '../hash/sha256.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { OnProgress } from './protocol.ts';

const READ_BYTES = 2 ** 20;
const PROGRESS_EVERY_MS = 100;

export interface ReadModel {
  config: DebertaConfig;
  tokenizer: Tokenizer;
  tensors: NamedTensors;
  missing: string[];
  unexpected: string[];
  /** config.json and the tokenizer's files. */
  files: Map<string, Blob>;
  /** SHA-256 of the weights. */
  fingerprint: string;
}

export async function bytesOf(files: ReadonlyMap<string, Blob>): Promise<Record<string, Uint8Array>> {
  const read: Record<string, Uint8Array> = {};
  for (const [name, blob] of files) read[name] = new Uint8Array(await blob.arrayBuffer());
  return read;
}

export async function configOf(files: ReadonlyMap<string, Blob>): Promise<DebertaConfig> {
  const blob = files.get('config.json');
  if (!blob) throw new ManabiError('model-no-config', [...files.keys()].join(', '));
  let raw: unknown;
  try {
    raw = JSON.parse(await blob.text());
  } catch {
    throw new ManabiError('config-shape', 'config.json', { key: '(top)', wanted: 'JSON' });
  }
  return parseConfig(raw, 'config.json');
}

/** Reads the files of a model folder: twice over the weights, for their values and for their hash. A cancel throws `cancelled`. */
export async function readModel(
  given: Readonly<Record<string, Blob>>,
  seed: number,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ReadModel> {
  const all = new Map(Object.entries(given));
  const config = await configOf(all);
  const files = new Map([...all].filter(([name]) => /\.(json|model|txt)$/.test(name)));
  const tokenizer = readTokenizer(await bytesOf(files));
  const weights = [...all].filter(([name]) => !files.has(name));
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
  const sources = Array.from(all, ([name, blob]) => counted(blobSource(name, blob)));
  const { tensors, missing, unexpected } = await loadWeights(sources, parameterShapes(config));
  if (missing.length > 0) {
    for (const [name, tensor] of initializeHead(config, seed)) tensors.set(name, tensor);
  }
  done = Math.max(done, total / 2);
  const hash = new Sha256();
  for (const [, blob] of weights) {
    for (let at = 0; at < blob.size; at += READ_BYTES) {
      const bytes = new Uint8Array(await blob.slice(at, at + READ_BYTES).arrayBuffer());
      hash.update(bytes);
      await count(bytes.length);
    }
  }
  return { config, tokenizer, tensors, missing, unexpected, files, fingerprint: hash.hex() };
}
