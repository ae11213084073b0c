// The part of the bench that runs inside Chromium: the same measurements as in Node.
import { Gpu } from '../src/gpu/device.ts';
import type { TileChoice } from '../src/gpu/linear/tile.ts';
import { tuneTiles } from '../src/gpu/linear/tune.ts';
import { parseConfig } from '../src/model/config.ts';
import { countCalls } from './calls.ts';
import { measureComposed, type ComposedMeasure } from './composed.ts';
import { noMemory } from './measure.ts';
import { measureFused, type FusedMeasure } from './fused.ts';
import { randomBatch, randomWeights } from './random.ts';

export interface PageMeasure {
  adapter: string;
  software: boolean;
  tiles: TileChoice;
  fused: FusedMeasure;
  composed: ComposedMeasure;
}

const openGpu = () => Gpu.open(navigator.gpu);

export async function measureHere(configJson: unknown, B: number, N: number): Promise<PageMeasure> {
  const config = parseConfig(configJson, 'tiny');
  const gpu = await openGpu();
  const calls = countCalls(gpu);
  const tiles = await tuneTiles(gpu, noMemory);
  const [weights, batch] = [randomWeights(config), randomBatch(config, B, N)];
  const steps = gpu.isSoftware ? { fused: 2, composed: 1 } : { fused: 20, composed: 5 };
  const fused = await measureFused(gpu, calls, config, weights, batch, tiles, steps.fused);
  const composed = await measureComposed(openGpu, calls, config, weights, batch, steps.composed);
  gpu.dispose();
  return { adapter: gpu.name, software: gpu.isSoftware, tiles, fused, composed };
}
