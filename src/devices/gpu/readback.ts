import { gpuBuffer, type Gpu } from './device.ts';
import { whenHeard } from './piece-queue.ts';
import type { Slice } from '../../kernels/kernel.ts';

/** Bytes read at once: more would hold as much memory again beside what is read. */
export const READ_PIECE = 16 * 2 ** 20;

/** Reads GPU buffers through one staging buffer that grows and stays: one read at a time, in the order in which they are asked for. */
export class Readback {
  private staging: GPUBuffer | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly gpu: Gpu) {}

  /** The bytes of a slice after everything submitted so far. Throws what the device reported, its loss too. */
  read(slice: Slice): Promise<ArrayBuffer> {
    const found = this.last
      .then(() => this.copy(slice))
      .catch(async (error: unknown) => {
        throw await this.gpu.causeOf(error);
      });
    this.last = found.catch(() => {});
    return found;
  }

  private async copy({ buffer, offset, size }: Slice): Promise<ArrayBuffer> {
    const { gpu } = this;
    gpu.check();
    const staging = this.stagingOf(Math.min(size, READ_PIECE));
    const data = new Uint8Array(size);
    for (let at = 0; at < size; at += READ_PIECE) {
      const length = Math.min(READ_PIECE, size - at);
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(gpuBuffer(buffer), offset + at, staging, 0, length);
      gpu.submit(encoder.finish());
      await whenHeard(gpu.device, staging.mapAsync(GPUMapMode.READ, 0, length));
      data.set(new Uint8Array(staging.getMappedRange(0, length)), at);
      staging.unmap();
    }
    gpu.check();
    return data.buffer;
  }

  private stagingOf(size: number): GPUBuffer {
    if (!this.staging || this.staging.size < size) {
      if (this.staging) this.gpu.destroyBuffer(this.staging);
      this.staging = this.gpu.createBuffer(
        'staging',
        size,
        GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      );
    }
    return this.staging;
  }
}
