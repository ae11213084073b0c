// KernelEngine on a GPU: measured by executing steps, or by recording them (everything but the kernels themselves).
import type { Batch } from '../src/features/feature.ts';
import type { Gpu } from '../src/devices/gpu/device.ts';
import { Pacing } from '../src/devices/gpu/pacing.ts';
import type { PieceCounts } from '../src/devices/gpu/piece-queue.ts';
import type { TileChoice } from '../src/kernels/linear/tile.ts';
import type { DebertaConfig } from '../src/model/config.ts';
import { float32, type EngineSettings, type NamedTensors } from '../src/model/engine.ts';
import { KernelEngine } from '../src/engine/engine.ts';
import type { Calls } from './calls.ts';
import { median, optimizerStep, perStep, runSteps, type StepMeasure } from './measure.ts';

/** One kind of dispatch in a step, all its calls together. */
export interface KernelTime {
  label: string;
  calls: number;
  ms: number;
  /** Of the time of all dispatches. */
  share: number;
  /** Executed FLOPs per nanosecond; null where FLOPs are not counted. */
  gflops: number | null;
}

export interface KernelsMeasure {
  /** Null where the step was recorded, not executed. */
  executed: StepMeasure | null;
  /** How the executed steps after the second were cut: pieces per step, and the longest. Null where none was executed. */
  pieces: PieceCounts | null;
  /** Counts of one replayed step. */
  recorded: Calls;
  /** JavaScript of a replayed step without the hand-over to the queue: median and fastest of 30. */
  js_without_submit_ms: number;
  /** The one to look at where other processes keep the CPU busy. */
  js_without_submit_fastest_ms: number;
  /** Really allocated, one reading of the weights included. */
  peak_bytes: number;
  buffers_after_second_step: number;
  pipelines_after_second_step: number;
  /** Empty where the step was not executed or the adapter has no timestamp-query. */
  kinds: KernelTime[];
}

const REPLAYS = 30;

/** `steps`: how many are executed after the second; 0 to record only. */
export async function measureKernels(
  gpu: Gpu,
  calls: Calls,
  config: DebertaConfig,
  weights: NamedTensors,
  batch: Batch,
  tiles: TileChoice,
  steps: number,
  settings: EngineSettings = float32,
): Promise<KernelsMeasure> {
  const before = gpu.counters.liveBytes;
  gpu.counters.peakBytes = before;
  const engine = await KernelEngine.create(gpu, config, weights, { tiles, settings });
  try {
    let made = { ...gpu.counters };
    const warm = () => {
      made = { ...gpu.counters };
      gpu.pieces.reset();
    };
    const executed = steps > 0 ? await runSteps(engine, calls, batch, steps, warm) : null;
    const { counts } = gpu.pieces;
    const pieces = executed && { ...counts, pieces: counts.pieces / steps };
    if (!executed) {
      await withoutSubmit(gpu, async () => {
        for (const number of [1, 2]) await engine.trainStep([batch], optimizerStep(number));
      });
      warm();
    }
    const replayed = await replay(gpu, calls, engine, batch);
    const { buffersCreated, pipelinesCompiled } = gpu.counters;
    await engine.readWeights();
    return {
      executed,
      pieces,
      ...replayed,
      peak_bytes: gpu.counters.peakBytes - before,
      buffers_after_second_step: buffersCreated - made.buffersCreated,
      pipelines_after_second_step: pipelinesCompiled - made.pipelinesCompiled,
      kinds: executed ? await timeKernels(gpu, engine, batch) : [],
    };
  } finally {
    engine.dispose();
  }
}

async function replay(gpu: Gpu, calls: Calls, engine: KernelEngine, batch: Batch) {
  const before = { ...calls };
  const { submits } = gpu.counters;
  const times: number[] = [];
  await withoutSubmit(gpu, async () => {
    for (let i = 0; i < REPLAYS; i++) {
      const start = performance.now();
      await engine.trainStep([batch], optimizerStep(3 + i));
      times.push(performance.now() - start);
    }
  });
  const recorded = {
    ...perStep(calls, before, REPLAYS),
    submits: (gpu.counters.submits - submits) / REPLAYS,
  };
  return {
    recorded,
    js_without_submit_ms: median(times),
    js_without_submit_fastest_ms: Math.min(...times),
  };
}

/** While `work` goes on, each step in one piece, nothing reaches the queue: buffers, pipelines and commands are made, kernels do not run. */
async function withoutSubmit(gpu: Gpu, work: () => Promise<void>): Promise<void> {
  const { pacing } = gpu.pieces;
  gpu.pieces.pacing = new Pacing(Infinity);
  gpu.submit = () => {
    gpu.counters.submits++;
  };
  try {
    await work();
  } finally {
    gpu.pieces.pacing = pacing;
    Reflect.deleteProperty(gpu, 'submit');
  }
}

async function timeKernels(gpu: Gpu, engine: KernelEngine, batch: Batch): Promise<KernelTime[]> {
  if (!gpu.device.features.has('timestamp-query')) return [];
  const kinds = new Map<string, { calls: number; ns: number; flops: number }>();
  let all = 0;
  for (const { call, nanoseconds } of await engine.timeStep(batch)) {
    // Forward norms carry the name of their parameters.
    const label = call.label.endsWith(' norm') ? 'norm' : call.label;
    const kind = kinds.get(label) ?? { calls: 0, ns: 0, flops: 0 };
    kind.calls++;
    kind.ns += nanoseconds;
    kind.flops += call.flops?.executed ?? 0;
    all += nanoseconds;
    kinds.set(label, kind);
  }
  return [...kinds]
    .map(([label, { calls, ns, flops }]) => ({
      label,
      calls,
      ms: ns / 1e6,
      share: ns / all,
      gflops: flops > 0 ? flops / ns : null,
    }))
    .sort((a, b) => b.ms - a.ms);
}
