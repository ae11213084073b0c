import type { DeviceBuffer, KernelCall, Slice } from '../kernels/kernel.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';

/** What can be counted without a clock; `npm run bench` prints it and tests hold it down. */
export interface DeviceCounters {
  buffersCreated: number;
  /** Kernels compiled. */
  pipelinesCompiled: number;
  dispatches: number;
  submits: number;
  liveBytes: number;
  peakBytes: number;
}

/** What the memory planner must know of a device. All in bytes. */
export interface DeviceMemory {
  readonly kind: Device['kind'];
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  /** All that it can hold, Infinity where it does not tell. */
  readonly maxBytes: number;
  /** What a compiled list of calls takes. */
  planBytes(calls: readonly KernelCall[]): number;
  /** What the device holds for itself; `largestRead`: the longest slice that will be read. */
  ownBytes(largestRead: number): number;
}

/** A list of calls made ready once and run as often as wanted. */
export interface DevicePlan {
  readonly calls: readonly KernelCall[];
  dispose(): void;
}

/** What a run of plans does beside them, in the same order of work. */
export interface RunOptions {
  /** Filled with zeros before the first call. */
  clear?: readonly DeviceBuffer[];
  /** Copied after the last call. */
  copy?: { from: Slice; to: DeviceBuffer; offset: number };
  /** Given up, rejecting with the signal's reason, where it is aborted before the plan `before` has begun. */
  abort?: { signal: AbortSignal; before: DevicePlan };
}

/**
 * A machine that runs calls of kernels. Work is done in the order in which it is given; only `read` needs to wait for it. Neither the engine nor a
 * kernel knows which machine it is on.
 */
export interface Device {
  /** As people know it. */
  readonly name: string;
  readonly kind: 'gpu' | 'cpu';
  /** For a GPU's matrix products where none have been timed. */
  readonly untimedTiles: TileChoice;
  readonly counters: DeviceCounters;
  readonly memory: DeviceMemory;
  /** At least `size` bytes, zeroed. Throws ManabiError where the device has no such buffer. */
  createBuffer(label: string, size: number): DeviceBuffer;
  destroyBuffer(buffer: DeviceBuffer): void;
  write(buffer: DeviceBuffer, offset: number, data: ArrayBufferView | ArrayBuffer): void;
  /** The bytes of a slice after everything given so far. Throws what the device reported, its loss too. */
  read(slice: Slice): Promise<ArrayBuffer>;
  compile(calls: readonly KernelCall[]): Promise<DevicePlan>;
  /** Resolves when the work is given, but for its last two pieces done (GPU), or all done (processor). */
  run(plans: readonly DevicePlan[], options?: RunOptions): Promise<void>;
  /** Runs a plan once with every call timed by itself: nanoseconds, in the order of its calls. For the bench. */
  time(plan: DevicePlan): Promise<number[]>;
  /** Calls `allocate`; false where its buffers found no memory. */
  hasRoomFor(allocate: () => void): Promise<boolean>;
  /** Throws the first error that the device reported, if there was one. */
  check(): void;
  /** Resolves with the reason when the device is lost. */
  readonly lost: Promise<string>;
  dispose(): void;
}
