// The functions of math.as.ts against float64, through the kernels that call them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CpuDevice } from '../devices/cpu/device.ts';
import { allocate, download, runCalls, upload } from '../devices/harness.ts';
import { convActivation, convActivationGrad } from './conv/conv.ts';
import { spanLoss, spanTargets } from './span-loss/span-loss.ts';

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, build: { relaxed: false, wide: false } });
});
afterAll(() => device.dispose());

/** act(x) and its derivative: nothing else is left of the activation where bias and residual are 0, and mask and dy 1. */
async function activated(act: 'tanh' | 'gelu', x: Float32Array) {
  const width = x.length;
  const zeros = allocate(device, width);
  const [y, dx] = [allocate(device, width), allocate(device, width)];
  const options = {
    label: act,
    rows: 1,
    width,
    act,
    x: upload(device, x),
    bias: zeros,
    mask: upload(device, Uint32Array.of(1)),
    drop: { state: allocate(device, 64), site: 0, dropout: 0 },
  };
  const dy = upload(device, new Float32Array(width).fill(1));
  await runCalls(device, [
    convActivation({ ...options, residual: zeros, y }),
    convActivationGrad({ ...options, dy, dx, dResidual: allocate(device, width) }),
  ]);
  return { y: await download(device, y), slope: await download(device, dx) };
}

/** erf in float64: its Taylor series, which converges fast enough up to 4. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return Math.abs(x) > 4 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * sum;
}

const gelu = (x: number) => 0.5 * x * (1 + erf(x * Math.SQRT1_2));
const geluSlope = (x: number) =>
  0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);

/** Both signs, from the smallest to where the functions stand still, closer around 0 than elsewhere. */
const range = (largest: number) =>
  Float32Array.from({ length: 8003 }, (_, i) => (i - 4001) / 4001).map((v) => v * Math.abs(v) * largest);

const largestError = (found: Float32Array, wanted: (i: number) => number) =>
  found.reduce((largest, value, i) => {
    const error = Math.abs(value - wanted(i));
    return Number.isFinite(error) ? Math.max(largest, error) : Infinity;
  }, 0);

/** The largest error in units of the wanted value; where that is less than `least`, in units of `least`. */
const largestShare = (found: Float32Array, wanted: (i: number) => number, least: number) =>
  found.reduce((largest, value, i) => {
    const error = Math.abs(value - wanted(i)) / Math.max(least, Math.abs(wanted(i)));
    return Number.isFinite(error) ? Math.max(largest, error) : Infinity;
  }, 0);

test('tanh and its derivative, near zero too', async () => {
  const x = range(30);
  const { y, slope } = await activated('tanh', x);
  expect(largestShare(y, (i) => Math.tanh(x[i]), 1e-30)).toBeLessThan(4e-7);
  expect(largestError(slope, (i) => 1 - Math.tanh(x[i]) ** 2)).toBeLessThan(4e-7);
});

test('gelu and its derivative, near zero and in the tail too', async () => {
  const x = range(9);
  const { y, slope } = await activated('gelu', x);
  expect(largestShare(y, (i) => gelu(x[i]), 1)).toBeLessThan(4e-7);
  expect(largestError(slope, (i) => geluSlope(x[i]))).toBeLessThan(4e-7);
  const small = Float32Array.from({ length: 200 }, (_, i) => 10 ** (-i / 8));
  const near = await activated('gelu', small);
  expect(largestShare(near.y, (i) => gelu(small[i]), 1e-30)).toBeLessThan(3e-7);
});

test('values beyond every range give the limits, not NaN', async () => {
  const x = Float32Array.of(-1e30, -3e4, -100, 100, 3e4, 1e30, Infinity, -Infinity);
  const { y, slope } = await activated('tanh', x);
  expect([...y]).toEqual([-1, -1, -1, 1, 1, 1, 1, -1]);
  expect([...slope].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  const finite = x.subarray(0, 6);
  const { y: g, slope: d } = await activated('gelu', finite);
  expect([...g].map((value) => value + 0)).toEqual([0, 0, 0, ...finite.subarray(3)]);
  expect([...d].map((value) => value + 0)).toEqual([0, 0, 0, 1, 1, 1]);
});

test.each(['tanh', 'gelu'] as const)('%s of NaN is NaN, so that a broken run shows', async (act) => {
  const { y, slope } = await activated(act, Float32Array.of(NaN, 1, NaN));
  expect([...y].map(Number.isNaN)).toEqual([true, false, true]);
  expect([...slope].map(Number.isNaN)).toEqual([true, false, true]);
});

describe('exp and log in the loss of a span', () => {
  /** Loss and gradient of one row of logits, with the label at the first; the ends' side is ignored. */
  async function lossOf(logits: Float32Array) {
    const N = logits.length;
    const both = new Float32Array(2 * N);
    for (const [n, value] of logits.entries()) both[2 * n] = value;
    const initial = new Float32Array(64);
    initial[15] = 1;
    initial[20] = 1;
    const [state, dLogits] = [upload(device, initial), allocate(device, 2 * N)];
    const targets = upload(device, spanTargets(N, Int32Array.of(0), Int32Array.of(N)));
    const gradient = { logits: dLogits, bias: allocate(device, 2) };
    const call = { label: 'loss', B: 1, N, logits: upload(device, both), targets, state, gradient };
    await runCalls(device, [spanLoss(call)]);
    const found = (await download(device, dLogits)).filter((_, i) => i % 2 === 0);
    return { loss: (await download(device, state))[12], gradient: found };
  }

  test('probabilities are exact to a unit in the last place or two, down to e^-87', async () => {
    // The top is the label's own; the others reach from it to far below.
    const logits = Float32Array.from({ length: 4001 }, (_, i) => -(i * 95) / 4000);
    const { gradient } = await lossOf(logits);
    const exps = [...logits].map(Math.exp);
    const total = exps.reduce((sum, value) => sum + value, 0);
    const found = gradient.subarray(1).map((value) => 2 * value);
    const wanted = (i: number) => exps[i + 1] / total;
    const kept = found.filter((_, i) => logits[i + 1] >= -86);
    expect(kept.length).toBeGreaterThan(3600);
    expect(largestShare(kept, wanted, 1e-38)).toBeLessThan(2.5e-7);
    expect([...found.filter((_, i) => logits[i + 1] < -87)].every((value) => value === 0)).toBe(true);
  });

  test.each([1, 2, 3, 7, 100, 1000, 30_000])('the logarithm of a sum of %i', async (N) => {
    // All logits alike: the loss is ln N / 2 and nothing else.
    const { loss } = await lossOf(new Float32Array(N).fill(3));
    expect(Math.abs(loss - Math.log(N) / 2)).toBeLessThanOrEqual(6e-8 * Math.log(N));
  });
});
