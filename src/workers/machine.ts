// What the trainer computes on: opened, measured, checked, and left for the next one where it computes wrong numbers.
import { CpuDevice } from '../devices/cpu/device.ts';
import type { DeviceMemory } from '../devices/device.ts';
import { defaultThreads } from '../devices/cpu/threads.ts';
import { Gpu } from '../devices/gpu/device.ts';
import { Pacing } from '../devices/gpu/pacing.ts';
import { tuneTiles } from '../devices/gpu/tune.ts';
import { CHECK_BOUND, checkedConfig } from '../engine/check-device.ts';
import { compareSpeed, PROBE_SECONDS, typicalShape, type Trial } from '../engine/choose-device.ts';
import { KernelEngine } from '../engine/engine.ts';
import { affordableShape } from '../engine/measure-rates.ts';
import type { DeviceRates } from '../engine/work.ts';
import { needsWideAddresses } from '../engine/memory.ts';
import { ManabiError, type ErrorCode } from '../errors/manabi-error.ts';
import { defaultTiles, type TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { Engine, EngineSettings, NamedTensors } from '../model/engine.ts';
import { storedTrials } from '../storage/device-checks.ts';
import { storedTiles } from '../storage/tiles.ts';
import { adapterOf, build, checkGpu, distrustGpu, factsOf, textOf } from './check-gpu.ts';
import { failure, type Backend, type Computer, type LeftMachine } from './protocol.ts';

/** There is no GPU, rather than one that failed. */
const NO_GPU: ErrorCode[] = ['gpu-unavailable', 'gpu-no-adapter', 'gpu-insecure'];
/** Milliseconds of a piece of work where the GPU was lost twice. */
const CAREFUL_PIECE_MS = 10;

export class Machine {
  gpu: Gpu | null = null;
  /** Null while a GPU is used. */
  cpu: CpuDevice | null = null;
  private backend: Backend | null = null;
  /** A person asked for it: nothing is measured against it. */
  private isAsked = false;
  private threads = defaultThreads();
  /** Fastest on this GPU; a run keeps those that it began with. */
  tiles = defaultTiles;
  private noGpu: ErrorCode | null = null;
  private gpuName: string | null = null;
  private gpuFacts: Computer['gpuFacts'] = null;
  /** By the widths of a model. */
  private readonly trials = new Map<string, Trial>();
  private trial: Trial | null = null;
  private left: LeftMachine | null = null;

  /** `release` is called before a device goes: what lives on it goes too. */
  constructor(
    private readonly release: () => void,
    /** After a second loss at one place a GPU is given less at once. */
    private readonly isCareful: () => boolean,
  ) {}

  /** What is known of this computer. */
  get computer(): Computer {
    const { backend, gpu, cpu } = this;
    return {
      device: backend && {
        name: backend === 'cpu' ? (cpu?.name ?? '') : (gpu?.name ?? ''),
        backend,
        threads: cpu?.threads ?? 0,
      },
      gpuName: this.gpuName,
      gpuFacts: this.gpuFacts,
      noGpu: this.noGpu,
      rates: {
        webgpu: this.trial?.gpu ?? null,
        tfjs: this.trial?.tfjs ?? null,
        cpu: this.trial?.cpu ?? null,
      },
      left: this.left,
    };
  }

  get kind(): 'gpu' | 'cpu' {
    return this.gpu ? 'gpu' : 'cpu';
  }

  get memory(): DeviceMemory {
    const { gpu, cpu } = this;
    const device = gpu ?? cpu;
    if (!device) throw new RangeError('no device');
    return device.memory;
  }

  /** Throws what the device reported. */
  check(): void {
    (this.gpu ?? this.cpu)?.check();
  }

  /** What a person asked for. Throws what Gpu.open and CpuDevice.open throw. */
  async open(backend: Backend, threads: number | null): Promise<void> {
    this.isAsked = true;
    this.left = null;
    this.threads = threads ?? defaultThreads();
    await this.take(backend);
  }

  /** The machine that does the steps of such a model fastest, as measured here once, or the one that a person asked for in an earlier visit. */
  async find(
    config: DebertaConfig,
    { asked, threads }: { asked: Backend | null; threads: number | null },
    signal: AbortSignal,
  ): Promise<void> {
    this.left = null;
    if (this.threads !== (threads ?? defaultThreads())) {
      this.close();
      this.trials.clear();
      this.threads = threads ?? defaultThreads();
    }
    await this.compare(config, signal);
    this.isAsked = asked === 'cpu' || (asked !== null && this.gpuName !== null);
    if (this.isAsked && asked && asked !== this.backend) await this.take(asked);
  }

  /** The same where another model is to be held, unless a person has chosen. */
  async findFor(config: DebertaConfig, signal: AbortSignal): Promise<void> {
    if (!this.isAsked && !this.left) await this.compare(config, signal);
    else this.trial = this.trials.get(widthsOf(config)) ?? this.trial;
  }

  /** An engine on a machine that was held to the processor with the kernels of this model. */
  async createEngine(
    config: DebertaConfig,
    tensors: NamedTensors,
    settings: EngineSettings,
    tiles: TileChoice = this.tiles,
  ): Promise<Engine> {
    await this.leaveWrongGpu(config, tiles);
    if (this.backend === 'tfjs' && this.gpu) {
      const { composedEngine, openTfjs } = await import('../engine/composed-on-gpu.ts');
      await openTfjs(this.gpu);
      return composedEngine(this.gpu, config, tensors, settings);
    }
    const options = { tiles, settings, gradient_checkpointing: this.isCareful() };
    return KernelEngine.create(this.gpu ?? (await this.cpuFor(config)), config, tensors, options);
  }

  /** The loss that the processor finds for a step, or null where it has no room for the model beside the run. */
  async lossOnProcessor(
    engine: Engine,
    ...step: Parameters<KernelEngine['stepLoss']>
  ): Promise<number | null> {
    const { config, settings } = engine;
    const cpu = await CpuDevice.open({ threads: this.threads, wide: needsWideAddresses(config) });
    try {
      const options = { settings: { ...settings, fp16: false } };
      const reference = await KernelEngine.create(cpu, config, await engine.readWeights(), options);
      return await reference.stepLoss(...step);
    } catch (error) {
      if (error instanceof ManabiError && error.code === 'cpu-memory') return null;
      throw error;
    } finally {
      cpu.dispose();
    }
  }

  /** The GPU gave another loss in a run than the processor: the processor goes on, now and at the next visits. */
  async leaveAfter(
    error: ManabiError,
    { config, tiles }: { config: DebertaConfig; tiles: TileChoice },
  ): Promise<void> {
    if (!this.gpu) return;
    const what = this.backend === 'tfjs' ? 'tfjs' : { tiles };
    const { text } = await distrustGpu(this.gpu, config, what, JSON.stringify(error.details));
    await this.take('cpu');
    this.left = { to: 'cpu', error: failure(error), report: text };
  }

  /** Measures what can be opened beside what is used, at the widths of such a model. */
  async measureAll(config: DebertaConfig): Promise<void> {
    const gpu = this.gpu ?? (await this.openGpu());
    const cpu = this.cpu ?? (await CpuDevice.open({ threads: this.threads }));
    try {
      const trial = await compareSpeed(gpu, cpu, config, {
        ...(this.gpu ? { tune: async () => this.tiles } : {}),
      });
      if (gpu) trial.tfjs = await this.measureTfjs(config, trial);
      this.trials.set(widthsOf(config), trial);
      this.trial = trial;
    } finally {
      if (gpu !== this.gpu) gpu?.dispose();
      if (cpu !== this.cpu) cpu.dispose();
    }
  }

  /** On a device of its own: it leaves what is used as it is. */
  private async measureTfjs(config: DebertaConfig, { gpu: rates }: Trial): Promise<DeviceRates | undefined> {
    if (!rates || this.backend === 'tfjs') return this.trial?.tfjs;
    const gpu = await Gpu.open(navigator.gpu);
    const { closeTfjs, measureComposed, openTfjs } = await import('../engine/composed-on-gpu.ts');
    try {
      await openTfjs(gpu);
      return await measureComposed(
        gpu,
        config,
        affordableShape(config, typicalShape, rates.products, PROBE_SECONDS),
      );
    } finally {
      closeTfjs(gpu);
    }
  }

  private async leaveWrongGpu(config: DebertaConfig, tiles: TileChoice): Promise<void> {
    const reports: string[] = [];
    let wrong: ManabiError | null = null;
    for (const next of ['tfjs', 'cpu'] as const) {
      const { gpu, backend } = this;
      if (!gpu || (backend === 'tfjs' && next === 'tfjs')) continue;
      const found = await this.checked(gpu, config, backend === 'tfjs' ? 'tfjs' : { tiles });
      if (found.agrees) break;
      wrong ??= new ManabiError('gpu-wrong', gpu.name, { difference: found.difference, bound: CHECK_BOUND });
      reports.push(found.text);
      await this.take(next);
    }
    if (!wrong) return;
    this.left = { to: this.backend ?? 'cpu', error: failure(wrong), report: reports.join('\n\n') };
  }

  /** What cannot be computed at all is as wrong as what is computed wrongly. */
  private async checked(gpu: Gpu, config: DebertaConfig, what: Parameters<typeof checkGpu>[2]) {
    try {
      const { agrees, differences, text } = await checkGpu(gpu, config, what);
      return { agrees, text, difference: Math.max(...Object.values(differences)).toPrecision(2) };
    } catch (error) {
      const reason = String(error instanceof ManabiError ? JSON.stringify(error.details) : error);
      const adapter = adapterOf(gpu);
      const facts = { kernels: JSON.stringify(what), adapter, browser: navigator.userAgent, failed: reason };
      return { agrees: false, text: textOf(facts), difference: reason };
    }
  }

  private async compare(config: DebertaConfig, signal: AbortSignal): Promise<void> {
    const widths = widthsOf(config);
    const known = this.trials.get(widths);
    if (known && this.backend) {
      await this.takeBest(known);
      return;
    }
    const gpu = this.gpu ?? (await this.openGpu());
    const key = JSON.stringify([gpu && adapterOf(gpu), navigator.userAgent, build, this.threads, widths]);
    const stored = await storedTrials.get(key);
    const cpu = this.cpu ?? (await CpuDevice.open({ threads: this.threads }));
    const tune = async (stop: AbortSignal) => (gpu ? tuneTiles(gpu, storedTiles, stop) : defaultTiles);
    const trial = stored ?? (await compareSpeed(gpu, cpu, config, { tune, signal }));
    if (!stored && !signal.aborted) await storedTrials.set(key, trial);
    this.trials.set(widths, trial);
    // One of them is used, and the other one goes.
    if (gpu !== this.gpu || cpu !== this.cpu) this.release();
    const { best } = trial;
    if (best === 'gpu' && gpu) {
      this.use('webgpu', gpu, null);
      this.tiles = await tuneTiles(gpu, storedTiles, signal);
      cpu.dispose();
    } else {
      this.use('cpu', null, cpu);
      gpu?.dispose();
    }
    this.trial = trial;
  }

  private async takeBest(trial: Trial): Promise<void> {
    this.trial = trial;
    const backend = trial.best === 'gpu' ? 'webgpu' : 'cpu';
    if (backend !== this.backend) await this.take(backend);
  }

  private async openGpu(): Promise<Gpu | null> {
    try {
      return await this.openNamedGpu();
    } catch (error) {
      if (!(error instanceof ManabiError) || !NO_GPU.includes(error.code)) throw error;
      this.noGpu = error.code;
      return null;
    }
  }

  private async openNamedGpu(): Promise<Gpu> {
    const gpu = await Gpu.open(navigator.gpu);
    this.gpuName = gpu.name;
    this.gpuFacts = { adapter: adapterOf(gpu), ...factsOf(gpu) };
    this.noGpu = null;
    return gpu;
  }

  private async take(backend: Backend): Promise<void> {
    if (backend === 'cpu') {
      const cpu = await CpuDevice.open({ threads: this.threads });
      this.close();
      this.use('cpu', null, cpu);
      return;
    }
    const gpu = await this.openNamedGpu();
    this.close();
    this.use(backend, gpu, null);
    if (backend === 'webgpu') this.tiles = await tuneTiles(gpu, storedTiles);
  }

  private use(backend: Backend, gpu: Gpu | null, cpu: CpuDevice | null): void {
    this.backend = backend;
    this.gpu = gpu;
    this.cpu = cpu;
    if (gpu && this.isCareful()) gpu.pieces.pacing = new Pacing(CAREFUL_PIECE_MS);
  }

  /** A model lives on its device: both go. */
  private close(): void {
    this.release();
    this.gpu?.dispose();
    this.cpu?.dispose();
    this.gpu = this.cpu = this.backend = null;
  }

  /** The processor with addresses as wide as the model needs: another width is another memory. */
  private async cpuFor(config: DebertaConfig): Promise<CpuDevice> {
    const wide = needsWideAddresses(config);
    if (this.cpu?.build.wide !== wide) {
      const opened = await CpuDevice.open({ wide, threads: this.threads });
      this.cpu?.dispose();
      this.cpu = opened;
    }
    return this.cpu;
  }
}

/** Models of the same widths have kernels of the same speeds. */
function widthsOf(config: DebertaConfig): string {
  return JSON.stringify(checkedConfig(config));
}
