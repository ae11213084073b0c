// The composed form on tfjs's WebGPU backend, on the same adapter as our kernels.
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Batch } from '../src/features/feature.ts';
import type { Gpu } from '../src/devices/gpu/device.ts';
import { ComposedEngine } from '../src/model/composed/composed-engine.ts';
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
  const engine = new ComposedEngine(config, weights, 'tfjs webgpu');
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

/** Makes tfjs compute on this device. Its backend checks for navigator.gpu, which Node has not. */
export async function openTfjs(gpu: Gpu): Promise<void> {
  if (!globalThis.navigator?.gpu) {
    globalThis.navigator ??= {} as Navigator;
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu.owner, configurable: true });
  }
  // tfjs's kernels are keyed by the backend's name.
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(gpu.device, gpu.info), 3);
  await tf.setBackend('webgpu');
  await tf.ready();
}

export function closeTfjs(gpu: Gpu): void {
  tf.removeBackend('webgpu');
  gpu.dispose();
}
