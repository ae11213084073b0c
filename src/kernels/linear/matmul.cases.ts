import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../devices/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { dropoutKey, dropoutMask } from '../dropout/dropout.ts';
import { values } from '../test-values.ts';
import { matmul, type Matmul } from './matmul.ts';
import type { TileName } from './tile.ts';

/** C[m, n] = sum over k of x(m, k) y(k, n) in float64. */
export function product(
  M: number,
  N: number,
  K: number,
  x: (m: number, k: number) => number,
  y: (k: number, n: number) => number,
) {
  const c = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) c[m * N + n] += x(m, k) * y(k, n);
  }
  return c;
}

export function worst(got: Float32Array, want: Float64Array): number {
  let error = 0;
  let largest = 0;
  for (const [i, value] of want.entries()) {
    error = Math.max(error, Math.abs(got[i] - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return error / largest;
}

/** What holds on every device, with each of these tiles (which a processor does not look at). */
export function describeMatmul(open: () => Promise<Device>, names: TileName[]): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device.dispose());

  describe.each(names)('%s', (name) => {
    const choice = { large: name, small: name };

    test.each([
      [false, true, 72, 68, 36],
      [false, false, 72, 68, 36],
      [true, false, 72, 68, 36],
      [false, true, 35, 2, 30],
      [false, false, 5, 33, 7],
      [true, false, 67, 35, 21],
      [true, false, 8, 4, 2000],
      [false, true, 261, 270, 300],
      [true, false, 135, 523, 260],
    ])('op(A) op(B), turned %s %s, %i x %i x %i', async (turnA, turnB, M, N, K) => {
      const [a, b] = [values(M * K, 1), values(K * N, 2)];
      const c = allocate(device, M * N);
      await runCalls(device, [
        matmul(choice, {
          label: 'test',
          M,
          N,
          K,
          a: { slice: upload(device, a), ld: turnA ? M : K, transposed: turnA },
          b: { slice: upload(device, b), ld: turnB ? K : N, transposed: turnB },
          c: { slice: c, ld: N },
        }),
      ]);
      const want = product(
        M,
        N,
        K,
        (m, k) => (turnA ? a[k * M + m] : a[m * K + k]),
        (k, n) => (turnB ? b[n * K + k] : b[k * N + n]),
      );
      // The rounding of a sum of K products grows as its square root.
      expect(worst(await download(device, c), want)).toBeLessThan(1e-7 * Math.max(10, Math.sqrt(K)));
    });

    test('heads as column slices, batches, and sums over batches', async () => {
      const [B, h, N, R, d] = [2, 3, 20, 12, 8];
      const q = values(B * N * h * d, 3);
      const rel = values(R * h * d, 4);
      const scores = allocate(device, B * h * N * R);
      const gradient = allocate(device, R * h * d);
      const qMatrix = { slice: upload(device, q), ld: h * d, batch: N * h * d, head: d };
      const forward: Matmul = {
        label: 'scores',
        M: N,
        N: R,
        K: d,
        batches: B,
        heads: h,
        a: qMatrix,
        b: { slice: upload(device, rel), ld: h * d, head: d, transposed: true },
        c: { slice: scores, ld: R, batch: h * N * R, head: N * R },
      };
      const backward: Matmul = {
        label: 'gradient',
        M: R,
        N: d,
        K: N,
        heads: h,
        sums: B,
        a: { slice: scores, ld: R, head: N * R, sum: h * N * R, transposed: true },
        b: { ...qMatrix, batch: 0, sum: N * h * d },
        c: { slice: gradient, ld: h * d, head: d },
      };
      await runCalls(device, [matmul(choice, forward), matmul(choice, backward)]);
      const wantScores = new Float64Array(B * h * N * R);
      const wantGradient = new Float64Array(R * h * d);
      for (let i = 0; i < B * h * N * R; i++) {
        const [b, head, n, r] = [
          Math.floor(i / (h * N * R)),
          Math.floor(i / (N * R)) % h,
          Math.floor(i / R) % N,
          i % R,
        ];
        const at = (b * N + n) * h * d + head * d;
        for (let k = 0; k < d; k++) wantScores[i] += q[at + k] * rel[r * h * d + head * d + k];
        for (let k = 0; k < d; k++) wantGradient[r * h * d + head * d + k] += wantScores[i] * q[at + k];
      }
      expect(worst(await download(device, scores), wantScores)).toBeLessThan(1e-6);
      expect(worst(await download(device, gradient), wantGradient)).toBeLessThan(1e-6);
    });

    test.each([32, 33])('epilogues at N = %i', async (N) => {
      const [M, K] = [40, 24];
      const [a, b, bias, other] = [values(M * K, 1), values(K * N, 2), values(N, 3), values(M * N, 4)];
      const [c, kept, sums] = [allocate(device, M * N), allocate(device, M * N), allocate(device, M)];
      const [dropped, again, gelu, times] = [0, 0, 0, 0].map(() => allocate(device, M * N));
      const state = upload(device, new Uint32Array(64).fill(7, 13, 14));
      const biasSlice = upload(device, bias);
      const residual = upload(device, other);
      const base = {
        label: 'test',
        M,
        N,
        K,
        a: { slice: upload(device, a), ld: K },
        b: { slice: upload(device, b), ld: K, transposed: true },
      };
      const drop = { kind: 'residual', bias: biasSlice, residual, state, site: 3, dropout: 0.25 } as const;
      const into = (slice: typeof c) => ({ slice, ld: N });
      await runCalls(device, [
        matmul(choice, { ...base, c: into(c), epilogue: { kind: 'bias', bias: biasSlice } }),
        matmul(choice, {
          ...base,
          c: into(gelu),
          epilogue: { kind: 'gelu', bias: biasSlice, keepSlope: kept },
        }),
        matmul(choice, { ...base, c: into(times), epilogue: { kind: 'factor', factor: residual } }),
        matmul(choice, { ...base, c: into(dropped), epilogue: drop }),
        matmul(choice, { ...base, c: into(again), epilogue: drop }),
        // K and M change places: the sums of A's columns as stored.
        matmul(choice, {
          label: 'sums',
          M: K,
          N: K,
          K: M,
          a: { slice: base.a.slice, ld: K, transposed: true },
          b: { slice: base.a.slice, ld: K },
          c: { slice: allocate(device, K * K), ld: K },
          epilogue: { kind: 'column-sums', sums },
        }),
      ]);
      const raw = product(
        M,
        N,
        K,
        (m, k) => a[m * K + k],
        (k, n) => b[n * K + k],
      );
      const linear = raw.map((v, i) => v + bias[i % N]);
      expect(worst(await download(device, c), linear)).toBeLessThan(1e-6);
      const slopes = linear.map((v) => normal(v) + v * density(v));
      expect(worst(await download(device, kept), slopes)).toBeLessThan(2e-6);
      expect(
        worst(
          await download(device, gelu),
          linear.map((v) => v * normal(v)),
        ),
      ).toBeLessThan(2e-6);
      const scaled = raw.map((v, i) => v * other[i]);
      expect(worst(await download(device, times), scaled)).toBeLessThan(1e-6);

      const masked = await download(device, dropped);
      expect(await download(device, again)).toEqual(masked);
      let zeros = 0;
      for (const [i, value] of masked.entries()) {
        const part = value - other[i];
        if (part === 0) zeros++;
        else expect(part).toBeCloseTo(linear[i] / 0.75, 4);
      }
      expect(zeros / masked.length).toBeGreaterThan(0.2);
      expect(zeros / masked.length).toBeLessThan(0.3);

      const columnSums = new Float64Array(K);
      for (const [i, value] of a.entries()) columnSums[i % K] += value;
      expect(worst((await download(device, sums)).subarray(0, K), columnSums)).toBeLessThan(1e-5);
    });

    test('sums that are cut: column sums and a dropout are added to what was there', async () => {
      const [M, N, K] = [45, 19, 700];
      const [a, b, old, oldSums] = [values(K * M, 1), values(K * N, 2), values(M * N, 3), values(M, 4)];
      const [c, dropped, sums] = [upload(device, old), upload(device, old), upload(device, oldSums)];
      const [seed, microBatch, site, p] = [11, 2, 5, 0.3];
      const state = new Uint32Array(64);
      state.set([seed, microBatch], 13);
      const common = {
        label: 'test',
        M,
        N,
        K,
        a: { slice: upload(device, a), ld: M, transposed: true },
        b: { slice: upload(device, b), ld: N },
        accumulate: true,
      };
      await runCalls(device, [
        matmul(choice, { ...common, c: { slice: c, ld: N }, epilogue: { kind: 'column-sums', sums } }),
        matmul(choice, {
          ...common,
          c: { slice: dropped, ld: N },
          epilogue: { kind: 'dropout', state: upload(device, state), site, dropout: p, dropOffset: 40 },
        }),
      ]);
      const raw = product(
        M,
        N,
        K,
        (m, k) => a[k * M + m],
        (k, n) => b[k * N + n],
      );
      const mask = dropoutMask(dropoutKey(seed, microBatch, site), 40 + M * N, p);
      expect(
        worst(
          await download(device, c),
          raw.map((v, i) => v + old[i]),
        ),
      ).toBeLessThan(3e-6);
      expect(
        worst(
          await download(device, dropped),
          raw.map((v, i) => v * mask[40 + i] + old[i]),
        ),
      ).toBeLessThan(3e-6);
      const wantSums = Float64Array.from(oldSums);
      for (const [i, value] of a.entries()) wantSums[i % M] += value;
      expect(worst(await download(device, sums), wantSums)).toBeLessThan(1e-5);
    });
  });
}

/** Standard normal distribution, by Simpson's rule where it is neither 0 nor 1. */
export function normal(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  const steps = 400;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    sum += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * density((x * i) / steps);
  }
  return 0.5 + (sum * x) / steps / 3;
}

export function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
