import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright';
import { create, globals } from 'webgpu';
import { Gpu } from '../devices/gpu/device.ts';
import type { DebertaConfig } from '../model/config.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import { useWasm } from '../model/composed/wasm.ts';
import type { Engine, EngineSettings, NamedTensors } from '../model/engine.ts';
import { KernelEngine } from '../engine/engine.ts';

export type CreateEngine = (
  config: DebertaConfig,
  weights: NamedTensors,
  settings?: EngineSettings,
) => Promise<Engine>;

/** The composed form on the processor, through WebAssembly. */
export async function openCpu(): Promise<CreateEngine> {
  const binary = createRequire(import.meta.url).resolve(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  );
  await useWasm(`${dirname(binary)}/`);
  return async (config, weights, settings) => new ComposedEngine(config, weights, 'CPU', settings);
}

/**
 * Our kernels on Dawn, WebGPU for Node: on a GPU, or on the software adapter that a Chromium on this machine carries. With the
 * tiles that nobody timed: a checkpoint of Hugging Face's Trainer has no place for a choice, and a run that goes on from one is bit-equal.
 * Throws ManabiError gpu-no-adapter where there is no adapter.
 */
export async function openWebGpu(): Promise<CreateEngine> {
  const gpu = await openGpu();
  return (config, weights, settings) => KernelEngine.create(gpu, config, weights, { settings });
}

/** A GPU for Node. Throws ManabiError gpu-no-adapter. */
export async function openGpu(): Promise<Gpu> {
  Object.assign(globalThis, globals);
  try {
    return await Gpu.open(create([]));
  } catch (error) {
    const driver = softwareDriver();
    if (!driver || process.env.VK_ICD_FILENAMES) throw error;
    // The Vulkan loader looks at it whenever an instance is made.
    process.env.VK_ICD_FILENAMES = driver;
    const gpu = await Gpu.open(create([]));
    console.log(`No GPU found: ${gpu.name}, the software adapter of Chromium, takes its place.`);
    return gpu;
  }
}

function softwareDriver(): string | null {
  const playwrights = dirname(chromium.executablePath());
  const folders = [playwrights, '/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  const files = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json'));
  return files.find((file) => existsSync(file)) ?? null;
}
