import * as tf from '@tensorflow/tfjs';
import { create, globals } from 'webgpu';
import { Gpu } from '../gpu/device.ts';
import type { DebertaConfig } from '../model/config.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import type { Engine, NamedTensors } from '../model/engine.ts';
import { FusedEngine } from '../model/fused/engine.ts';

export type CreateEngine = (config: DebertaConfig, weights: NamedTensors) => Promise<Engine>;

/** tfjs's cpu backend: exact, slow, runs anywhere. */
export async function openCpu(): Promise<CreateEngine> {
  await tf.setBackend('cpu');
  await tf.ready();
  return async (config, weights) => new ComposedEngine(config, weights, 'cpu');
}

/** Our kernels on Dawn, WebGPU for Node. Throws ManabiError gpu-no-adapter where no Vulkan, Metal or D3D12 driver is found. */
export async function openWebGpu(): Promise<CreateEngine> {
  Object.assign(globalThis, globals);
  const gpu = await Gpu.open(create([]));
  return (config, weights) => FusedEngine.create(gpu, config, weights);
}
