import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright';
import { create, globals } from 'webgpu';
import { CpuDevice } from '../devices/cpu/device.ts';
import { defaultThreads } from '../devices/cpu/threads.ts';
import { Gpu } from '../devices/gpu/device.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { Engine, EngineSettings, NamedTensors } from '../model/engine.ts';
import { agrees, CHECK_BOUND, compareDevices } from '../engine/check-device.ts';
import { compareSpeed, typicalShape } from '../engine/choose-device.ts';
import { KernelEngine } from '../engine/engine.ts';
import { needsWideAddresses } from '../engine/memory.ts';
import { secondsOf, workOf, type DeviceRates } from '../engine/work.ts';

export type CreateEngine = (
  config: DebertaConfig,
  weights: NamedTensors,
  settings?: EngineSettings,
) => Promise<Engine>;

/**
 * Our kernels on the GPU or on the processor, on `threads` threads: on what does the steps of the model faster, measured as the page does it, and says which.
 * A GPU that computes wrong numbers is left for the processor, which is said too.
 */
export async function openBest(threads = defaultThreads()): Promise<CreateEngine> {
  const onCpu = await openCpu(threads);
  const gpu = await findGpu();
  if (!gpu) {
    console.log(
      `No GPU found: the processor computes, on ${threads} ${threads === 1 ? 'thread' : 'threads'}.`,
    );
    return onCpu;
  }
  return async (config, weights, settings) => {
    const cpu = await CpuDevice.open({ threads });
    const trial = await compareSpeed(gpu, cpu, config);
    cpu.dispose();
    const step = workOf(config, typicalShape, 'train');
    const seconds = (rates: DeviceRates | null) => (rates ? secondsOf(step, rates).toPrecision(2) : '-');
    console.log(
      `A step of 8 rows of 128 tokens: ${gpu.name} ${seconds(trial.gpu)} s, processor ${seconds(trial.cpu)} s.`,
    );
    try {
      if (trial.best === 'gpu') return await checkedOn(gpu)(config, weights, settings);
    } catch (error) {
      if (!(error instanceof ManabiError) || error.code !== 'gpu-wrong') throw error;
      console.log(error.message);
    }
    gpu.dispose();
    return onCpu(config, weights, settings);
  };
}

/** Our kernels on the processor: on `threads` threads, or on all cores. */
export async function openCpu(threads?: number): Promise<CreateEngine> {
  return async (config, weights, settings) => {
    const device = await CpuDevice.open({ threads, wide: needsWideAddresses(config) });
    return KernelEngine.create(device, config, weights, { settings });
  };
}

/**
 * Our kernels on Dawn, WebGPU for Node: on a GPU, or on the software adapter that a Chromium on this machine carries. Throws ManabiError
 * gpu-no-adapter where there is no adapter.
 */
export async function openWebGpu(): Promise<CreateEngine> {
  return engineOn(await openGpu());
}

/**
 * With the tiles that nobody timed: a checkpoint of Hugging Face's Trainer has no place for a choice, and a run that goes on from one is
 * bit-equal.
 */
function engineOn(gpu: Gpu): CreateEngine {
  return (config, weights, settings) => KernelEngine.create(gpu, config, weights, { settings });
}

/** The same for a run. Throws what `openWebGpu` and `checkedOn` throw. */
export async function openCheckedWebGpu(): Promise<CreateEngine> {
  return checkedOn(await openGpu());
}

/** A GPU that is held to the processor with the kernels of the model, as in the page. Throws ManabiError gpu-wrong where the two do not agree. */
export function checkedOn(gpu: Gpu): CreateEngine {
  return async (config, weights, settings) => {
    const processor = await CpuDevice.open();
    try {
      const differences = await compareDevices(gpu, processor, config, gpu.untimedTiles);
      gpu.check();
      if (!agrees(differences)) {
        const difference = Math.max(...Object.values(differences)).toPrecision(2);
        throw new ManabiError('gpu-wrong', gpu.name, { difference, bound: CHECK_BOUND });
      }
    } finally {
      processor.dispose();
    }
    return engineOn(gpu)(config, weights, settings);
  };
}

/** A GPU for Node. Throws ManabiError gpu-no-adapter. */
export async function openGpu(): Promise<Gpu> {
  try {
    return await openAdapter();
  } catch (error) {
    const driver = softwareDriver();
    if (!driver || process.env.VK_ICD_FILENAMES) throw error;
    // The Vulkan loader looks at it whenever an instance is made.
    process.env.VK_ICD_FILENAMES = driver;
    const gpu = await openAdapter();
    console.log(`No GPU found: ${gpu.name}, the software adapter of Chromium, takes its place.`);
    return gpu;
  }
}

/** Null where there is none. */
async function findGpu(): Promise<Gpu | null> {
  try {
    return await openAdapter();
  } catch (error) {
    if (error instanceof ManabiError && error.code === 'gpu-no-adapter') return null;
    throw error;
  }
}

function openAdapter(): Promise<Gpu> {
  Object.assign(globalThis, globals);
  return Gpu.open(create([]));
}

function softwareDriver(): string | null {
  const playwrights = dirname(chromium.executablePath());
  const folders = [playwrights, '/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  const files = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json'));
  return files.find((file) => existsSync(file)) ?? null;
}
