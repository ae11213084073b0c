// What a run computes on: what does its steps fastest, measured on this computer, whatever the devices call themselves.
import type { Device } from '../devices/device.ts';
import { measureRate } from '../devices/measure-rate.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import { affordableShape, measureRates, ratesFromProducts } from './measure-rates.ts';
import type { Shape } from './space.ts';
import { secondsOf, workOf, type DeviceRates } from './work.ts';

/** All that is measured before the first run may take so long. */
export const TRIAL_MS = 1500;

/** What one layer's calls of each kind may take, by the first product. */
export const PROBE_SECONDS = 0.1;

/** The batch that devices are compared by, where no run has another. */
export const typicalShape: Shape = { B: 8, N: 128 };

/** What was measured of the machines that could be opened; null where there is none. */
export interface Trial {
  gpu: DeviceRates | null;
  cpu: DeviceRates;
  /** TensorFlow.js on the GPU: measured where somebody asks for it. */
  tfjs?: DeviceRates;
  /** The one that does a step faster. */
  best: 'gpu' | 'cpu';
}

export interface TrialOptions {
  shape?: Shape;
  /** Called once it is known that the GPU is worth it. */
  tune?: (signal: AbortSignal) => Promise<TileChoice>;
  /** Ends the trial with what is known by then. */
  signal?: AbortSignal;
}

/**
 * Measures a GPU and the processor with the kernels of a step at this config's widths. One product each tells a processor that plays GPU; only where the
 * GPU is faster at it is more of it measured. After TRIAL_MS it is decided by what is known.
 */
export async function compareSpeed(
  gpu: Device | null,
  cpu: Device,
  config: DebertaConfig,
  { shape = typicalShape, tune, signal: stop }: TrialOptions = {},
): Promise<Trial> {
  const signals = [AbortSignal.timeout(TRIAL_MS), ...(stop ? [stop] : [])];
  const signal = AbortSignal.any(signals);
  const cpuProducts = 1e9 * (await measureRate(cpu));
  const gpuProducts = gpu ? 1e9 * (await measureRate(gpu)) : 0;
  let gpuRates = gpu && ratesFromProducts(gpuProducts);
  if (gpu && gpuProducts > cpuProducts) {
    const tiles = await tune?.(signal);
    gpuRates = await ratesOf(gpu, config, shape, gpuProducts, signal, tiles);
  }
  const cpuRates = await ratesOf(cpu, config, shape, cpuProducts, signal);
  return { gpu: gpuRates, cpu: cpuRates, best: bestOf(gpuRates, cpuRates, config, shape) };
}

/** Whether a GPU of these rates does a step faster than the processor. */
export function bestOf(
  gpu: DeviceRates | null,
  cpu: DeviceRates,
  config: DebertaConfig,
  shape: Shape = typicalShape,
): Trial['best'] {
  const step = workOf(config, shape, 'train');
  return gpu && secondsOf(step, gpu) < secondsOf(step, cpu) ? 'gpu' : 'cpu';
}

/** At a batch of the run that is small enough for this device. */
export async function ratesOf(
  device: Device,
  config: DebertaConfig,
  shape: Shape,
  products: number,
  signal?: AbortSignal,
  tiles?: TileChoice,
): Promise<DeviceRates> {
  if (signal?.aborted) return ratesFromProducts(products);
  const affordable = affordableShape(config, shape, products, PROBE_SECONDS);
  return measureRates(device, config, affordable, tiles, signal);
}
