// Node 20 accepts one of the four builds; Chromium accepts all of them.
import { expect, test } from 'vitest';
import { relativeError } from '../../kernels/test-values.ts';
import { CpuDevice } from './device.ts';
import type { Build } from './module.ts';
import { resultsOf } from './sample-calls.ts';

async function resultsWith(build: Build): Promise<Float32Array[]> {
  const device = await CpuDevice.open({ threads: 1, build });
  const results = await resultsOf(device);
  device.dispose();
  return results;
}

test('addresses of 64 bits change no bit; fused operations change roundings only', async () => {
  const plain = await resultsWith({ relaxed: false, wide: false });
  const relaxed = await resultsWith({ relaxed: true, wide: false });
  expect(await resultsWith({ relaxed: false, wide: true })).toEqual(plain);
  expect(await resultsWith({ relaxed: true, wide: true })).toEqual(relaxed);
  for (const [i, wanted] of plain.entries()) {
    if (wanted.some((value) => value !== 0)) expect(relativeError(relaxed[i], wanted)).toBeLessThan(1e-5);
  }
});
