import type { KernelCall, Slice, Uniform, WgslForm } from '../../kernels/kernel.ts';
import type { DevicePlan, RunOptions } from '../device.ts';
import { gpuBuffer, type Gpu } from './device.ts';
import type { Work } from './pacing.ts';

/** Offset alignment that every adapter guarantees for uniform and storage bindings. */
export const ALIGNMENT = 256;

/** A kernel that zeros buffers, as pacing counts it. */
const clearing = {};

interface Dispatch {
  label: string;
  work: Work;
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
 * A list of dispatches made once and run as often as wanted. What changes from run to run lies in buffers that the host
 * writes before (StepState, inputs).
 */
export class Plan implements DevicePlan {
  private constructor(
    private readonly gpu: Gpu,
    readonly calls: readonly GpuCall[],
    readonly dispatches: readonly Dispatch[],
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
      const work = { kernel: pipelines[i], amount: amountOf(call) };
      return { label: call.label, work, pipeline: pipelines[i], bindGroup, workgroups: call.wgsl.workgroups };
    });
    return new Plan(gpu, calls, dispatches, uniformBuffer);
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

/**
 * Runs plans one after the other, with the clears and copies around them, in as many submits as the GPU's pacing asks for: where a list is cut
 * changes nothing in what is computed. Resolves when the last piece is submitted.
 */
export async function runPlans(
  gpu: Gpu,
  plans: readonly Plan[],
  { clear = [], copy, abort }: RunOptions,
): Promise<void> {
  const { pieces } = gpu;
  const dispatches = plans.flatMap((plan) => plan.dispatches);
  const zeros = clear.reduce((sum, { size }) => sum + size, 0);
  // The zeros are the first piece of work.
  const first = zeros > 0 ? 1 : 0;
  const works = dispatches.map(({ work }) => work);
  if (first) works.unshift({ kernel: clearing, amount: zeros });
  const kept = abort ? plans.indexOf(abort.before as Plan) : plans.length;
  const ahead = kept < 0 ? plans : plans.slice(0, kept);
  const abortable = first + ahead.reduce((sum, plan) => sum + plan.dispatches.length, 0);
  let from = 0;
  do {
    await pieces.room();
    gpu.check();
    if (from < abortable) abort?.signal.throwIfAborted();
    const end = pieces.pacing.endOfPiece(works, from);
    const encoder = gpu.device.createCommandEncoder();
    if (from === 0) for (const buffer of clear) encoder.clearBuffer(gpuBuffer(buffer));
    encodeDispatches(gpu, encoder, dispatches.slice(Math.max(0, from - first), end - first));
    if (end === works.length && copy) {
      const { from: slice, to, offset } = copy;
      encoder.copyBufferToBuffer(gpuBuffer(slice.buffer), slice.offset, gpuBuffer(to), offset, slice.size);
    }
    pieces.submit(works.slice(from, end), encoder.finish());
    from = end;
  } while (from < works.length);
}

function encodeDispatches(gpu: Gpu, encoder: GPUCommandEncoder, dispatches: readonly Dispatch[]): void {
  if (dispatches.length === 0) return;
  const pass = encoder.beginComputePass();
  let current: GPUComputePipeline | null = null;
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
  }
  pass.end();
  gpu.counters.dispatches += dispatches.length;
}

/** FLOPs, or the bytes that it may touch where no FLOPs are counted. */
function amountOf({ flops, bindings }: KernelCall): number {
  return Math.max(1, flops?.executed ?? bindings.reduce((sum, { size }) => sum + size, 0));
}

function writeUniforms(data: ArrayBuffer, offset: number, uniforms: readonly Uniform[]): void {
  const view = new DataView(data);
  for (const [i, uniform] of uniforms.entries()) {
    if ('u32' in uniform) view.setUint32(offset + 4 * i, uniform.u32, true);
    else view.setFloat32(offset + 4 * i, uniform.f32, true);
  }
}
