import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, test } from 'vitest';
import { Gpu } from '../../devices/gpu/device.ts';
import { attentionCases, caseName, holdAttention, runAttention } from './attention.cases.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
  await tf.setBackend('cpu');
});
afterAll(() => gpu.dispose());

test.each(attentionCases)(caseName, async (the) => {
  holdAttention(the, await runAttention(gpu, the));
});
