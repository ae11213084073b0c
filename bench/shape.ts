import type { Gpu } from '../src/devices/gpu/device.ts';
import type { TileChoice } from '../src/kernels/linear/tile.ts';
import '../src/errors/in-english.ts';
import { ManabiError } from '../src/errors/manabi-error.ts';
import type { DebertaConfig } from '../src/model/config.ts';
import type { EngineSettings } from '../src/model/engine.ts';
import type { Calls } from './calls.ts';
import { measureComposed, type ComposedMeasure } from './composed.ts';
import { measureKernels, type KernelsMeasure } from './kernels.ts';
import { randomBatch, randomWeights } from './random.ts';

/** Not measured, and why. */
export interface Skipped {
  skipped: string;
}

export interface ShapeMeasure {
  kernels: KernelsMeasure;
  composed: ComposedMeasure | Skipped;
}

export const tooLarge: Skipped = { skipped: 'too large for a software adapter (see --full)' };

/** Our form and the composed one, on a device of its own, over [B, N]; without `execute` ours is recorded only. */
export async function measureShape(
  gpu: Gpu,
  openGpu: () => Promise<Gpu>,
  calls: Calls,
  config: DebertaConfig,
  [B, N]: readonly [number, number],
  tiles: TileChoice,
  execute: boolean,
  settings: EngineSettings,
): Promise<ShapeMeasure> {
  const [weights, batch] = [randomWeights(config), randomBatch(config, B, N)];
  const steps = gpu.isSoftware ? { kernels: 2, composed: 1 } : { kernels: 20, composed: 5 };
  const kernelSteps = execute ? steps.kernels : 0;
  const kernels = await measureKernels(gpu, calls, config, weights, batch, tiles, kernelSteps, settings);
  const composed = execute
    ? await measureComposed(openGpu, calls, config, weights, batch, steps.composed).catch(reason)
    : tooLarge;
  return { kernels, composed };
}

/** A comparison that fails (out of memory, say) is reported, with its reason, beside what was measured. */
export function reason(error: unknown): Skipped {
  const text = error instanceof ManabiError ? `${error.message} ${JSON.stringify(error.details)}` : error;
  return { skipped: `failed: ${String(text).slice(0, 500)}` };
}
