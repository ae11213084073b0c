// For tests: what the engine computes on the processor, as plain arrays, so that it can be compared between workers and with Node.
import { CpuDevice, type CpuOptions } from '../devices/cpu/device.ts';
import { parseConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import { KernelEngine } from './engine.ts';
import { optimizerStep, randomBatch, randomWeights, smallModel } from './test-models.ts';

export interface ProcessorRun {
  threads: number;
  /** Of start and end. */
  logits: number[];
  gradients: number[];
  /** Weights after three steps with dropout, and each step's loss and norm. */
  trained: number[];
}

const valuesOf = (tensors: NamedTensors) => [...tensors.values()].flatMap(({ data }) => [...data]);

/** The small model with a convolution: one evaluation, its gradients, three steps. */
export async function runOnProcessor(options: CpuOptions): Promise<ProcessorRun> {
  const config = parseConfig({ ...smallModel, conv_kernel_size: 3 }, 'test');
  const device = await CpuDevice.open(options);
  const engine = await KernelEngine.create(device, config, randomWeights(config));
  const { threads } = device;
  const batches = [randomBatch(3, 41, 1), randomBatch(2, 23, 2)];
  const { startLogits, endLogits } = await engine.evaluate(batches[0]);
  const { gradients } = await engine.gradients(batches[0]);
  for (let number = 1; number <= 3; number++) await engine.trainStep(batches, optimizerStep(number));
  const metrics = (await engine.drainMetrics()).flatMap(({ loss, gradNorm }) => [loss, gradNorm]);
  const trained = [...valuesOf(await engine.readWeights()), ...metrics];
  engine.dispose();
  device.dispose();
  return { threads, logits: [...startLogits, ...endLogits], gradients: valuesOf(gradients), trained };
}
