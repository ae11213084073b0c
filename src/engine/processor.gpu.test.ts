// The engine on the processor's threads in a page's worker, as in the app.
import { wrap, type Remote } from 'comlink';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { relativeError } from '../kernels/test-values.ts';
import type { ProcessorRun, runOnProcessor } from './processor-run.ts';

let worker: Worker;
let remote: Remote<{ runOnProcessor: typeof runOnProcessor }>;
beforeAll(() => {
  worker = new Worker(new URL('processor-run.worker.ts', import.meta.url), { type: 'module' });
  remote = wrap(worker);
});
afterAll(() => worker.terminate());

function expectClose(found: ProcessorRun, wanted: ProcessorRun): void {
  for (const name of ['logits', 'gradients'] as const) {
    const error = relativeError(found[name], wanted[name]);
    expect(error, name).toBeLessThan(1e-5);
  }
}

test('the page of the tests is isolated, so that its workers share memory', () => {
  expect(crossOriginIsolated).toBe(true);
});

describe.each([false, true])('relaxed SIMD: %s', (relaxed) => {
  const build = { relaxed, wide: false };

  test('one and two threads give the same bits, and those of Node nearly', async () => {
    const one = await remote.runOnProcessor({ threads: 1, build });
    const two = await remote.runOnProcessor({ threads: 2, build });
    expect([one.threads, two.threads]).toEqual([1, 2]);
    for (const name of ['logits', 'gradients', 'trained'] as const) {
      expect(two[name].findIndex((value, at) => !Object.is(value, one[name][at]))).toBe(-1);
      expect(two[name].every(Number.isFinite)).toBe(true);
      expect(two[name]).toHaveLength(one[name].length);
    }
    expectClose(two, inject('runInNode'));
  });
});

test('the two builds round differently, and only that', async () => {
  const [plain, relaxed] = [
    await remote.runOnProcessor({ threads: 2, build: { relaxed: false, wide: false } }),
    await remote.runOnProcessor({ threads: 2, build: { relaxed: true, wide: false } }),
  ];
  expect(relaxed.gradients).not.toEqual(plain.gradients);
  expectClose(relaxed, plain);
});
