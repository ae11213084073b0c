import { expect, test } from 'vitest';
import { CpuDevice } from './cpu/device.ts';
import { measureRate } from './measure-rate.ts';

test('the rate is measured in a moment, is one that a processor can have, and leaves no memory taken', async () => {
  const device = await CpuDevice.open({ threads: 1 });
  const { liveBytes } = device.counters;
  const start = performance.now();
  const rate = await measureRate(device);
  expect(performance.now() - start).toBeLessThan(500);
  expect(rate).toBeGreaterThan(0.5);
  expect(rate).toBeLessThan(1000);
  expect(device.counters.liveBytes).toBe(liveBytes);
  device.dispose();
});

test('a device whose products take three times as long has a third of the rate', async () => {
  const device = await CpuDevice.open({ threads: 1 });
  const rate = await measureRate(device);
  const { run } = device;
  device.run = async (plans) => {
    for (let i = 0; i < 3; i++) await run.call(device, plans);
  };
  const third = await measureRate(device);
  // Other work on the machine may come between.
  expect(third).toBeGreaterThan(rate / 15);
  expect(third).toBeLessThan(rate / 1.5);
  device.dispose();
});
