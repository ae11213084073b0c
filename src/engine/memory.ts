// What a run will need before it is started, from the same lists that allocation and recording use.
import type { DeviceMemory } from '../devices/device.ts';
import type { DeviceBuffer, KernelCall, Slice } from '../kernels/kernel.ts';
import { defaultTiles, type TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import { float32, type EngineSettings } from '../model/engine.ts';
import { parameterCount } from '../model/parameters.ts';
import { backward, relativeGrad } from './backward.ts';
import { largestPart } from './batch-inputs.ts';
import { Build } from './build.ts';
import { forward } from './forward.ts';
import { GUARANTEED_BINDING, layoutOf, trainedLayout, type Layout } from './layout.ts';
import { normPartBytes, optimizerCalls } from './optimizer.ts';
import { buffersFor, spaceOf, type Mode, type Shape } from './space.ts';
import { METRICS, STATE_BYTES, STATE_METRICS } from './state.ts';

/** The largest batch of a kind that a run will see. */
export interface Pass extends Shape {
  mode: Mode;
}

/** Bytes on a device. */
export interface MemoryPlan {
  weights: number;
  gradients: number;
  /** Both moments. */
  optimizer: number;
  /** Saved layer inputs, workspaces and inputs of one pass. */
  activations: number;
  /** Recorded uniforms, metrics, staging. */
  other: number;
  total: number;
  largestBinding: number;
  /** Rows of the batch that one pass takes; the batch is cut when this is less than B. */
  rowsPerPass: number;
  /** Whether the backward pass computes layers again (gradient_checkpointing). */
  recompute: boolean;
  /** Whether every binding, and all together, are within the limits. */
  fits: boolean;
}

/** The dispatches of a training step: the passes of a micro-batch, and what is done once at the end. */
export interface StepCalls {
  pass: KernelCall[];
  finish: KernelCall[];
}

/** Makes the buffers of a list of calls, by name. */
type MakeBuffer = (name: string, bytes: number) => DeviceBuffer;

/** Recording only passes buffers on; it never touches them. */
const noBuffer: MakeBuffer = () => ({ size: 0 });

/** A step as it will be recorded. By default with buffers that do not exist: for counting dispatches, FLOPs and bytes without a GPU. */
export function stepCalls(
  config: DebertaConfig,
  shape: Shape,
  tiles: TileChoice = defaultTiles,
  settings: EngineSettings = float32,
  recompute = false,
  makeBuffer: MakeBuffer = noBuffer,
): StepCalls {
  const layout = layoutOf(config);
  const trained = trainedLayout(layout, settings);
  const slabs = (name: string) => layout.slabs.map(({ length }, i) => makeBuffer(`${name} ${i}`, 4 * length));
  const slice = (name: string, size: number) => ({ buffer: makeBuffer(name, size), offset: 0, size });
  const spaces = new Map<string, Slice>();
  const buffers = {
    weights: slabs('weights'),
    gradients: slabs('gradients'),
    state: slice('step state', STATE_BYTES),
    space: (name: string, length: number) => {
      const found = spaces.get(name) ?? slice(name, 4 * length);
      spaces.set(name, found);
      return { ...found, size: 4 * length };
    },
  };
  const pass = new Build(config, shape, 'train', layout, buffers, tiles, settings, recompute);
  forward(pass);
  backward(pass);
  const finish = new Build(config, { B: 1, N: 1 }, 'gradients', layout, buffers, tiles, settings, recompute);
  relativeGrad(finish);
  const normParts = slice('norm parts', normPartBytes(trained));
  const moments = { expAvg: slabs('exp_avg'), expAvgSq: slabs('exp_avg_sq') };
  const update = optimizerCalls(trained, { ...buffers, ...moments, normParts }, settings.fp16);
  return { pass: pass.calls, finish: [...finish.calls, ...update] };
}

const round = (bytes: number) => Math.max(256, Math.ceil(bytes / 256) * 256);
const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

/**
 * Name -> elements of 4 bytes that all passes together need: they share their buffers. A batch that is cut may be cut less
 * when its rows are shorter, and need more then, so shorter ones are looked at too.
 */
export function spaceOfPasses(
  config: DebertaConfig,
  passes: readonly Pass[],
  bindingBytes: number,
  settings: EngineSettings,
  recompute: boolean,
): Map<string, number> {
  const space = new Map<string, number>();
  for (const { B, N, mode } of passes) {
    for (let length = N; length > 0; length -= 32) {
      const part = largestPart(config, { B, N: length }, bindingBytes, settings);
      for (const [name, size] of spaceOf(config, part, mode, settings, recompute)) {
        space.set(name, Math.max(size, space.get(name) ?? 0));
      }
      if (part.B === B) break;
    }
  }
  return space;
}

/**
 * Peak bytes of a run whose largest batches are `passes`, the training batch first; reading checkpoints included. Further
 * shapes add their uniforms only.
 */
export function planMemory(
  config: DebertaConfig,
  passes: readonly Pass[],
  device: DeviceMemory,
  settings: EngineSettings = float32,
  recompute = false,
): MemoryPlan {
  const layout = layoutOf(config);
  const trained = trainedLayout(layout, settings);
  const part = largestPart(config, passes[0], GUARANTEED_BINDING, settings);
  const lengths = spaceOfPasses(config, passes, GUARANTEED_BINDING, settings, recompute);
  const spaces = Array.from(buffersFor(lengths, device.kind).values(), (length) => round(4 * length));
  const bytesOf = ({ slabs }: Layout) => slabs.map(({ length }) => round(4 * length));
  const slabs = bytesOf(layout);
  const { pass, finish } = stepCalls(config, part, defaultTiles, settings, recompute);
  const weights = sum(slabs);
  const gradients = sum(bytesOf(trained));
  const activations = sum(spaces);
  const other =
    sum([pass, finish].map((calls) => round(device.planBytes(calls)))) +
    round(STATE_BYTES) +
    round(METRICS * STATE_METRICS.size) +
    round(normPartBytes(trained)) +
    round(device.ownBytes(Math.max(...slabs)));
  const largestBinding = Math.max(...spaces, ...slabs);
  const total = weights + 3 * gradients + activations + other;
  const limit = Math.min(device.maxStorageBufferBindingSize, device.maxBufferSize);
  return {
    weights,
    gradients,
    optimizer: 2 * gradients,
    activations,
    other,
    total,
    largestBinding,
    rowsPerPass: part.B,
    recompute,
    fits: largestBinding <= limit && total <= device.maxBytes,
  };
}

/** Weights, gradients and moments beyond this leave a memory of 4 GiB no room for a pass. */
const NARROW_BYTES = 3.5 * 2 ** 30;

/** Whether training this model on the processor takes addresses of more than 32 bits. */
export function needsWideAddresses(config: DebertaConfig): boolean {
  return 16 * parameterCount(config) > NARROW_BYTES;
}
