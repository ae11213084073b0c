import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../../devices/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { values } from '../test-values.ts';
import { dropout } from './dropout-kernel.ts';
import { dropoutKey, dropoutMask } from './dropout.ts';

/** What holds on every device. */
export function describeDropout(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device.dispose());

  // The last is several parts of work.
  test.each([
    [0, 1003],
    [0.1, 1003],
    [0.5, 1003],
    [0.1, 40_001],
  ])('the kernel draws the masks of dropoutMask, p = %f, %i elements', async (p, length) => {
    const [seed, microBatch, site] = [0xfedcba98, 3, 17];
    const state = new Uint32Array(64);
    state.set([seed, microBatch], 13);
    const x = values(length, 1);
    const y = allocate(device, length);
    const drop = { state: upload(device, state), site, dropout: p };
    await runCalls(device, [dropout({ label: 'dropout', x: upload(device, x), y, length, drop })]);
    const mask = dropoutMask(dropoutKey(seed, microBatch, site), length, p);
    const found = await download(device, y);
    for (const [i, value] of found.entries()) {
      if (mask[i] === 0) expect(Math.abs(value)).toBe(0);
      else expect(Math.abs(value / (x[i] * mask[i]) - 1)).toBeLessThan(2e-7);
    }
  });
}
