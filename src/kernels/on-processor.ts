// For kernel tests in Node: a kernel's cases on the processor.
import { describe, expect, test } from 'vitest';
import { CpuDevice } from '../devices/cpu/device.ts';
import type { Device } from '../devices/device.ts';

const THREADS = [1, 2, 4];

/**
 * Runs the cases with 1, 2 and 4 threads, as the plain build, whose bits no machine's fused operations change. Everything that they read must be
 * the same on all, bit for bit.
 */
export function onProcessor(describeCases: (open: () => Promise<Device>) => void): void {
  const reads = THREADS.map((): Uint8Array[] => []);
  for (const [i, threads] of THREADS.entries()) {
    describe(`on ${threads} threads`, () => {
      describeCases(async () => {
        const device = await CpuDevice.open({ threads, build: { relaxed: false, wide: false } });
        const read = device.read.bind(device);
        device.read = async (slice) => {
          const data = await read(slice);
          reads[i].push(new Uint8Array(data.slice(0)));
          return data;
        };
        return device;
      });
    });
  }
  test('the number of threads changes no bit', () => {
    const [one, ...others] = reads;
    expect(one.length).toBeGreaterThan(0);
    for (const more of others) {
      expect(more.length).toBe(one.length);
      expect(more.findIndex((data, at) => Buffer.compare(data, one[at]) !== 0)).toBe(-1);
    }
  });
}
