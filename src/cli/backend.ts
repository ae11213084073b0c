import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { create, globals } from 'webgpu';
import { Gpu } from '../gpu/device.ts';
import type { DebertaConfig } from '../model/config.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import { useWasm } from '../model/composed/wasm.ts';
import type { Engine, NamedTensors } from '../model/engine.ts';
import { FusedEngine } from '../model/fused/engine.ts';

export type CreateEngine = (config: DebertaConfig, weights: NamedTensors) => Promise<Engine>;

/** The composed form on the processor, through WebAssembly. */
export async function openCpu(): Promise<CreateEngine> {
  const binary = createRequire(import.meta.url).resolve(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  );
  await useWasm(`${dirname(binary)}/`);
  return async (config, weights) => new ComposedEngine(config, weights, 'CPU');
}

/**
 * Our kernels on Dawn, WebGPU for Node, with the default tiles: a checkpoint of Hugging Face's Trainer has no place for a
 * choice, and a run that goes on from one is bit-equal. Throws ManabiError gpu-no-adapter where no Vulkan, Metal or D3D12
 * driver is found.
 */
export async function openWebGpu(): Promise<CreateEngine> {
  Object.assign(globalThis, globals);
  const gpu = await Gpu.open(create([]));
  return (config, weights) => FusedEngine.create(gpu, config, weights);
}
