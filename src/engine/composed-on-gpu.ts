// The composed form on @tensorflow/tfjs's WebGPU backend, on a GPU that is open already: its own kernels, where ours are wrong. Loaded when it is needed.
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Gpu } from '../devices/gpu/device.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { EngineSettings, NamedTensors } from '../model/engine.ts';
import { checkedConfig, checkUpdate, checkWeights } from './check-device.ts';
import { filledBatch, ratesFromProducts } from './measure-rates.ts';
import type { Shape } from './space.ts';
import { secondsOf, workOf, type DeviceRates } from './work.ts';

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

/** After `openTfjs`. */
export function composedEngine(
  gpu: Gpu,
  config: DebertaConfig,
  weights: NamedTensors,
  settings?: EngineSettings,
): ComposedEngine {
  return new ComposedEngine(config, weights, `${gpu.name} · TensorFlow.js`, settings);
}

/** The rates of a training step of one layer of this config's widths, in which tfjs's kinds of work are not told apart. After `openTfjs`. */
export async function measureComposed(gpu: Gpu, config: DebertaConfig, shape: Shape): Promise<DeviceRates> {
  const small = checkedConfig(config);
  const engine = composedEngine(gpu, small, checkWeights(small));
  try {
    // The first step compiles.
    const seconds = [];
    for (const step of [1, 2]) {
      const start = performance.now();
      await engine.trainStep([filledBatch(small, shape)], { ...checkUpdate, step });
      await engine.drainMetrics();
      seconds.push((performance.now() - start) / 1000);
    }
    gpu.check();
    const work = workOf(small, shape, 'train');
    return ratesFromProducts(secondsOf(work, ratesFromProducts(1)) / seconds[1]);
  } finally {
    engine.dispose();
  }
}
