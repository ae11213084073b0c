// For kernel tests: arrays in, dispatches once, arrays out.
import { Gpu } from './device.ts';
import type { KernelCall, Slice } from './kernel.ts';
import { Plan } from './plan.ts';

const storage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

export function upload(gpu: Gpu, data: Float32Array | Uint32Array | Int32Array): Slice {
  const buffer = gpu.createBuffer('test', data.byteLength, storage());
  gpu.device.queue.writeBuffer(buffer, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return { buffer, offset: 0, size: Math.max(4, data.byteLength) };
}

/** Room for `length` 4-byte values, zeroed. */
export function allocate(gpu: Gpu, length: number): Slice {
  return upload(gpu, new Float32Array(length));
}

export async function download(
  gpu: Gpu,
  { buffer, offset, size }: Slice,
): Promise<Float32Array<ArrayBuffer>> {
  const read = gpu.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset, read, 0, size);
  gpu.submit(encoder.finish());
  await read.mapAsync(GPUMapMode.READ);
  const data = new Float32Array(read.getMappedRange().slice(0));
  read.destroy();
  gpu.check();
  return data;
}

/** Runs the calls once and throws what the device reported. */
export async function runCalls(gpu: Gpu, calls: readonly KernelCall[]): Promise<void> {
  const plan = await Plan.compile(gpu, calls);
  plan.run();
  await gpu.device.queue.onSubmittedWorkDone();
  gpu.check();
  plan.dispose();
}
