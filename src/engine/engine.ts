import type { Batch } from '../features/feature.ts';
import type { Gpu } from '../devices/gpu/device.ts';
import type { KernelCall, Slice } from '../kernels/kernel.ts';
import { untimedTiles, type TileChoice } from '../kernels/linear/tile.ts';
import { lossScaling } from '../kernels/grad-norm/grad-norm.ts';
import { Plan, runPlans } from '../devices/gpu/plan.ts';
import { Readback } from '../devices/gpu/readback.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { DebertaConfig } from '../model/config.ts';
import {
  float32,
  type Engine,
  type EngineSettings,
  type Logits,
  type LossScaler,
  type NamedTensors,
  type OptimizerState,
  type OptimizerStep,
  type StepMetrics,
} from '../model/engine.ts';
import { backward, lossOf, relativeGrad } from './backward.ts';
import { inputsOf, rowsPerPass, splitBatch, type Part } from './batch-inputs.ts';
import { Build } from './build.ts';
import { forward } from './forward.ts';
import { planMemory, spaceOfPasses, type MemoryLimits, type Pass } from './memory.ts';
import { GUARANTEED_BINDING, layoutOf, trainedLayout, type Layout } from './layout.ts';
import { normPartBytes, optimizerCalls } from './optimizer.ts';
import { Slabs } from './slabs.ts';
import { canBeHalf, Space, spaceOf, type Mode, type Shape } from './space.ts';
import {
  METRICS,
  plainState,
  readScaler,
  scalerState,
  STATE_BYTES,
  STATE_METRICS,
  STATE_MICRO_BATCH,
  STATE_SCALER,
  stepState,
} from './state.ts';

export interface FusedOptions {
  /** From `tuneTiles`; a run that goes on bit-equal needs the tiles it began with. */
  tiles?: TileChoice;
  /** Largest binding a pass may use; batches that need more are cut. */
  bindingBytes?: number;
  settings?: EngineSettings;
}

/** DeBERTa-v2 on our own kernels: one recorded plan per shape and mode, one submit per micro-batch. */
export class FusedEngine implements Engine {
  readonly device: string;
  readonly settings: EngineSettings;
  readonly layout: Layout;
  /** The part of it that has gradients and moments. */
  private readonly trained: Layout;
  readonly tiles: TileChoice;
  private readonly weights: Slabs;
  /** Made when the first gradients, the first update are wanted: answering needs neither. */
  private gradientSlabs: Slabs | null = null;
  private moments: { expAvg: Slabs; expAvgSq: Slabs; normParts: GPUBuffer } | null = null;
  private readonly space: Space;
  private readonly state: Slice;
  private readonly metrics: GPUBuffer;
  private readonly readback: Readback;
  private readonly plans = new Map<string, { version: number; plan: Plan }>();
  private readonly rows = new Map<string, number>();
  private readonly bindingBytes: number;
  private pendingSteps: number[] = [];
  private drained: StepMetrics[] = [];
  /** Passes share buffers, so they come one after the other even when callers do not wait. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly gpu: Gpu,
    readonly config: DebertaConfig,
    { tiles = untimedTiles(gpu), bindingBytes = GUARANTEED_BINDING, settings = float32 }: FusedOptions,
  ) {
    if (settings.fp16 && !canBeHalf(config)) {
      throw new ManabiError('engine-fp16-sizes', gpu.name, { wanted: 4 });
    }
    this.settings = settings;
    this.device = gpu.name;
    this.tiles = tiles;
    this.bindingBytes = bindingBytes;
    this.layout = layoutOf(config);
    this.trained = trainedLayout(this.layout, settings);
    const limit = gpu.device.limits.maxStorageBufferBindingSize;
    for (const { length } of this.layout.slabs) {
      if (4 * length > limit) {
        throw new ManabiError('gpu-model-too-large', gpu.name, { bytes: 4 * length, limit });
      }
    }
    this.weights = new Slabs(gpu, this.layout, 'weights');
    this.space = new Space(gpu);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.state = { buffer: gpu.createBuffer('step state', STATE_BYTES, usage), offset: 0, size: STATE_BYTES };
    this.metrics = gpu.createBuffer('metrics', METRICS * STATE_METRICS.size, usage);
    this.writeScaler(this.firstScaler());
    this.readback = new Readback(gpu);
  }

  /**
   * Uploads the weights (every parameter of the config). Throws ManabiError gpu-model-too-large, engine-fp16-sizes; RangeError for
   * a missing tensor.
   */
  static async create(
    gpu: Gpu,
    config: DebertaConfig,
    weights: NamedTensors,
    options: FusedOptions = {},
  ): Promise<FusedEngine> {
    const engine = new FusedEngine(gpu, config, options);
    engine.weights.write(weights);
    return engine;
  }

