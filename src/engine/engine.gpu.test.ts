import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Gpu } from '../devices/gpu/device.ts';
import { parseConfig } from '../model/config.ts';
import { describeEngine } from './engine.cases.ts';
import { KernelEngine } from './engine.ts';
import { planMemory, type Pass } from './memory.ts';
import { optimizerStep, randomBatch, randomWeights, smallModel } from './test-models.ts';

describeEngine(() => Gpu.open(navigator.gpu));

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(navigator.gpu);
});
afterAll(() => gpu.dispose());

test('a run without enough memory is refused at once, and a smaller one goes on', async () => {
  const config = parseConfig(smallModel, 'test');
  const engine = await KernelEngine.create(gpu, config, randomWeights(config));
  const { live } = engine.memory();
  const { device } = gpu;
  // No test machine's memory is exhausted for this: the device reports what it would then.
  device.popErrorScope = async () => {
    Reflect.deleteProperty(device, 'popErrorScope');
    await device.popErrorScope();
    return new GPUOutOfMemoryError('test');
  };
  const large: Pass[] = [{ B: 3, N: 32, mode: 'train' }];
  const reserved = engine.reserve(large, [planMemory(config, large, engine.deviceMemory)]);
  await expect(reserved).rejects.toMatchObject({
    code: 'gpu-memory',
  });
  expect(engine.memory().live).toBe(live);
  const small: Pass[] = [{ B: 1, N: 32, mode: 'train' }];
  await engine.reserve(small, [planMemory(config, small, engine.deviceMemory)]);
  await engine.trainStep([randomBatch(1, 32, 2)], optimizerStep(1));
  expect((await engine.drainMetrics())[0].loss).toBeGreaterThan(0);
  engine.dispose();
});

test('an error that the device reports by itself ends the work that follows', async () => {
  const broken = await Gpu.open(navigator.gpu);
  // A buffer for nothing is against the rules of WebGPU.
  broken.device.createBuffer({ size: 4, usage: 0 });
  await broken.done();
  await vi.waitFor(() =>
    expect(() => broken.check()).toThrow(expect.objectContaining({ code: 'gpu-error' })),
  );
  await expect(broken.run([])).rejects.toMatchObject({ code: 'gpu-error' });
  broken.dispose();
});
