import type { Gpu } from '../devices/gpu/device.ts';
import type { Readback } from '../devices/gpu/readback.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { Layout } from './layout.ts';

/** One set of slabs on the GPU: the weights, their gradients, or one of the moments. Zero at first. */
export class Slabs {
  readonly buffers: readonly GPUBuffer[];

  constructor(
    private readonly gpu: Gpu,
    private readonly layout: Layout,
    label: string,
  ) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.buffers = layout.slabs.map(({ length }) => gpu.createBuffer(label, 4 * length, usage));
  }

  /** Throws RangeError when a tensor is missing or has another length: the checkpoint's loader has checked both. */
  write(tensors: NamedTensors): void {
    for (const [name, { slab, offset, length }] of this.layout.parameters) {
      const tensor = tensors.get(name);
      if (tensor?.data.length !== length) throw new RangeError(`no tensor ${name} of ${length} elements`);
      this.gpu.device.queue.writeBuffer(
        this.buffers[slab],
        4 * offset,
        tensor.data as Float32Array<ArrayBuffer>,
      );
    }
  }

  async read(readback: Readback): Promise<NamedTensors> {
    const tensors: NamedTensors = new Map();
    const slabs: Float32Array[] = [];
    for (const [slab, { length }] of this.layout.slabs.entries()) {
      const slice = { buffer: this.buffers[slab], offset: 0, size: 4 * length };
      slabs.push(new Float32Array(await readback.read(slice)));
    }
    for (const [name, { slab, offset, length, shape }] of this.layout.parameters) {
      tensors.set(name, { shape: [...shape], data: slabs[slab].slice(offset, offset + length) });
    }
    return tensors;
  }

  dispose(): void {
    for (const buffer of this.buffers) this.gpu.destroyBuffer(buffer);
  }
}
