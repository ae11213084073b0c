import { ManabiError } from '../../errors/manabi-error.ts';
import type { DeviceBuffer, KernelCall, Slice } from '../../kernels/kernel.ts';
import type { Device, DeviceCounters, DeviceMemory, DevicePlan, RunOptions } from '../device.ts';
import { untimedTiles, type TileChoice } from '../../kernels/linear/tile.ts';
import { PieceQueue, whenHeard } from './piece-queue.ts';
import { ALIGNMENT, Plan, runPlans, uniformSlots } from './plan.ts';
import { READ_PIECE, Readback } from './readback.ts';

const wantedFeatures = ['timestamp-query'] as GPUFeatureName[];
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

const LOSS_IS_TOLD_MS = 1000;

const storageUsage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/**
 * Our own GPUDevice with everything the adapter offers that we use, and an account of what is made on it.
 * An uncaptured error drops a whole command buffer silently (results are zeros), so it is fatal: `check()` throws it.
 */
export class Gpu implements Device {
  readonly kind = 'gpu';
  readonly counters: DeviceCounters = {
    buffersCreated: 0,
    pipelinesCompiled: 0,
    dispatches: 0,
    submits: 0,
    liveBytes: 0,
    peakBytes: 0,
  };
  /** Resolves with the reason when the device is lost; after that no validation error is raised any more. */
  readonly lost: Promise<string>;
  private fatal: ManabiError | null = null;
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private readonly readback = new Readback(this);
  readonly pieces = new PieceQueue(this);

  private constructor(
    readonly device: GPUDevice,
    readonly info: GPUAdapterInfo,
    /** Held because Dawn in Node crashes when its GPU object is collected while a device lives. */
    readonly owner: GPU,
  ) {
    device.addEventListener('uncapturederror', (event) => {
      this.fatal ??= new ManabiError('gpu-error', this.name, { reason: event.error.message });
    });
    this.lost = device.lost.then(({ reason, message }) => {
      this.fatal ??= new ManabiError('gpu-lost', this.name, { reason: message || reason });
      return message || reason;
    });
  }

  /** Throws ManabiError gpu-insecure (plain http), gpu-unavailable (no WebGPU) or gpu-no-adapter (WebGPU, but no usable adapter). */
  static async open(gpu: GPU | undefined): Promise<Gpu> {
    if (!gpu)
      throw new ManabiError(globalThis.isSecureContext === false ? 'gpu-insecure' : 'gpu-unavailable', '');
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new ManabiError('gpu-no-adapter', '');
    // tfjs brings an older @webgpu/types, which does not know all of these names.
    const requiredFeatures = wantedFeatures.filter((feature) =>
      adapter.features.has(feature),
    ) as GPUFeatureName[];
    const requiredLimits = Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]]));
    const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
    return new Gpu(device, adapter.info, gpu);
  }

  /** The adapter as people know it. */
  get name(): string {
    const { vendor, architecture, device, description } = this.info;
    return description || [vendor, architecture, device].filter((part) => part !== '').join(' ') || 'WebGPU';
  }

  get untimedTiles(): TileChoice {
    return untimedTiles(this);
  }

  /** A CPU that plays GPU (SwiftShader, lavapipe, WARP): correct and slow; the interface says so. */
  get isSoftware(): boolean {
    const { vendor, architecture, device, description } = this.info;
    return /swiftshader|llvmpipe|lavapipe|basic render|software/i.test(
      [vendor, architecture, device, description].join(' '),
    );
  }

  /** Throws the first error that the device reported, if there was one. */
  check(): void {
    if (this.fatal) throw this.fatal;
  }

  /** Why `error` was thrown: the loss of the device, which may be told a moment after what it broke, or `error` itself. */
  async causeOf(error: unknown): Promise<unknown> {
    if (!this.fatal)
      await Promise.race([this.lost, new Promise((resolve) => setTimeout(resolve, LOSS_IS_TOLD_MS))]);
    return this.fatal ?? error;
  }

  get memory(): DeviceMemory {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.device.limits;
    return gpuMemory({ maxStorageBufferBindingSize, maxBufferSize });
  }

  /** A buffer of at least `size` bytes (rounded up to 256), zeroed. Throws gpu-buffer-too-large. */
  createBuffer(label: string, size: number, usage = storageUsage()): GPUBuffer {
    const bytes = Math.max(256, Math.ceil(size / 256) * 256);
    if (bytes > this.device.limits.maxBufferSize) {
      const limit = this.device.limits.maxBufferSize;
      throw new ManabiError('gpu-buffer-too-large', label, { bytes, limit });
    }
    this.counters.buffersCreated++;
    this.counters.liveBytes += bytes;
    this.counters.peakBytes = Math.max(this.counters.peakBytes, this.counters.liveBytes);
    return this.device.createBuffer({ label, size: bytes, usage });
  }

  destroyBuffer(buffer: DeviceBuffer): void {
    this.counters.liveBytes -= buffer.size;
    gpuBuffer(buffer).destroy();
  }

  write(buffer: DeviceBuffer, offset: number, data: ArrayBufferView | ArrayBuffer): void {
    this.device.queue.writeBuffer(gpuBuffer(buffer), offset, data as ArrayBuffer);
  }

  read(slice: Slice): Promise<ArrayBuffer> {
    return this.readback.read(slice);
  }

  compile(calls: readonly KernelCall[]): Promise<Plan> {
    return Plan.compile(this, calls);
  }

  async run(plans: readonly DevicePlan[], options: RunOptions = {}): Promise<void> {
    this.check();
    await runPlans(this, plans as readonly Plan[], options);
  }

  /** Needs timestamp-query. */
  time(plan: DevicePlan): Promise<number[]> {
    return (plan as Plan).runTimed();
  }

  async hasRoomFor(allocate: () => void): Promise<boolean> {
    this.check();
    this.device.pushErrorScope('out-of-memory');
    allocate();
    const missing = await this.device.popErrorScope();
    this.check();
    return missing === null;
  }

  /** The compute pipeline of a WGSL module with entry point `main`; compiled once per code. */
  pipeline(code: string, label: string): Promise<GPUComputePipeline> {
    let found = this.pipelines.get(code);
    if (!found) {
      this.counters.pipelinesCompiled++;
      const module = this.device.createShaderModule({ label, code });
      found = this.device.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: { module, entryPoint: 'main' },
      });
      this.pipelines.set(code, found);
    }
    return found;
  }

  /** Resolves when all that was submitted is done. */
  done(): Promise<undefined> {
    return whenHeard(this.device, this.device.queue.onSubmittedWorkDone());
  }

  submit(commands: GPUCommandBuffer): void {
    this.counters.submits++;
    this.device.queue.submit([commands]);
  }

  dispose(): void {
    this.device.destroy();
  }
}

/** A GPU of these limits; WebGPU does not tell how much memory there is. */
export function gpuMemory(
  limits: Pick<DeviceMemory, 'maxStorageBufferBindingSize' | 'maxBufferSize'>,
): DeviceMemory {
  return {
    kind: 'gpu',
    ...limits,
    maxBytes: Infinity,
    planBytes: (calls) => uniformSlots(calls).slots * ALIGNMENT,
    ownBytes: (largestRead) => Math.min(READ_PIECE, largestRead),
  };
}

/** Every buffer that is given to this device was made by it. */
export function gpuBuffer(buffer: DeviceBuffer): GPUBuffer {
  return buffer as GPUBuffer;
}
