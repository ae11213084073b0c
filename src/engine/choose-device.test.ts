import { afterEach, expect, test } from 'vitest';
import { CpuDevice } from '../devices/cpu/device.ts';
import { parseConfig } from '../model/config.ts';
import { compareSpeed, typicalShape } from './choose-device.ts';
import { affordableShape, measureRates, ratesFromProducts } from './measure-rates.ts';
import { smallModel } from './test-models.ts';
import { workOf } from './work.ts';

const config = parseConfig({ ...smallModel, hidden_size: 96, intermediate_size: 384 }, 'test');
const opened: CpuDevice[] = [];
afterEach(() => {
  for (const device of opened.splice(0)) device.dispose();
});

/** A processor that does everything so many times. */
async function machine(times: number): Promise<CpuDevice> {
  const device = await CpuDevice.open({ threads: 1 });
  opened.push(device);
  const { run } = device;
  device.run = async (plans, options) => {
    for (let i = 0; i < times; i++) await run.call(device, plans, options);
  };
  return device;
}

test('the machine that does a step faster is chosen, by what it does and not by its name', async () => {
  const [quick, slow] = [await machine(1), await machine(8)];
  expect(await compareSpeed(slow, quick, config)).toMatchObject({ best: 'cpu' });
  let tuned = 0;
  const tune = async () => {
    tuned++;
    return quick.untimedTiles;
  };
  expect(await compareSpeed(quick, slow, config, { tune })).toMatchObject({ best: 'gpu' });
  expect(tuned).toBe(1);
  expect(await compareSpeed(null, quick, config)).toMatchObject({ best: 'cpu', gpu: null });
});

test('a trial that is stopped ends with the rates that follow from one product', async () => {
  const device = await machine(1);
  const { cpu } = await compareSpeed(null, device, config, { signal: AbortSignal.abort() });
  expect(cpu).toEqual(ratesFromProducts(cpu.products));
});

test('a device is measured at widths of the model with a batch that it can afford, and keeps no memory of it', async () => {
  const device = await machine(1);
  const { liveBytes } = device.counters;
  const rates = await measureRates(device, config, { B: 2, N: 64 });
  expect(Math.min(...Object.values(rates))).toBeGreaterThan(1e8);
  expect(device.counters.liveBytes).toBe(liveBytes);
  const wide = parseConfig({ ...smallModel, hidden_size: 768, intermediate_size: 3072 }, 'test');
  const shape = affordableShape(wide, typicalShape, 1e9, 0.1);
  expect(shape).toEqual({ B: 1, N: 32 });
  expect(affordableShape(wide, typicalShape, 1e13, 0.1)).toEqual(typicalShape);
  const { products } = workOf(config, affordableShape(config, typicalShape, 1e10, 0.05), 'train');
  // All of its layers here; one layer keeps within what was asked for.
  expect(products / config.num_hidden_layers / 1e10).toBeLessThan(0.06);
});
