import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CpuDevice } from '../../devices/cpu/device.ts';
import {
  attentionCases,
  caseName,
  holdAttention,
  runAttention,
  type AttentionCase,
} from './attention.cases.ts';

const build = { relaxed: false, wide: false };
let devices: CpuDevice[];
beforeAll(async () => {
  devices = await Promise.all([1, 2, 4].map((threads) => CpuDevice.open({ threads, build })));
  await tf.setBackend('cpu');
});
afterAll(() => {
  for (const device of devices) device.dispose();
});

const cases: AttentionCase[] = [
  ...attentionCases.filter(({ half }) => !half),
  // Keys in several blocks, first of both calls and then of the gradient alone; small blocks of queries.
  { B: 1, N: 100, heads: 1, headSize: 1022, c2p: true, p2c: true, dropout: 0.1, near: 3, lengths: [91] },
  { B: 1, N: 70, heads: 1, headSize: 512, c2p: true, p2c: true, dropout: 0.1, near: 12, lengths: [70] },
  { B: 1, N: 2060, heads: 1, headSize: 4, c2p: false, p2c: false, dropout: 0.1, lengths: [2001] },
];

test.each(cases)(`${caseName}; the same bits on 1, 2 and 4 threads`, { timeout: 60_000 }, async (the) => {
  const [one, ...others] = devices;
  const found = await runAttention(one, the);
  holdAttention(the, found);
  for (const device of others) expect(await runAttention(device, the)).toEqual(found);
});
