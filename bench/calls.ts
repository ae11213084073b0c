import type { Gpu } from '../src/devices/gpu/device.ts';

/** What WebGPU is asked to do, counted at its interface: the same count for our kernels and for tfjs's. */
export interface Calls {
  dispatches: number;
  passes: number;
  submits: number;
  maps: number;
}

/** Counts from now on, on every device. */
export function countCalls({ device }: Gpu): Calls {
  const calls: Calls = { dispatches: 0, passes: 0, submits: 0, maps: 0 };
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.end();
  encoder.finish();
  const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ });
  count(pass, 'dispatchWorkgroups', () => calls.dispatches++);
  count(encoder, 'beginComputePass', () => calls.passes++);
  // One of nothing only asks how far the GPU is.
  count(device.queue, 'submit', ([commands]) => (calls.submits += (commands as unknown[]).length));
  count(buffer, 'mapAsync', () => calls.maps++);
  buffer.destroy();
  return calls;
}

function count<T extends object>(
  object: T,
  method: keyof T & string,
  add: (values: unknown[]) => void,
): void {
  const prototype = Object.getPrototypeOf(object) as Record<string, (...values: unknown[]) => unknown>;
  const original = prototype[method];
  prototype[method] = function counted(this: unknown, ...values: unknown[]) {
    add(values);
    return original.apply(this, values);
  };
}
