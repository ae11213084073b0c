import { ManabiError } from '../../errors/manabi-error.ts';
import type { DeviceBuffer, KernelCall, Slice, WasmForm } from '../../kernels/kernel.ts';
import type { Device, DeviceCounters, DeviceMemory, DevicePlan, RunOptions } from '../device.ts';
import { defaultTiles } from '../../kernels/linear/tile.ts';
import { ALIGNMENT, CpuBuffer, CpuMemory } from './memory.ts';
import { instantiate } from './instance.mjs';
import { chooseBuild, loadModule, type Build } from './module.ts';
import { RECORD_BYTES, writeRecord } from './record.ts';
import { canShareMemory, defaultThreads, startThread, type Thread } from './threads.ts';

/** Bytes of src/kernels/call.as.ts, clear.as.ts and kernels.as.ts. */
const CLEAR_PART_BYTES = 1 << 18;
const SCRATCH_BYTES = 1 << 20;
const MEETING_BYTES = 256;
const OWN_RECORD_BYTES = Math.ceil(RECORD_BYTES / ALIGNMENT) * ALIGNMENT;
const GENERATION = 64;

/** How long this thread computes before it lets messages in (a stop, a dead thread), and how long it waits for others at once. */
const TURN_MS = 25;
const TURN_NS = BigInt(TURN_MS * 1e6);

/** FLOPs of a few microseconds: another thread would wake up to find them done. */
const SMALL_WORK = 2e5;

type Address = number | bigint;

/** The functions of kernels.as.ts. */
export interface Runtime {
  begin(call: Address, parts: number, meeting: Address, others: number): void;
  work(meeting: Address, scratch: Address): void;
  ended(parts: number, meeting: Address, nanoseconds: bigint): number;
}

export interface CpuOptions {
  /** Default: the cores that the machine tells (`defaultThreads`). One where memory cannot be shared. */
  threads?: number;
  /** Addresses of 64 bits, for models that need more than 4 GiB. */
  wide?: boolean;
  /** Default: the fastest that the machine accepts. */
  build?: Build;
}

type CpuCall = KernelCall & { wasm: WasmForm };

const isOurs = (call: KernelCall): call is CpuCall => call.wasm !== null && call.wasm.parts > 0;

interface CpuPlan extends DevicePlan {
  calls: readonly CpuCall[];
  records: CpuBuffer;
}

