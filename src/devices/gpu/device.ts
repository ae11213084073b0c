import { ManabiError } from '../../errors/manabi-error.ts';

/** What can be counted without a clock; `npm run bench` prints it and tests hold it down. */
export interface GpuCounters {
  buffersCreated: number;
  pipelinesCompiled: number;
  dispatches: number;
  passes: number;
  submits: number;
  liveBytes: number;
  peakBytes: number;
}

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

/**
 * Our own GPUDevice with everything the adapter offers that we use, and an account of what is made on it.
 * An uncaptured error drops a whole command buffer silently (results are zeros), so it is fatal: `check()` throws it.
 */
export class Gpu {
  readonly counters: GpuCounters = {
    buffersCreated: 0,
    pipelinesCompiled: 0,
    dispatches: 0,
    passes: 0,
    submits: 0,
    liveBytes: 0,
    peakBytes: 0,
  };
  /** Resolves with the reason when the device is lost; after that no validation error is raised any more. */
  readonly lost: Promise<string>;
  private fatal: ManabiError | null = null;
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();

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

  /** Throws ManabiError gpu-unavailable (no WebGPU) or gpu-no-adapter (WebGPU, but no usable adapter). */
  static async open(gpu: GPU | undefined): Promise<Gpu> {
    if (!gpu) throw new ManabiError('gpu-unavailable', '');
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

  /** A buffer of at least `size` bytes (rounded up to 256), zeroed. Throws gpu-buffer-too-large. */
  createBuffer(label: string, size: number, usage: number): GPUBuffer {
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

  destroyBuffer(buffer: GPUBuffer): void {
    this.counters.liveBytes -= buffer.size;
    buffer.destroy();
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

  submit(commands: GPUCommandBuffer): void {
    this.counters.submits++;
    this.device.queue.submit([commands]);
  }

  dispose(): void {
    this.device.destroy();
  }
}
