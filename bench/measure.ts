import type { Batch } from '../src/features/feature.ts';
import type { Gpu } from '../src/devices/gpu/device.ts';
import type { TileMemory } from '../src/devices/gpu/tune.ts';
import type { Engine, OptimizerStep } from '../src/model/engine.ts';
import type { DeviceMemory } from '../src/devices/device.ts';
import type { Calls } from './calls.ts';

/** The counts are those of one step. */
export interface StepMeasure extends Calls {
  /** With everything that is compiled and made at the first step of a shape. */
  first_step_ms: number;
  /** Steps after the second, back to back, until the last one's loss is read; divided by their number. */
  step_ms: number;
  examples_per_s: number;
  /** Time until trainStep has handed its last piece to the GPU, waits for pieces before it included: median of the steps after the second. */
  js_ms: number;
}

/** Every bench times the tiles anew. */
export const noMemory: TileMemory = { get: async () => null, set: async () => {} };

/** Of a GPU, as they cross a page's border. */
export type Limits = Pick<DeviceMemory, 'maxStorageBufferBindingSize' | 'maxBufferSize'>;

export function limitsOf({ device }: Gpu): Limits {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  return { maxStorageBufferBindingSize, maxBufferSize };
}

export function optimizerStep(step: number): OptimizerStep {
  return {
    learning_rate: 2e-5,
    adam_beta1: 0.9,
    adam_beta2: 0.999,
    adam_epsilon: 1e-8,
    weight_decay: 0.01,
    max_grad_norm: 1,
    step,
    dropoutSeed: step,
  };
}

/** Two steps to warm up, then (`warm` is told) `steps` measured ones. Throws when a loss is not finite. */
export async function runSteps(
  engine: Engine,
  calls: Calls,
  batch: Batch,
  steps: number,
  warm: () => void = () => {},
): Promise<StepMeasure> {
  const begun = performance.now();
  await engine.trainStep([batch], optimizerStep(1));
  await finish(engine);
  const first_step_ms = performance.now() - begun;
  await engine.trainStep([batch], optimizerStep(2));
  await finish(engine);
  warm();

  const before = { ...calls };
  const js: number[] = [];
  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    const at = performance.now();
    await engine.trainStep([batch], optimizerStep(3 + i));
    js.push(performance.now() - at);
  }
  const counted = perStep(calls, before, steps);
  await finish(engine);
  const step_ms = (performance.now() - start) / steps;
  const examples_per_s = (1000 * batch.B) / step_ms;
  return { ...counted, first_step_ms, step_ms, examples_per_s, js_ms: median(js) };
}

/** Waits for what was given to the engine. Throws when a loss is not finite. */
export async function finish(engine: Engine): Promise<void> {
  for (const { step, loss, gradNorm } of await engine.drainMetrics()) {
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      throw new Error(`step ${step} on ${engine.device}: loss ${loss}, gradient norm ${gradNorm}`);
    }
  }
}

export function perStep(calls: Calls, before: Calls, steps: number): Calls {
  return {
    dispatches: (calls.dispatches - before.dispatches) / steps,
    passes: (calls.passes - before.passes) / steps,
    submits: (calls.submits - before.submits) / steps,
    maps: (calls.maps - before.maps) / steps,
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