  get limits(): MemoryLimits {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.gpu.device.limits;
    return { maxStorageBufferBindingSize, maxBufferSize };
  }

  /**
   * Makes every large buffer that training with these passes needs (`planMemory` tells their sum), so that memory that
   * is not there is missed before the first step. Throws ManabiError gpu-memory, and keeps none of them then.
   */
  reserve(passes: readonly Pass[]): Promise<void> {
    return this.inTurn(async () => {
      this.gpu.check();
      const { device } = this.gpu;
      device.pushErrorScope('out-of-memory');
      this.needGradients();
      this.needMoments();
      this.space.ensure(spaceOfPasses(this.config, passes, this.bindingBytes, this.settings));
      const missing = await device.popErrorScope();
      this.gpu.check();
      if (!missing) return;
      this.freeTraining();
      const { total } = planMemory(this.config, passes, this.limits, this.settings);
      throw new ManabiError('gpu-memory', this.device, { needed: Math.ceil(total / 2 ** 20) });
    });
  }

  forward(batch: Batch): Promise<Logits> {
    return this.evaluate(batch);
  }

  evaluate(batch: Batch): Promise<Logits & { loss: number }> {
    return this.inTurn(async () => {
      const { B, N } = batch;
      const logits = { startLogits: new Float32Array(B * N), endLogits: new Float32Array(B * N) };
      this.gpu.device.queue.writeBuffer(this.state.buffer, 0, plainState());
      for (const part of this.split(batch)) {
        const plan = await this.prepare(part, 'evaluate');
        this.writeInputs(part, 0, 0, false);
        runPlans(this.gpu, [plan]);
        const slice = this.space.slice('logits', 2 * part.B * N);
        const values = new Float32Array(await this.readback.read(slice));
        for (let at = 0; at < part.B * N; at++) {
          logits.startLogits[part.first * N + at] = values[2 * at];
          logits.endLogits[part.first * N + at] = values[2 * at + 1];
        }
      }
      return { ...logits, loss: (await this.readMetrics()).loss };
    });
  }

  gradients(batch: Batch): Promise<{ loss: number; gradients: NamedTensors }> {
    return this.inTurn(async () => {
      const gradients = this.needGradients();
      const parts = this.split(batch);
      const plans = await this.prepareAll(parts, 'gradients');
      const finish = await this.planOf('relative', () => this.relativeCalls());
      this.gpu.device.queue.writeBuffer(this.state.buffer, 0, plainState());
      for (const [i, part] of parts.entries()) {
        this.writeInputs(part, 0, i, true);
        const lastPart = i === parts.length - 1;
        runPlans(this.gpu, lastPart ? [plans[i], finish] : [plans[i]], i === 0 ? this.clear : undefined);
      }
      const { loss } = await this.readMetrics();
      const found = await gradients.read(this.readback);
      const { loss_scale } = await this.readScaler();
      if (loss_scale !== 1) {
        for (const { data } of found.values()) for (let i = 0; i < data.length; i++) data[i] /= loss_scale;
      }
      return { loss, gradients: found };
    });
  }

  trainStep(microBatches: Batch[], step: OptimizerStep): Promise<void> {
    return this.inTurn(async () => {
      this.gpu.check();
      if (this.pendingSteps.length === METRICS) await this.collectMetrics();
      const parts = microBatches.flatMap((batch) => this.split(batch));
      const plans = await this.prepareAll(parts, 'train');
      const finish = await this.planOf('optimizer', () => this.optimizerCalls());
      const { queue } = this.gpu.device;
      queue.writeBuffer(this.state.buffer, 0, stepState(step, 1 / microBatches.length));
      for (const [i, part] of parts.entries()) {
        if (i > 0) queue.writeBuffer(this.state.buffer, STATE_MICRO_BATCH, Uint32Array.of(i));
        this.writeInputs(part, step.dropoutSeed, i, true);
        const lastPart = i === parts.length - 1;
        runPlans(
          this.gpu,
          lastPart ? [plans[i], finish] : [plans[i]],
          i === 0 ? this.clear : undefined,
          lastPart ? this.keepMetrics : undefined,
        );
      }
      this.pendingSteps.push(step.step);
    });
  }

