import type { DeviceRates } from '../../engine/work.ts';
import { ManabiError, type ErrorCode } from '../../errors/manabi-error.ts';
import {
  unwrap,
  type Backend,
  type Computer,
  type Device,
  type LeftMachine,
} from '../../workers/protocol.ts';
import { fetchOwn } from '../model/built-in-model.ts';
import { keptValues } from './kept-values.ts';
import { work } from './work.svelte.ts';
import { trainer, unloaded } from './workers.ts';

const CHOSEN = 'manabi-machine';
const THREADS = 'manabi-threads';
const BACKENDS: readonly string[] = ['webgpu', 'tfjs', 'cpu'] satisfies Backend[];

/** What the page computes on. */
class DeviceState {
  computer = $state.raw<Computer | null>(null);
  /** Of the processor; null: all cores that the browser tells, one left for the page. */
  threads = $state(keptThreads());
  /** What a person chose; null: what is fastest. */
  chosen = $state(keptChoice());
  private opening: Promise<void> | null = null;

  get current(): Device | null {
    return this.computer?.device ?? null;
  }

  /** What the device in use does in a second; null where that was not measured. */
  get rates(): DeviceRates | null {
    const { current, computer } = this;
    return (current && computer?.rates[current.backend]) ?? null;
  }

  /** The GPU that was left because the processor is faster. */
  get slowGpu(): string | null {
    const { current, computer } = this;
    return current?.backend === 'cpu' && !computer?.left ? (computer?.gpuName ?? null) : null;
  }

  /** Whether the GPU in use does less in a second than the processor. */
  get isSlower(): boolean {
    const { webgpu, cpu } = this.computer?.rates ?? {};
    return this.current?.backend === 'webgpu' && webgpu && cpu ? webgpu.products < cpu.products : false;
  }

  /** Why there is none here: the CPU takes its place. */
  get noGpu(): ErrorCode | null {
    return this.computer?.noGpu ?? null;
  }

  /** The machine that computed wrong numbers. */
  get left(): LeftMachine | null {
    return this.computer?.left ?? null;
  }

  /** What is fastest here, unless a person has chosen before. */
  async openBest(): Promise<void> {
    await work.told('device', () => this.require());
  }

  /** null: what is fastest. */
  async open(backend: Backend | null): Promise<void> {
    await work.guarded('device', async () => {
      this.chosen = backend;
      if (backend) keptValues.setItem(CHOSEN, backend);
      else keptValues.removeItem(CHOSEN);
      await this.find();
    });
  }

  /** Another number of threads, from now on. */
  async useThreads(threads: number | null): Promise<void> {
    this.threads = threads;
    if (threads === null) keptValues.removeItem(THREADS);
    else keptValues.setItem(THREADS, String(threads));
    await work.guarded('device', () => this.find());
  }

  /** Measures what was not measured, TensorFlow.js too, at the widths of the model of this config.json. */
  async measure(config: unknown): Promise<void> {
    await work.guarded('device', async () => {
      this.computer = unwrap(await trainer.measure(config));
    });
  }

  async require(): Promise<void> {
    if (this.current) return;
    // Work may be asked for while machines are still measured: it waits for that.
    this.opening ??= Promise.race([this.find(), unloaded]).finally(() => (this.opening = null));
    await this.opening;
  }

  /** After work that needs a model: a GPU that computes wrong numbers was left for it. */
  async refresh(): Promise<void> {
    this.computer = await trainer.computer();
  }

  /** A new device for one that is lost or has failed. */
  async reopen(): Promise<void> {
    const backend = this.current?.backend ?? this.chosen ?? 'webgpu';
    this.computer = null;
    await this.take(backend);
  }

  /** Whether the error broke the device; there is a new one then, or the page asks for one at the next work. */
  async recover(error: unknown): Promise<boolean> {
    const broken = error instanceof ManabiError && ['gpu-lost', 'gpu-error'].includes(error.code);
    if (broken) await this.reopen().catch(() => {});
    return broken;
  }

  private async find(): Promise<void> {
    const config: unknown = JSON.parse(await (await fetchOwn('./model/config.json')).text());
    const { chosen: asked, threads } = this;
    this.computer = unwrap(await trainer.find(config, { asked, threads }));
  }

  private async take(backend: Backend): Promise<void> {
    unwrap(await trainer.open(backend, this.threads));
    await this.refresh();
  }
}

function keptChoice(): Backend | null {
  const kept = keptValues.getItem(CHOSEN) ?? '';
  return BACKENDS.includes(kept) ? (kept as Backend) : null;
}

function keptThreads(): number | null {
  const kept = Number(keptValues.getItem(THREADS) ?? NaN);
  return Number.isInteger(kept) && kept > 0 ? kept : null;
}

export const device = new DeviceState();
