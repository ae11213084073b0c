import { randperm } from '../random/mt19937.ts';
import type { Batch, Feature } from './feature.ts';

export interface PaddingOptions {
  max_seq_length: number;
  /** Every row to max_seq_length; otherwise to the longest of the batch. */
  pad_to_max_length: boolean;
  /** 0: to the longest row exactly. */
  pad_to_multiple_of: number;
}

/** Features -> one padded batch [B, N]. */
export function padBatch(rows: readonly Feature[], padTokenId: number, options: PaddingOptions): Batch {
  const B = rows.length;
  const longest = Math.max(1, ...rows.map((row) => row.inputIds.length));
  const multiple = Math.max(1, options.pad_to_multiple_of);
  const N = options.pad_to_max_length
    ? Math.max(longest, options.max_seq_length)
    : Math.ceil(longest / multiple) * multiple;
  const inputIds = new Int32Array(B * N).fill(padTokenId);
  const attentionMask = new Int32Array(B * N);
  const tokenTypeIds = new Int32Array(B * N);
  for (const [row, feature] of rows.entries()) {
    inputIds.set(feature.inputIds, row * N);
    tokenTypeIds.set(feature.tokenTypeIds, row * N);
    attentionMask.fill(1, row * N, row * N + feature.inputIds.length);
  }
  return {
    B,
    N,
    inputIds,
    attentionMask,
    tokenTypeIds,
    startPositions: Int32Array.from(rows, (row) => row.startPosition),
    endPositions: Int32Array.from(rows, (row) => row.endPosition),
  };
}

/** Order of the rows in an epoch: Hugging Face's SeedableRandomSampler, torch.randperm with seed + epoch. */
export function epochOrder(n: number, seed: number, epoch: number): Int32Array {
  return randperm(n, seed + epoch);
}

/**
 * Rows of similar length side by side (transformers' get_length_grouped_indices): a seeded shuffle, cut into mega-batches of 50
 * batches (at most a quarter of the data), each sorted by length, the longest row first of all. `batchSize` is that of one
 * optimizer step. The Trainer draws the shuffle from the global generator; here seed + epoch seeds it, so that a run can go
 * on from any step.
 */
export function groupByLengthOrder(
  lengths: readonly number[],
  batchSize: number,
  seed: number,
  epoch: number,
): Int32Array {
  if (lengths.length === 0) return new Int32Array(0);
  const perMega = Math.max(1, Math.min(Math.floor(lengths.length / (batchSize * 4)), 50)) * batchSize;
  const shuffled = [...randperm(lengths.length, seed + epoch)];
  const megas: number[][] = [];
  for (let at = 0; at < shuffled.length; at += perMega) {
    megas.push(shuffled.slice(at, at + perMega).sort((a, b) => lengths[b] - lengths[a]));
  }
  // The longest row comes first, so that a run that does not fit fails at once.
  const longest = megas.reduce((best, mega, i) => (lengths[mega[0]] > lengths[megas[best][0]] ? i : best), 0);
  if (longest > 0) [megas[0][0], megas[longest][0]] = [megas[longest][0], megas[0][0]];
  return Int32Array.from(megas.flat());
}

/** Share of the positions of padded batches that hold real tokens. */
export function paddingEfficiency(batches: readonly Batch[]): number {
  let real = 0;
  let all = 0;
  for (const { B, N, attentionMask } of batches) {
    real += attentionMask.reduce((sum, value) => sum + value, 0);
    all += B * N;
  }
  return all > 0 ? real / all : 1;
}
