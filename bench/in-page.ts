// The part of the bench that runs inside Chromium: the same measurements as in Node.
import { Gpu } from '../src/devices/gpu/device.ts';
import type { TileChoice } from '../src/kernels/linear/tile.ts';
import { tuneTiles } from '../src/devices/gpu/tune.ts';
import { parseConfig } from '../src/model/config.ts';
import type { EngineSettings } from '../src/model/engine.ts';
import { countCalls } from './calls.ts';
import { limitsOf, noMemory, type Limits } from './measure.ts';
import { measureShape, type ShapeMeasure } from './shape.ts';

export interface PageMeasure extends ShapeMeasure {
  adapter: string;
  software: boolean;
  limits: Limits;
  tiles: TileChoice;
}

const openGpu = () => Gpu.open(navigator.gpu);

/** `size` names the model in messages; a software adapter executes a `small` step only. */
export async function measureHere(
  size: string,
  configJson: unknown,
  shape: readonly [number, number],
  small: boolean,
  settings: EngineSettings,
): Promise<PageMeasure> {
  const config = parseConfig(configJson, size);
  const gpu = await openGpu();
  const { name: adapter, isSoftware: software } = gpu;
  const calls = countCalls(gpu);
  const tiles = await tuneTiles(gpu, noMemory);
  const execute = small || !software;
  const measured = await measureShape(gpu, openGpu, calls, config, shape, tiles, execute, settings);
  const limits = limitsOf(gpu);
  gpu.dispose();
  return { adapter, software, limits, tiles, ...measured };
}
