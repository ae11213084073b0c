import type { Batch } from '../features/feature.ts';
import type { Device, DeviceMemory, DevicePlan } from '../devices/device.ts';
import type { DeviceBuffer, KernelCall, Slice } from '../kernels/kernel.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import { lossScaling } from '../kernels/grad-norm/grad-norm.ts';
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
import { spaceOfPasses, type MemoryPlan, type Pass } from './memory.ts';
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

export interface KernelEngineOptions {
  /** Of a GPU, from `tuneTiles`; a run that goes on bit-equal needs the tiles it began with. */
  tiles?: TileChoice;
  /** Largest binding a pass may use; batches that need more are cut. */
  bindingBytes?: number;
  settings?: EngineSettings;
  /** Whether the backward pass computes each layer again, which takes less memory; `reserve` may change it. */
  gradient_checkpointing?: boolean;
}

/** DeBERTa-v2 on our own kernels, on any device: one recorded plan per shape and mode, one run per micro-batch. */
export class KernelEngine implements Engine {
  readonly device: string;
  readonly settings: EngineSettings;
  readonly layout: Layout;
  /** The part of it that has gradients and moments. */
  private readonly trained: Layout;
  readonly tiles: TileChoice;
  private readonly weights: Slabs;
  /** Made when the first gradients, the first update are wanted: answering needs neither. */
  private gradientSlabs: Slabs | null = null;
  private moments: { expAvg: Slabs; expAvgSq: Slabs; normParts: DeviceBuffer } | null = null;
  private readonly space: Space;
  private readonly state: Slice;
  private readonly metrics: DeviceBuffer;
  private readonly plans = new Map<string, { version: number; plan: DevicePlan }>();
  private recompute: boolean;
  private readonly rows = new Map<string, number>();
  private readonly bindingBytes: number;
  private pendingSteps: number[] = [];
  private drained: StepMetrics[] = [];
  /** Passes share buffers, so they come one after the other even when callers do not wait. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly machine: Device,
    readonly config: DebertaConfig,
    options: KernelEngineOptions,
  ) {
    const { settings = float32, bindingBytes = GUARANTEED_BINDING } = options;
    if (settings.fp16 && machine.kind === 'cpu') throw new ManabiError('engine-fp16-webgpu', machine.name);
    if (settings.fp16 && !canBeHalf(config)) {
      throw new ManabiError('engine-fp16-sizes', machine.name, { wanted: 4 });
    }
    this.settings = settings;
    this.device = machine.name;
    this.tiles = options.tiles ?? machine.untimedTiles;
    this.recompute = options.gradient_checkpointing ?? false;
    this.bindingBytes = bindingBytes;
    this.layout = layoutOf(config);
    this.trained = trainedLayout(this.layout, settings);
    const limit = machine.memory.maxStorageBufferBindingSize;
    for (const { length } of this.layout.slabs) {
      if (machine.kind === 'gpu' && 4 * length > limit) {
        throw new ManabiError('gpu-model-too-large', machine.name, { bytes: 4 * length, limit });
      }
    }
    this.weights = new Slabs(machine, this.layout, 'weights');
    this.space = new Space(machine);
    const state = machine.createBuffer('step state', STATE_BYTES);
    this.state = { buffer: state, offset: 0, size: STATE_BYTES };
    this.metrics = machine.createBuffer('metrics', METRICS * STATE_METRICS.size);
    this.writeScaler(this.firstScaler());
  }

  /**
   * Uploads the weights (every parameter of the config). Throws ManabiError gpu-model-too-large, engine-fp16-sizes; RangeError for
   * a missing tensor.
   */
  static async create(
    machine: Device,
    config: DebertaConfig,
    weights: NamedTensors,
    options: KernelEngineOptions = {},
  ): Promise<KernelEngine> {
    const engine = new KernelEngine(machine, config, options);
    engine.weights.write(weights);
    return engine;
  }

  get kind(): Device['kind'] {
    return this.machine.kind;
  }

  /** What the memory planner must know of the device. */
  get deviceMemory(): DeviceMemory {
    return this.machine.memory;
  }

  /**
   * Makes every large buffer that training with these passes needs, so that memory that is not there is missed before the first step. Takes the first of
   * the plans (of `planMemory`) whose buffers find room. Throws ManabiError gpu-memory or cpu-memory, and keeps none of them then.
   */
  reserve(passes: readonly Pass[], plans: readonly MemoryPlan[]): Promise<MemoryPlan> {
    return this.inTurn(async () => {
      for (const plan of plans) {
        this.recompute = plan.recompute;
        const found = await this.machine.hasRoomFor(() => {
          this.needGradients();
          this.needMoments();
          const { config, bindingBytes, settings, recompute } = this;
          this.space.ensure(spaceOfPasses(config, passes, bindingBytes, settings, recompute));
        });
        if (found) return plan;
        this.freeTraining();
      }
      const needed = Math.ceil(Math.min(...plans.map(({ total }) => total)) / 2 ** 20);
      throw new ManabiError(`${this.machine.kind}-memory`, this.device, { needed });
    });
  }

