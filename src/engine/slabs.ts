import type { Device } from '../devices/device.ts';
import type { DeviceBuffer } from '../kernels/kernel.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { Layout } from './layout.ts';

/** One set of slabs on a device: the weights, their gradients, or one of the moments. Zero at first. */
export class Slabs {
  readonly buffers: readonly DeviceBuffer[];

  constructor(
    private readonly device: Device,
    private readonly layout: Layout,
    label: string,
  ) {
    this.buffers = layout.slabs.map(({ length }) => device.createBuffer(label, 4 * length));
  }

  /** Throws RangeError when a tensor is missing or has another length: the checkpoint's loader has checked both. */
  write(tensors: NamedTensors): void {
    for (const [name, { slab, offset, length }] of this.layout.parameters) {
      const tensor = tensors.get(name);
      if (tensor?.data.length !== length) throw new RangeError(`no tensor ${name} of ${length} elements`);
      this.device.write(this.buffers[slab], 4 * offset, tensor.data);
    }
  }

  async read(): Promise<NamedTensors> {
    const tensors: NamedTensors = new Map();
    const slabs: Float32Array[] = [];
    for (const [slab, { length }] of this.layout.slabs.entries()) {
      const slice = { buffer: this.buffers[slab], offset: 0, size: 4 * length };
      slabs.push(new Float32Array(await this.device.read(slice)));
    }
    for (const [name, { slab, offset, length, shape }] of this.layout.parameters) {
      tensors.set(name, { shape: [...shape], data: slabs[slab].slice(offset, offset + length) });
    }
    return tensors;
  }

  dispose(): void {
    for (const buffer of this.buffers) this.device.destroyBuffer(buffer);
  }
}
