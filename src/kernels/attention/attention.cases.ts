import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import type { Device } from '../../devices/device.ts';
import { dropoutKey, dropoutMask } from '../dropout/dropout.ts';
import { allocate, download, downloadHalf, runCalls, upload, uploadHalf } from '../../devices/harness.ts';
import type { Slice } from '../kernel.ts';
import { relativeError, values } from '../test-values.ts';
import { defaultTiles } from '../linear/tile.ts';
import { attentionBackward, attentionForward, attentionInputs, pairsLength } from './attention.ts';
import { composedAttention } from './composed.ts';

const [seed, microBatch, site] = [5, 1, 2];

export interface AttentionCase {
  B: number;
  N: number;
  heads: number;
  headSize: number;
  c2p: boolean;
  p2c: boolean;
  dropout: number;
  /** Distances up to this have columns of their own; default: none. */
  near?: number;
  /** Real tokens of every row. */
  lengths: number[];
  /** All matrices and tables are float16. */
  half?: boolean;
}

// Head sizes of every slice, in one part and in two, with and without vector loads; N below, at and across blocks.
// (The composed form takes minutes for long sequences with tables.)
export const attentionCases: AttentionCase[] = [
  { B: 2, N: 35, heads: 2, headSize: 8, c2p: true, p2c: true, dropout: 0.2, lengths: [35, 11] },
  { B: 3, N: 16, heads: 3, headSize: 6, c2p: true, p2c: true, dropout: 0, lengths: [16, 1, 9] },
  { B: 2, N: 33, heads: 1, headSize: 64, c2p: true, p2c: false, dropout: 0.1, lengths: [33, 32] },
  { B: 1, N: 21, heads: 2, headSize: 12, c2p: false, p2c: true, dropout: 0, lengths: [13] },
  { B: 2, N: 18, heads: 1, headSize: 72, c2p: true, p2c: true, dropout: 0.1, lengths: [18, 7] },
  { B: 1, N: 9, heads: 1, headSize: 130, c2p: false, p2c: false, dropout: 0, lengths: [8] },
  { B: 1, N: 1, heads: 2, headSize: 4, c2p: true, p2c: true, dropout: 0, lengths: [1] },
  { B: 1, N: 301, heads: 2, headSize: 20, c2p: false, p2c: false, dropout: 0.1, lengths: [290] },
  { B: 2, N: 47, heads: 1, headSize: 24, c2p: true, p2c: false, dropout: 0, near: 30, lengths: [47, 20] },
  { B: 2, N: 47, heads: 1, headSize: 24, c2p: false, p2c: true, dropout: 0.5, near: 16, lengths: [47, 0] },
  { B: 2, N: 35, heads: 2, headSize: 8, c2p: true, p2c: true, dropout: 0.2, lengths: [35, 11], half: true },
  { B: 2, N: 33, heads: 1, headSize: 64, c2p: true, p2c: false, dropout: 0, lengths: [33, 32], half: true },
  { B: 1, N: 18, heads: 1, headSize: 72, c2p: false, p2c: true, dropout: 0.1, lengths: [15], half: true },
];

function dataOf(the: AttentionCase) {
  const { B, N, heads, headSize, dropout, lengths } = the;
  const H = heads * headSize;
  // Columns of their own near by, then of two distances each, at last one of many: as logarithmic buckets are.
  const { near = 0 } = the;
  const most = near + 4;
  const R = 2 * most + 2;
  const columns = Uint32Array.from({ length: 2 * N - 1 }, (_, at) => {
    const distance = Math.abs(at - (N - 1));
    const steps = distance <= near ? distance : Math.min(most, near + Math.ceil((distance - near) / 2));
    return most + Math.sign(at - (N - 1)) * steps;
  });
  const mask = Int32Array.from({ length: B * N }, (_, at) => Number(at % N < lengths[Math.floor(at / N)]));
  const key = dropoutKey(seed, microBatch, site);
  const dropMask = dropout > 0 ? dropoutMask(key, heads * B * N * N, dropout) : null;
  const scale = Math.sqrt(headSize * (1 + Number(the.c2p) + Number(the.p2c)));
  const table = B * heads * N * R;
  // Inputs of few bits, so that both kinds of storage hold the same.
  const inputs = (length: number, seed: number) =>
    values(length, seed).map((value) => Math.round(64 * value) / 64);
  const [qkv, dContext] = [inputs(3 * B * N * H, 1), inputs(B * N * H, 2)];
  const tables = { c2p: the.c2p ? inputs(table, 3) : null, p2c: the.p2c ? inputs(table, 4) : null };

  return {
    B,
    N,
    H,
    R,
    heads,
    headSize,
    scale,
    dropout,
    columns,
    mask,
    dropMask,
    qkv,
    dContext,
    tables,
    table,
  };
}

