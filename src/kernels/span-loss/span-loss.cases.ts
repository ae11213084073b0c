import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { weightedCrossEntropy } from '../../model/composed/operations.ts';
import type { Device } from '../../devices/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { relativeError, values } from '../test-values.ts';
import { spanLoss, spanTargets } from './span-loss.ts';

/** What holds on every device. */
export function describeSpanLoss(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
    await tf.setBackend('cpu');
  });
  afterAll(() => device.dispose());

  const LOSS = 12;
  const GRADIENT_SCALE = 15;
  const LOSS_SCALE = 20;

  // Labels beyond the row are ignored, those below 0 clamped to it.
  const rows = [
    { N: 1, scale: 1, starts: [0, 0], ends: [0, 5] },
    { N: 37, scale: 3, starts: [0, 36, 37, 5], ends: [3, -1, 40, 36] },
    { N: 200, scale: 80, starts: [199, 7, 300], ends: [199, 500, 300] },
  ];

  test.each(rows)('loss and gradient, N $N, logits to $scale', async ({ N, scale, starts, ends }) => {
    const B = starts.length;
    const logits = values(2 * B * N, 3, scale);
    const [startLabels, endLabels] = [Int32Array.from(starts), Int32Array.from(ends)];
    // The second of two micro-batches: a loss is there already, and this one counts half.
    const initial = new Float32Array(64);
    initial[LOSS] = 2;
    initial[GRADIENT_SCALE] = 0.5;
    initial[LOSS_SCALE] = 8;
    const [state, dLogits, dBias] = [
      upload(device, initial),
      allocate(device, 2 * B * N),
      upload(device, Float32Array.of(3, -5)),
    ];
    await runCalls(device, [
      spanLoss({
        label: 'loss',
        B,
        N,
        logits: upload(device, logits),
        targets: upload(device, spanTargets(N, startLabels, endLabels)),
        state,
        gradient: { logits: dLogits, bias: dBias },
      }),
    ]);

    const weights = new Float32Array(2 * B * N);
    for (const [side, labels] of [starts, ends].entries()) {
      const counted = labels.filter((label) => label < N).length;
      for (const [b, label] of labels.entries()) {
        if (label < N) weights[(side * B + b) * N + Math.max(0, label)] = 0.5 / counted;
      }
    }
    const perSide = tf.reshape(tf.transpose(tf.tensor3d(logits, [B, N, 2]), [2, 0, 1]), [2 * B, N]);
    const { value, grad } = tf.valueAndGrad((z) =>
      tf.mul(weightedCrossEntropy(z, tf.tensor2d(weights, [2 * B, N])), 0.5),
    )(perSide);
    const wanted = tf.transpose(tf.reshape(grad, [2, B, N]), [1, 2, 0]).dataSync();
    // The gradient has the scale of the loss, the loss itself has not.
    const found = (await download(device, dLogits)).map((value) => value / 8);
    const loss = value.dataSync()[0];
    expect(Math.abs((await download(device, state))[LOSS] - 2 - loss)).toBeLessThan(1e-6 * Math.max(1, loss));
    if (N === 1) expect(Math.max(...found.map(Math.abs))).toBe(0);
    else expect(relativeError(found, wanted)).toBeLessThan(1e-6);
    // Added to what is there. Each row's softmax sums to 1, so there is nothing to add but rounding.
    const bias = await download(device, dBias);
    expect(Math.abs(bias[0] - 3)).toBeLessThan(1e-6);
    expect(Math.abs(bias[1] + 5)).toBeLessThan(1e-6);
  });

  test('the loss alone, without a gradient', async () => {
    const [B, N] = [2, 10];
    const initial = new Float32Array(64);
    initial[GRADIENT_SCALE] = 1;
    const state = upload(device, initial);
    const labels = Int32Array.of(1, 2);
    await runCalls(device, [
      spanLoss({
        label: 'loss',
        B,
        N,
        logits: allocate(device, 2 * B * N),
        targets: upload(device, spanTargets(N, labels, labels)),
        state,
        gradient: null,
      }),
    ]);
    expect((await download(device, state))[LOSS]).toBeCloseTo(Math.log(N), 6);
  });
}