/** The processor: kernels in WebAssembly SIMD on a pool of threads over one memory. Needs a worker (or Node): it blocks while it waits. */
export class CpuDevice implements Device {
  readonly kind = 'cpu';
  readonly untimedTiles = defaultTiles;
  readonly counters: DeviceCounters = {
    buffersCreated: 0,
    pipelinesCompiled: 0,
    dispatches: 0,
    submits: 0,
    liveBytes: 0,
    peakBytes: 0,
  };
  readonly lost: Promise<string>;
  private lose: (reason: string) => void = () => {};
  private fatal: ManabiError | null = null;
  private others: Thread[] = [];
  /** The bench puts functions in its place that take the time of these. */
  runtime: Runtime;
  private readonly kernels: Map<string, number>;
  private readonly meeting: CpuBuffer;
  /** Of a call that is in no plan. */
  private readonly record: CpuBuffer;
  private readonly meetingAddress: Address;
  private readonly scratchAddress: Address;
  private turnEnds = 0;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly name: string,
    readonly build: Build,
    private readonly space: CpuMemory,
    private readonly module: WebAssembly.Module,
  ) {
    this.lost = new Promise((resolve) => {
      this.lose = resolve;
    });
    const { exports, kernels } = instantiate(module, space.memory);
    this.runtime = exports as unknown as Runtime;
    this.kernels = kernels;
    this.counters.pipelinesCompiled = kernels.size;
    this.meeting = this.createBuffer('meeting', MEETING_BYTES);
    this.record = this.createBuffer('record', RECORD_BYTES);
    this.meetingAddress = this.address(this.meeting.address);
    this.scratchAddress = this.address(this.createBuffer('scratch', SCRATCH_BYTES).address);
  }

  /** Throws ManabiError cpu-no-simd, cpu-no-memory64, cpu-no-kernels, cpu-memory, cpu-thread. */
  static async open({
    threads = defaultThreads(),
    wide = false,
    build,
  }: CpuOptions = {}): Promise<CpuDevice> {
    const name = 'CPU';
    const shared = threads > 1 && canShareMemory();
    const chosen = build ?? (await chooseBuild(wide, name));
    const module = await loadModule(chosen, shared);
    const device = new CpuDevice(name, chosen, new CpuMemory(shared, chosen.wide), module);
    if (shared) await device.startThreads(threads - 1);
    return device;
  }

  get threads(): number {
    return 1 + this.others.length;
  }

  /** Bytes that the memory has grown to; it never shrinks. */
  get grownBytes(): number {
    return this.space.memory.buffer.byteLength;
  }

  get memory(): DeviceMemory {
    return cpuMemory(this.space.limit, this.threads);
  }

  createBuffer(label: string, size: number): CpuBuffer {
    const bytes = Math.max(ALIGNMENT, Math.ceil(size / ALIGNMENT) * ALIGNMENT);
    const buffer = this.space.allocate(bytes);
    if (!buffer) {
      throw new ManabiError('cpu-memory', label, {
        needed: Math.ceil((this.counters.liveBytes + bytes) / 2 ** 20),
      });
    }
    this.counters.buffersCreated++;
    this.counters.liveBytes += bytes;
    this.counters.peakBytes = Math.max(this.counters.peakBytes, this.counters.liveBytes);
    return buffer;
  }

  destroyBuffer(buffer: DeviceBuffer): void {
    this.counters.liveBytes -= buffer.size;
    this.space.release(own(buffer));
  }

  write(buffer: DeviceBuffer, offset: number, data: ArrayBufferView | ArrayBuffer): void {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    this.space.bytes(own(buffer).address + offset, bytes.length).set(bytes);
  }

  async read(slice: Slice): Promise<ArrayBuffer> {
    this.check();
    const data = new Uint8Array(slice.size);
    data.set(this.space.bytes(this.addressOf(slice), slice.size));
    return data.buffer;
  }

  /** Calls without parts, or without a form for this machine, are left out. */
  async compile(allCalls: readonly KernelCall[]): Promise<CpuPlan> {
    const calls = allCalls.filter(isOurs);
    const records = this.createBuffer('plan', calls.length * RECORD_BYTES);
    const view = this.space.view(records.address, records.size);
    for (const [i, call] of calls.entries()) {
      const kernel = this.kernels.get(call.wasm.kernel);
      if (kernel === undefined) throw new RangeError(`no kernel ${call.wasm.kernel}`);
      writeRecord(view, i * RECORD_BYTES, call, kernel, (slice) => this.addressOf(slice));
    }
    return { calls, records, dispose: () => this.destroyBuffer(records) };
  }

  run(plans: readonly DevicePlan[], options: RunOptions = {}): Promise<void> {
    return this.inTurn(() => this.runNow(plans, options));
  }

  time(plan: DevicePlan): Promise<number[]> {
    return this.inTurn(() => this.timeNow(plan));
  }

  /** Engines that share the device may ask at once, and the threads meet for one call at a time. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work);
    this.last = next.catch(() => {});
    return next;
  }

  private async runNow(plans: readonly DevicePlan[], { clear = [], copy, abort }: RunOptions): Promise<void> {
    this.check();
    this.turnEnds = performance.now() + TURN_MS;
    for (const buffer of clear) await this.clear(own(buffer));
    let signal = abort?.signal;
    for (const plan of plans) {
      if (plan === abort?.before) signal = undefined;
      await this.runPlan(plan as CpuPlan, signal);
    }
    if (copy) {
      const bytes = this.space.bytes(this.addressOf(copy.from), copy.from.size);
      this.space.bytes(own(copy.to).address + copy.offset, bytes.length).set(bytes);
    }
    this.counters.submits++;
  }

  private async timeNow(plan: DevicePlan): Promise<number[]> {
    const { calls, records } = plan as CpuPlan;
    const times: number[] = [];
    for (const [i, call] of calls.entries()) {
      const start = performance.now();
      await this.runCall(call, records.address + i * RECORD_BYTES);
      times.push((performance.now() - start) * 1e6);
    }
    return times;
  }

  async hasRoomFor(allocate: () => void): Promise<boolean> {
    try {
      allocate();
      return true;
    } catch (error) {
      if (error instanceof ManabiError && error.code === 'cpu-memory') return false;
      throw error;
    }
  }

  check(): void {
    if (this.fatal) throw this.fatal;
  }

  dispose(): void {
    this.runtime.begin(this.address(0), 0, this.meetingAddress, this.others.length);
    for (const thread of this.others) thread.terminate();
    this.others = [];
  }

  private async startThreads(count: number): Promise<void> {
    const generation = this.space.view(this.meeting.address + GENERATION, 4).getUint32(0, true);
    const starts = Array.from({ length: count }, () => ({
      module: this.module,
      memory: this.space.memory,
      wide: this.build.wide,
      meeting: this.meeting.address,
      scratch: this.createBuffer('scratch', SCRATCH_BYTES).address,
      generation,
    }));
    const fail = (reason: string) => void this.fail(reason);
    const started = await Promise.allSettled(starts.map((start) => startThread(start, fail)));
    this.others = started.flatMap((thread) => (thread.status === 'fulfilled' ? [thread.value] : []));
    const failed = started.find((thread) => thread.status === 'rejected');
    if (!failed) return;
    // A thread that could not be given the memory has not died: it is told all the same.
    this.fail(String(failed.reason));
    this.dispose();
    this.check();
  }

  private fail(reason: string): ManabiError {
    this.fatal ??= new ManabiError('cpu-thread', this.name, { reason });
    this.lose(reason);
    return this.fatal;
  }

  private async clear(buffer: CpuBuffer): Promise<void> {
    const { record } = this;
    const parts = Math.ceil(buffer.size / CLEAR_PART_BYTES);
    const call: CpuCall = {
      label: 'clear',
      uniforms: [{ u32: buffer.size }],
      bindings: [{ buffer, offset: 0, size: buffer.size }],
      wgsl: null,
      wasm: { kernel: 'clear', parts },
    };
    const view = this.space.view(record.address, RECORD_BYTES);
    writeRecord(view, 0, call, this.kernels.get('clear') as number, (slice) => this.addressOf(slice));
    await this.runCall(call, record.address);
  }

  private async runPlan({ calls, records }: CpuPlan, signal?: AbortSignal): Promise<void> {
    for (const [i, call] of calls.entries()) {
      // Between two calls no thread computes anything.
      signal?.throwIfAborted();
      // Awaiting what is already done would cost a turn of the microtask queue for each of some hundred calls.
      const waiting = this.runCall(call, records.address + i * RECORD_BYTES);
      if (waiting) await waiting;
      signal?.throwIfAborted();
    }
    this.counters.dispatches += calls.length;
  }

  /** Gives a promise only where it has to let messages in. */
  private runCall({ wasm, flops }: CpuCall, record: number): Promise<void> | null {
    const { runtime, meetingAddress, scratchAddress } = this;
    const work = wasm.executed ?? flops?.executed ?? Infinity;
    const others = work < SMALL_WORK ? 0 : Math.min(wasm.parts - 1, this.others.length);
    runtime.begin(this.address(record), wasm.parts, meetingAddress, others);
    try {
      runtime.work(meetingAddress, scratchAddress);
    } catch (error) {
      // This is a thread like the others: what it leaves undone is never done.
      throw this.fail(String(error));
    }
    // A thread that is late from the last call may have taken even the only part of this one.
    const isDone = () =>
      this.others.length === 0 || Boolean(runtime.ended(wasm.parts, meetingAddress, TURN_NS));
    if (isDone() && performance.now() < this.turnEnds) return null;
    return this.waitUntil(isDone);
  }

  private async waitUntil(isDone: () => boolean): Promise<void> {
    do {
      await nextTurn();
      this.check();
    } while (!isDone());
    this.turnEnds = performance.now() + TURN_MS;
  }

  private addressOf({ buffer, offset }: Slice): number {
    return own(buffer).address + offset;
  }

  private address(value: number): Address {
    return this.build.wide ? BigInt(value) : value;
  }
}

/** A processor with `threads` threads and room for `limit` bytes. */
export function cpuMemory(limit: number, threads: number): DeviceMemory {
  return {
    kind: 'cpu',
    maxStorageBufferBindingSize: limit,
    maxBufferSize: limit,
    maxBytes: limit,
    planBytes: (calls) => calls.filter(isOurs).length * RECORD_BYTES,
    ownBytes: () => MEETING_BYTES + OWN_RECORD_BYTES + threads * SCRATCH_BYTES,
  };
}

function own(buffer: DeviceBuffer): CpuBuffer {
  if (!(buffer instanceof CpuBuffer)) throw new TypeError('a buffer of another device');
  return buffer;
}

/** Resolves after the messages that wait have been heard; a timer would take 4 ms. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if ('setImmediate' in globalThis) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    const heard = () => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', heard);
    port1.start();
    port2.postMessage(null);
  });
}