/** What both calls write: context and the gradients of qkv, c2p and p2c. */
export async function runAttention(device: Device, the: AttentionCase): Promise<Float32Array[]> {
  const { B, N, H, R, heads, headSize, scale, dropout, columns, mask, qkv, dContext, tables, table } =
    dataOf(the);
  const put = (data: Float32Array) => (the.half ? uploadHalf(device, data) : upload(device, data));
  const get = (slice: Slice) => (the.half ? downloadHalf(device, slice) : download(device, slice));
  const gpuTable = (data: Float32Array | null) => (data ? put(data) : null);
  // Gradients begin with rubbish: they are written, not added to.
  const rubbish = (length: number) => put(new Float32Array(length).fill(7));
  const [context, dQkv] = [put(new Float32Array(B * N * H)), rubbish(3 * B * N * H)];
  const [dC2p, dP2c] = [tables.c2p && rubbish(table), tables.p2c && rubbish(table)];
  const options = {
    B,
    N,
    heads,
    headSize,
    R,
    scale,
    site,
    dropout,
    inputs: upload(device, attentionInputs(seed, microBatch, columns, mask, R)),
    qkv: put(qkv),
    c2p: gpuTable(tables.c2p),
    p2c: gpuTable(tables.p2c),
    context,
    stats: allocate(device, 2 * B * heads * N),
  };
  const pairs = () => allocate(device, device.kind === 'cpu' ? 1 : pairsLength(options));
  const grad = { ...options, dContext: put(dContext), dQkv, dC2p, dP2c, weights: pairs(), dScores: pairs() };
  await runCalls(device, [attentionForward(options), ...attentionBackward(grad, defaultTiles)]);

  const written = [context, dQkv, dC2p, dP2c].filter((slice) => slice !== null);
  return Promise.all(written.map(get));
}

/** Holds what runAttention wrote to the composed form. */
export function holdAttention(the: AttentionCase, found: readonly Float32Array[]): void {
  const { B, N, H, R, heads, headSize, scale, columns, mask, dropMask, qkv, dContext, tables } = dataOf(the);
  const present = [tables.c2p, tables.p2c].filter((data) => data !== null);
  const { value, grads } = tf.valueAndGrads((...[x, ...rest]: tf.Tensor[]) => {
    const c2p = tables.c2p ? rest[0] : null;
    const p2c = tables.p2c ? rest[present.length - 1] : null;
    return composedAttention({ B, N, heads, headSize, scale, columns, mask, dropMask }, x, c2p, p2c);
  })(
    [tf.tensor2d(qkv, [B * N, 3 * H]), ...present.map((data) => tf.tensor4d(data, [B, heads, N, R]))],
    tf.tensor2d(dContext, [B * N, H]),
  );
  // With float16 what is written is rounded, and the deltas are computed from the rounded context.
  const [bound, gradientBound] = the.half ? [1 / 2048, 3 / 2048] : [3e-6, 5e-6];
  expect(relativeError(found[0], value.dataSync())).toBeLessThan(bound);
  for (const [i, gradient] of found.slice(1).entries()) {
    // With one token every score's gradient is 0 but for rounding.
    if (N === 1 && i > 0) expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-6);
    else expect(relativeError(gradient, grads[i].dataSync())).toBeLessThan(gradientBound);
  }
}

export const caseName =
  'B $B, N $N, heads $heads x $headSize, c2p $c2p, p2c $p2c, dropout $dropout, float16 $half';
