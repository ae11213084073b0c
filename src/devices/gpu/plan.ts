import type { KernelCall, Slice, Uniform, WgslForm } from '../../kernels/kernel.ts';
import type { DevicePlan, RunOptions } from '../device.ts';
import { gpuBuffer, type Gpu } from './device.ts';

/** Offset alignment that every adapter guarantees for uniform and storage bindings. */
export const ALIGNMENT = 256;

interface Dispatch {
  label: string;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: readonly [number, number, number];
}

type GpuCall = KernelCall & { wgsl: WgslForm };

const isOurs = (call: KernelCall): call is GpuCall =>
  call.wgsl !== null && call.wgsl.workgroups.every((count) => count > 0);

/** Calls with equal uniforms share a slot of 256 bytes. */
export function uniformSlots(allCalls: readonly KernelCall[]): { slots: number; slotOf: number[] } {
  const calls = allCalls.filter(isOurs);
  const slots = new Map<string, number>();
  const slotOf = calls.map(({ uniforms }) => {
    const key = JSON.stringify(uniforms);
    const slot = slots.get(key) ?? slots.size;
    slots.set(key, slot);
    return slot;
  });
  return { slots: slots.size, slotOf };
}

/**
 * A list of dispatches made once and run as often as wanted: one encoder, one compute pass, one submit. What changes
 * from run to run lies in buffers that the host writes before (StepState, inputs).
 */
export class Plan implements DevicePlan {
  private constructor(
    private readonly gpu: Gpu,
    readonly calls: readonly GpuCall[],
    private readonly dispatches: readonly Dispatch[],
    private readonly uniforms: GPUBuffer,
  ) {}

  /**
   * Compiles what is not compiled yet and makes the bind groups. Empty dispatches (0 workgroups) and calls without a form for this machine are
   * left out.
   */
  static async compile(gpu: Gpu, allCalls: readonly KernelCall[]): Promise<Plan> {
    const calls = allCalls.filter(isOurs);
    const pipelines = await Promise.all(calls.map(({ wgsl, label }) => gpu.pipeline(wgsl.code, label)));
    const { slots, slotOf } = uniformSlots(calls);
    const uniformBuffer = gpu.createBuffer(
      'plan uniforms',
      slots * ALIGNMENT,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    const data = new ArrayBuffer(Math.max(1, slots) * ALIGNMENT);
    for (const [i, { uniforms }] of calls.entries()) writeUniforms(data, slotOf[i] * ALIGNMENT, uniforms);
    gpu.device.queue.writeBuffer(uniformBuffer, 0, data);

    const dispatches = calls.map((call, i): Dispatch => {
      const uniformSlice = { buffer: uniformBuffer, offset: slotOf[i] * ALIGNMENT, size: ALIGNMENT };
      const slices: Slice[] =
        call.uniforms.length > 0 ? [uniformSlice, ...call.bindings] : [...call.bindings];
      const first = call.uniforms.length > 0 ? 0 : 1;
      const bindGroup = gpu.device.createBindGroup({
        label: call.label,
        layout: pipelines[i].getBindGroupLayout(0),
        entries: slices.map(({ buffer, offset, size }, at) => ({
          binding: first + at,
          resource: { buffer: gpuBuffer(buffer), offset, size },
        })),
      });
      return { label: call.label, pipeline: pipelines[i], bindGroup, workgroups: call.wgsl.workgroups };
    });
    return new Plan(gpu, calls, dispatches, uniformBuffer);
  }

  encode(pass: GPUComputePassEncoder): void {
    let current: GPUComputePipeline | null = null;
    for (const { pipeline, bindGroup, workgroups } of this.dispatches) {
      if (pipeline !== current) pass.setPipeline(pipeline);
      current = pipeline;
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    }
    this.gpu.counters.dispatches += this.dispatches.length;
  }

  /**
   * Runs every dispatch in a pass of its own between two timestamps. For the bench only: needs timestamp-query.
   * Gives nanoseconds per call, in the order of `calls`.
   */
  async runTimed(): Promise<number[]> {
    const { device } = this.gpu;
    const count = this.dispatches.length;
    const querySet = device.createQuerySet({ type: 'timestamp', count: 2 * count });
    const resolve = device.createBuffer({
      size: 16 * count,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const read = device.createBuffer({
      size: 16 * count,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = device.createCommandEncoder();
    for (const [i, { pipeline, bindGroup, workgroups }] of this.dispatches.entries()) {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
      pass.end();
    }
    encoder.resolveQuerySet(querySet, 0, 2 * count, resolve, 0);
    encoder.copyBufferToBuffer(resolve, 0, read, 0, 16 * count);
    this.gpu.submit(encoder.finish());
    await read.mapAsync(GPUMapMode.READ);
    const stamps = new BigInt64Array(read.getMappedRange().slice(0));
    for (const buffer of [resolve, read]) buffer.destroy();
    querySet.destroy();
    return this.dispatches.map((_, i) => Number(stamps[2 * i + 1] - stamps[2 * i]));
  }

  dispose(): void {
    this.gpu.destroyBuffer(this.uniforms);
  }
}

/** Runs plans one after the other in one compute pass and one submit, with the clears and copies around them. */
export function runPlans(gpu: Gpu, plans: readonly Plan[], { clear = [], copy }: RunOptions): void {
  const encoder = gpu.device.createCommandEncoder();
  for (const buffer of clear) encoder.clearBuffer(gpuBuffer(buffer));
  const pass = encoder.beginComputePass();
  for (const plan of plans) plan.encode(pass);
  pass.end();
  if (copy) {
    const { from, to, offset } = copy;
    encoder.copyBufferToBuffer(gpuBuffer(from.buffer), from.offset, gpuBuffer(to), offset, from.size);
  }
  gpu.submit(encoder.finish());
}

function writeUniforms(data: ArrayBuffer, offset: number, uniforms: readonly Uniform[]): void {
  const view = new DataView(data);
  for (const [i, uniform] of uniforms.entries()) {
    if ('u32' in uniform) view.setUint32(offset + 4 * i, uniform.u32, true);
    else view.setFloat32(offset + 4 * i, uniform.f32, true);
  }
}