  drainMetrics(): Promise<StepMetrics[]> {
    return this.inTurn(async () => {
      await this.collectMetrics();
      const drained = this.drained;
      this.drained = [];
      return drained;
    });
  }

  readWeights(): Promise<NamedTensors> {
    return this.inTurn(() => this.weights.read(this.readback));
  }

  writeWeights(weights: NamedTensors): Promise<void> {
    return this.inTurn(async () => this.weights.write(weights));
  }

  readOptimizer(): Promise<OptimizerState> {
    return this.inTurn(async () => {
      const { expAvg, expAvgSq } = this.needMoments();
      const [exp_avg, exp_avg_sq] = [await expAvg.read(this.readback), await expAvgSq.read(this.readback)];
      return { exp_avg, exp_avg_sq, ...(this.settings.fp16 ? { scaler: await this.readScaler() } : {}) };
    });
  }

  writeOptimizer({ exp_avg, exp_avg_sq, scaler }: OptimizerState): Promise<void> {
    return this.inTurn(async () => {
      const { expAvg, expAvgSq } = this.needMoments();
      expAvg.write(exp_avg);
      expAvgSq.write(exp_avg_sq);
      this.writeScaler((this.settings.fp16 && scaler) || this.firstScaler());
    });
  }

  /**
   * A training step over `batch` with every dispatch timed by itself, in nanoseconds. For the bench only: needs
   * timestamp-query and a step before it, whose learning rate and seed it takes over (so the weights move).
   */
  timeStep(batch: Batch): Promise<{ call: KernelCall; nanoseconds: number }[]> {
    return this.inTurn(async () => {
      const parts = this.split(batch);
      const plans = await this.prepareAll(parts, 'train');
      plans.push(await this.planOf('optimizer', () => this.optimizerCalls()));
      const timed: { call: KernelCall; nanoseconds: number }[] = [];
      for (const [i, plan] of plans.entries()) {
        if (i < parts.length) this.writeInputs(parts[i], 0, i, true);
        const times = await plan.runTimed();
        timed.push(...plan.calls.map((call, at) => ({ call, nanoseconds: times[at] })));
      }
      this.gpu.check();
      return timed;
    });
  }

  memory(): { live: number; peak: number } {
    return { live: this.gpu.counters.liveBytes, peak: this.gpu.counters.peakBytes };
  }

  /** Frees everything of this engine; the device stays the caller's. */
  dispose(): void {
    this.freeTraining();
    this.readback.dispose();
    this.weights.dispose();
    for (const buffer of [this.state.buffer, this.metrics]) this.gpu.destroyBuffer(buffer);
  }

