import { expect, test } from 'vitest';
import { CpuDevice } from '../devices/cpu/device.ts';
import { parseConfig } from '../model/config.ts';
import { float32 } from '../model/engine.ts';
import { describeEngine } from './engine.cases.ts';
import { KernelEngine } from './engine.ts';
import { optimizerStep, randomBatch, randomWeights, smallModel } from './test-models.ts';

describeEngine(() => CpuDevice.open({ threads: 2 }));

test('steps with dropout give the same bits on 1, 2, 4 and 16 threads', async () => {
  const config = parseConfig({ ...smallModel, conv_kernel_size: 3 }, 'test');
  const weights = randomWeights(config);
  const runs = await Promise.all(
    [1, 2, 4, 16].map(async (threads) => {
      const device = await CpuDevice.open({ threads });
      expect(device.threads).toBe(threads);
      const engine = await KernelEngine.create(device, config, weights);
      for (let number = 1; number <= 5; number++) {
        await engine.trainStep(
          [randomBatch(3, 41, number), randomBatch(2, 23, number)],
          optimizerStep(number),
        );
      }
      const trained = await engine.readWeights();
      const metrics = await engine.drainMetrics();
      engine.dispose();
      device.dispose();
      return { trained, metrics };
    }),
  );
  for (const run of runs.slice(1)) {
    expect(run.metrics).toEqual(runs[0].metrics);
    for (const [name, { data }] of runs[0].trained) expect(run.trained.get(name)?.data, name).toEqual(data);
  }
});

test('fp16 is refused on the processor', async () => {
  const config = parseConfig(smallModel, 'test');
  const device = await CpuDevice.open({ threads: 1 });
  const created = KernelEngine.create(device, config, randomWeights(config), {
    settings: { ...float32, fp16: true },
  });
  await expect(created).rejects.toMatchObject({ code: 'engine-fp16-webgpu' });
  device.dispose();
});

test('a model of which one tensor is larger than a GPU’s largest buffer is refused before anything is made', async () => {
  const config = parseConfig(smallModel, 'test');
  const device = await CpuDevice.open({ threads: 1 });
  const limits = { ...device.memory, maxStorageBufferBindingSize: 1024 };
  const small: CpuDevice = Object.create(device, { kind: { value: 'gpu' }, memory: { value: limits } });
  const { liveBytes } = device.counters;
  await expect(KernelEngine.create(small, config, randomWeights(config))).rejects.toMatchObject({
    code: 'gpu-model-too-large',
    details: { limit: 1024 },
  });
  expect(device.counters.liveBytes).toBe(liveBytes);
  device.dispose();
});
