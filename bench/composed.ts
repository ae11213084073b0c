// The composed form on tfjs's WebGPU backend, on the same adapter as our kernels.
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../src/features/feature.ts';
import type { Gpu } from '../src/devices/gpu/device.ts';
import { closeTfjs, composedEngine, openTfjs } from '../src/engine/composed-on-gpu.ts';
import type { DebertaConfig } from '../src/model/config.ts';
import type { NamedTensors } from '../src/model/engine.ts';
import type { Calls } from './calls.ts';
import { runSteps, type StepMeasure } from './measure.ts';

export interface ComposedMeasure extends StepMeasure {
  /** What tfjs's buffer pool holds at the end: it never gives back. */
  peak_bytes: number;
}

/** Two steps to warm up and `steps` measured ones, on a device of its own, so that what fails here fails here only. */
export async function measureComposed(
  open: () => Promise<Gpu>,
  calls: Calls,
  config: DebertaConfig,
  weights: NamedTensors,
  batch: Batch,
  steps: number,
): Promise<ComposedMeasure> {
  const gpu = await open();
  await openTfjs(gpu);
  const engine = composedEngine(gpu, config, weights);
  try {
    const measured = await runSteps(engine, calls, batch, steps);
    gpu.check();
    const { numBytesAllocatedInGPU } = tf.memory() as unknown as { numBytesAllocatedInGPU: number };
    return { ...measured, peak_bytes: numBytesAllocatedInGPU };
  } finally {
    engine.dispose();
    closeTfjs(gpu);
  }
}