  /** Frees all but the weights. */
  freeTraining(): void {
    for (const { plan } of this.plans.values()) plan.dispose();
    this.plans.clear();
    this.space.dispose();
    for (const slabs of [this.gradientSlabs, this.moments?.expAvg, this.moments?.expAvgSq]) slabs?.dispose();
    if (this.moments) this.gpu.destroyBuffer(this.moments.normParts);
    this.gradientSlabs = this.moments = null;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work);
    this.last = next.catch(() => {});
    return next;
  }

  private split(batch: Batch): Part[] {
    const key = `${batch.B} x ${batch.N}`;
    const rows = this.rows.get(key) ?? rowsPerPass(this.config, batch, this.bindingBytes, this.settings);
    this.rows.set(key, rows);
    return splitBatch(batch, rows);
  }

  private build(shape: Shape, mode: Mode): Build {
    return new Build(
      this.config,
      shape,
      mode,
      this.layout,
      {
        weights: this.weights.buffers,
        gradients: mode === 'evaluate' ? [] : this.needGradients().buffers,
        state: this.state,
        space: (name, length) => this.space.slice(name, length),
      },
      this.tiles,
      this.settings,
    );
  }

  private async prepare(shape: Shape, mode: Mode): Promise<Plan> {
    return (await this.prepareAll([shape], mode))[0];
  }

  /** Room for all shapes first: a plan made before the buffers grow would bind buffers that are gone. */
  private async prepareAll(shapes: readonly Shape[], mode: Mode): Promise<Plan[]> {
    if (mode !== 'evaluate') this.needGradients();
    for (const shape of shapes) {
      const key = keyOf(shape, mode);
      if (this.plans.get(key)?.version !== this.space.version) {
        this.space.ensure(spaceOf(this.config, shape, mode, this.settings));
      }
    }
    const plans: Plan[] = [];
    for (const shape of shapes) {
      const calls = () => {
        const build = this.build(shape, mode);
        forward(build);
        if (mode === 'evaluate') build.add(lossOf(build, null));
        else backward(build);
        return build.calls;
      };
      plans.push(await this.planOf(keyOf(shape, mode), calls));
    }
    return plans;
  }

  private async planOf(key: string, calls: () => Build['calls']): Promise<Plan> {
    const { version } = this.space;
    const found = this.plans.get(key);
    if (found?.version === version) return found.plan;
    const plan = await Plan.compile(this.gpu, calls());
    found?.plan.dispose();
    this.plans.set(key, { version, plan });
    return plan;
  }

  private relativeCalls(): Build['calls'] {
    const build = this.build({ B: 1, N: 1 }, 'gradients');
    relativeGrad(build);
    return build.calls;
  }

  private optimizerCalls(): Build['calls'] {
    const { expAvg, expAvgSq, normParts } = this.needMoments();
    const buffers = {
      weights: this.weights.buffers,
      gradients: this.needGradients().buffers,
      expAvg: expAvg.buffers,
      expAvgSq: expAvgSq.buffers,
      normParts: { buffer: normParts, offset: 0, size: normPartBytes(this.trained) },
      state: this.state,
    };
    return [...this.relativeCalls(), ...optimizerCalls(this.trained, buffers, this.settings.fp16)];
  }

  private writeInputs(part: Part, seed: number, microBatch: number, sorted: boolean): void {
    for (const [name, data] of inputsOf(this.config, part, seed, microBatch, sorted)) {
      this.gpu.device.queue.writeBuffer(this.space.slice(name, data.length).buffer, 0, data);
    }
  }

  /** Everything that a step adds to starts from zero. */
  private readonly clear = (encoder: GPUCommandEncoder): void => {
    for (const buffer of this.needGradients().buffers) encoder.clearBuffer(buffer);
    const relative = this.space.find('d relative');
    if (relative) encoder.clearBuffer(relative);
  };

  private readonly keepMetrics = (encoder: GPUCommandEncoder): void => {
    const { offset, size } = STATE_METRICS;
    const slot = this.pendingSteps.length * size;
    encoder.copyBufferToBuffer(this.state.buffer, offset, this.metrics, slot, size);
  };

  private async collectMetrics(): Promise<void> {
    const steps = this.pendingSteps;
    if (steps.length === 0) return;
    const size = STATE_METRICS.size * steps.length;
    const values = new Float32Array(await this.readback.read({ buffer: this.metrics, offset: 0, size }));
    this.pendingSteps = [];
    for (const [i, step] of steps.entries()) {
      this.drained.push({ step, gradNorm: values[2 * i], loss: values[2 * i + 1] });
    }
  }

  private async readMetrics(): Promise<{ loss: number }> {
    const values = new Float32Array(await this.readback.read({ ...this.state, ...STATE_METRICS }));
    return { loss: values[1] };
  }

  private firstScaler(): LossScaler {
    return {
      loss_scale: this.settings.fp16 ? lossScaling.init_scale : 1,
      growth_tracker: 0,
      skipped_steps: 0,
    };
  }

  private writeScaler(scaler: LossScaler): void {
    this.gpu.device.queue.writeBuffer(this.state.buffer, STATE_SCALER.offset, scalerState(scaler));
  }

  private async readScaler(): Promise<LossScaler> {
    return readScaler(await this.readback.read({ ...this.state, ...STATE_SCALER }));
  }

  private needGradients(): Slabs {
    this.gradientSlabs ??= new Slabs(this.gpu, this.trained, 'gradients');
    return this.gradientSlabs;
  }

  private needMoments() {
    this.moments ??= {
      expAvg: new Slabs(this.gpu, this.trained, 'exp_avg'),
      expAvgSq: new Slabs(this.gpu, this.trained, 'exp_avg_sq'),
      normParts: this.gpu.createBuffer('norm parts', normPartBytes(this.trained), GPUBufferUsage.STORAGE),
    };
    return this.moments;
  }
}

function keyOf({ B, N }: Shape, mode: Mode): string {
  return `${mode} ${B} x ${N}`;
}
