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

  /** Beside the tensors no more than one slab is in memory. */
  async read(): Promise<NamedTensors> {
    const parameters = [...this.layout.parameters];
    const values = new Map<string, Float32Array>();
    for (const [slab, { length }] of this.layout.slabs.entries()) {
      const inside = parameters.filter(([, parameter]) => parameter.slab === slab);
      if (this.device.kind === 'cpu') {
        for (const [name, { offset, length }] of inside)
          values.set(name, await this.floats(slab, offset, length));
        continue;
      }
      // Every reading waits for the GPU.
      const whole = await this.floats(slab, 0, length);
      for (const [name, { offset, length }] of inside) values.set(name, whole.slice(offset, offset + length));
    }
    return new Map(
      parameters.map(([name, { shape }]) => [name, { shape: [...shape], data: values.get(name)! }]),
    );
  }

  private async floats(slab: number, offset: number, length: number): Promise<Float32Array> {
    const slice = { buffer: this.buffers[slab], offset: 4 * offset, size: 4 * length };
    return new Float32Array(await this.device.read(slice));
  }

  dispose(): void {
    for (const buffer of this.buffers) this.device.destroyBuffer(buffer);
  }
}