  forward(batch: Batch): Promise<Logits> {
    return this.evaluate(batch);
  }

  evaluate(batch: Batch): Promise<Logits & { loss: number }> {
    return this.inTurn(async () => {
      const { B, N } = batch;
      const logits = { startLogits: new Float32Array(B * N), endLogits: new Float32Array(B * N) };
      this.machine.write(this.state.buffer, 0, plainState());
      for (const part of this.split(batch)) {
        const plan = await this.prepare(part, 'evaluate');
        this.writeInputs(part, 0, 0, false);
        await this.machine.run([plan]);
        const slice = this.space.slice('logits', 2 * part.B * N);
        const values = new Float32Array(await this.machine.read(slice));
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
      this.machine.write(this.state.buffer, 0, plainState());
      for (const [i, part] of parts.entries()) {
        this.writeInputs(part, 0, i, true);
        const lastPart = i === parts.length - 1;
        const run = lastPart ? [plans[i], finish] : [plans[i]];
        await this.machine.run(run, { clear: i === 0 ? this.sums() : [] });
      }
      const { loss } = await this.readMetrics();
      const found = await gradients.read();
      const { loss_scale } = await this.readScaler();
      if (loss_scale !== 1) {
        for (const { data } of found.values()) for (let i = 0; i < data.length; i++) data[i] /= loss_scale;
      }
      return { loss, gradients: found };
    });
  }

  trainStep(microBatches: Batch[], step: OptimizerStep, signal?: AbortSignal): Promise<void> {
    return this.inTurn(async () => {
      this.machine.check();
      if (this.pendingSteps.length === METRICS) await this.collectMetrics();
      const parts = microBatches.flatMap((batch) => this.split(batch));
      const plans = await this.prepareAll(parts, 'train');
      const finish = await this.planOf('optimizer', () => this.optimizerCalls());
      this.machine.write(this.state.buffer, 0, stepState(step, 1 / microBatches.length));
      for (const [i, part] of parts.entries()) {
        if (i > 0) this.machine.write(this.state.buffer, STATE_MICRO_BATCH, Uint32Array.of(i));
        this.writeInputs(part, step.dropoutSeed, i, true);
        const lastPart = i === parts.length - 1;
        await this.machine.run(lastPart ? [plans[i], finish] : [plans[i]], {
          clear: i === 0 ? this.sums() : [],
          ...(lastPart ? { copy: this.metricsCopy() } : {}),
          ...(signal ? { abort: { signal, before: finish } } : {}),
        });
      }
      this.pendingSteps.push(step.step);
    });
  }

  /** The loss that `trainStep` will tell, dropout and all, without its gradients and its update. */
  stepLoss(microBatches: readonly Batch[], step: OptimizerStep): Promise<number> {
    return this.inTurn(async () => {
      const parts = microBatches.flatMap((batch) => this.split(batch));
      this.machine.write(this.state.buffer, 0, stepState(step, 1 / microBatches.length));
      for (const [i, part] of parts.entries()) {
        this.space.ensure(spaceOf(this.config, part, 'train', this.settings, true));
        const plan = await this.planOf(`loss ${part.B} x ${part.N}`, () => {
          const build = this.build(part, 'train', { gradients: [], recompute: true });
          forward(build);
          build.add(lossOf(build, null));
          return build.calls;
        });
        this.machine.write(this.state.buffer, STATE_MICRO_BATCH, Uint32Array.of(i));
        this.writeInputs(part, step.dropoutSeed, i, false);
        await this.machine.run([plan]);
      }
      return (await this.readMetrics()).loss;
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
    return this.inTurn(() => this.weights.read());
  }

  writeWeights(weights: NamedTensors): Promise<void> {
    return this.inTurn(async () => this.weights.write(weights));
  }

  readOptimizer(): Promise<OptimizerState> {
    return this.inTurn(async () => {
      const { expAvg, expAvgSq } = this.needMoments();
      const [exp_avg, exp_avg_sq] = [await expAvg.read(), await expAvgSq.read()];
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
   * A training step over `batch` with every call timed by itself, in nanoseconds. For the bench only: it takes over the learning rate and seed of
   * the step before it, so the weights move.
   */
  timeStep(batch: Batch): Promise<{ call: KernelCall; nanoseconds: number }[]> {
    return this.inTurn(async () => {
      const parts = this.split(batch);
      const plans = await this.prepareAll(parts, 'train');
      plans.push(await this.planOf('optimizer', () => this.optimizerCalls()));
      const timed: { call: KernelCall; nanoseconds: number }[] = [];
      for (const [i, plan] of plans.entries()) {
        if (i < parts.length) this.writeInputs(parts[i], 0, i, true);
        const times = await this.machine.time(plan);
        timed.push(...plan.calls.map((call, at) => ({ call, nanoseconds: times[at] })));
      }
      this.machine.check();
      return timed;
    });
  }

  memory(): { live: number; peak: number } {
    return { live: this.machine.counters.liveBytes, peak: this.machine.counters.peakBytes };
  }

  /** Frees everything of this engine; the device stays the caller's. */
  dispose(): void {
    this.freeTraining();
    this.weights.dispose();
    for (const buffer of [this.state.buffer, this.metrics]) this.machine.destroyBuffer(buffer);
  }

  /** Frees all but the weights. */
  freeTraining(): void {
    for (const { plan } of this.plans.values()) plan.dispose();
    this.plans.clear();
    this.space.dispose();
    for (const slabs of [this.gradientSlabs, this.moments?.expAvg, this.moments?.expAvgSq]) slabs?.dispose();
    if (this.moments) this.machine.destroyBuffer(this.moments.normParts);
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

  private build(
    shape: Shape,
    mode: Mode,
    {
      gradients = mode === 'evaluate' ? [] : this.needGradients().buffers,
      recompute = this.recompute,
    }: { gradients?: readonly DeviceBuffer[]; recompute?: boolean } = {},
  ): Build {
    return new Build(
      this.config,
      shape,
      mode,
      this.layout,
      {
        weights: this.weights.buffers,
        gradients,
        state: this.state,
        space: (name, length) => this.space.slice(name, length),
      },
      this.tiles,
      this.settings,
      recompute,
    );
  }

  private async prepare(shape: Shape, mode: Mode): Promise<DevicePlan> {
    return (await this.prepareAll([shape], mode))[0];
  }

  /** Room for all shapes first: a plan made before the buffers grow would bind buffers that are gone. */
  private async prepareAll(shapes: readonly Shape[], mode: Mode): Promise<DevicePlan[]> {
    if (mode !== 'evaluate') this.needGradients();
    for (const shape of shapes) {
      const key = this.keyOf(shape, mode);
      if (this.plans.get(key)?.version !== this.space.version) {
        this.space.ensure(spaceOf(this.config, shape, mode, this.settings, this.recompute));
      }
    }
    const plans: DevicePlan[] = [];
    for (const shape of shapes) {
      const calls = () => {
        const build = this.build(shape, mode);
        forward(build);
        if (mode === 'evaluate') build.add(lossOf(build, null));
        else backward(build);
        return build.calls;
      };
      plans.push(await this.planOf(this.keyOf(shape, mode), calls));
    }
    return plans;
  }

  private async planOf(key: string, calls: () => Build['calls']): Promise<DevicePlan> {
    const { version } = this.space;
    const found = this.plans.get(key);
    if (found?.version === version) return found.plan;
    const plan = await this.machine.compile(calls());
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
      this.machine.write(this.space.slice(name, data.length).buffer, 0, data);
    }
  }

  /** Everything that a step adds to, and that starts from zero. */
  private sums(): DeviceBuffer[] {
    const relative = this.space.find('d relative');
    return [...this.needGradients().buffers, ...(relative ? [relative] : [])];
  }

  private metricsCopy() {
    const { offset, size } = STATE_METRICS;
    const from = { buffer: this.state.buffer, offset, size };
    return { from, to: this.metrics, offset: this.pendingSteps.length * size };
  }

  private async collectMetrics(): Promise<void> {
    const steps = this.pendingSteps;
    if (steps.length === 0) return;
    const size = STATE_METRICS.size * steps.length;
    const values = new Float32Array(await this.machine.read({ buffer: this.metrics, offset: 0, size }));
    this.pendingSteps = [];
    for (const [i, step] of steps.entries()) {
      this.drained.push({ step, gradNorm: values[2 * i], loss: values[2 * i + 1] });
    }
  }

  private async readMetrics(): Promise<{ loss: number }> {
    const values = new Float32Array(await this.machine.read({ ...this.state, ...STATE_METRICS }));
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
    this.machine.write(this.state.buffer, STATE_SCALER.offset, scalerState(scaler));
  }

  private async readScaler(): Promise<LossScaler> {
    return readScaler(await this.machine.read({ ...this.state, ...STATE_SCALER }));
  }

  private needGradients(): Slabs {
    this.gradientSlabs ??= new Slabs(this.machine, this.trained, 'gradients');
    return this.gradientSlabs;
  }

  private needMoments() {
    this.moments ??= {
      expAvg: new Slabs(this.machine, this.trained, 'exp_avg'),
      expAvgSq: new Slabs(this.machine, this.trained, 'exp_avg_sq'),
      normParts: this.machine.createBuffer('norm parts', normPartBytes(this.trained)),
    };
    return this.moments;
  }

  private keyOf({ B, N }: Shape, mode: Mode): string {
    return `${mode} ${B} x ${N}${this.recompute ? ' again' : ''}`;
  }
}
