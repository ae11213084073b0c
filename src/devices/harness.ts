// For kernel tests: arrays in, calls once, arrays out, on either machine.
import type { KernelCall, Slice } from '../kernels/kernel.ts';
import type { Device } from './device.ts';

export function upload(device: Device, data: Float32Array | Uint32Array | Int32Array): Slice {
  const buffer = device.createBuffer('test', data.byteLength);
  device.write(buffer, 0, data);
  return { buffer, offset: 0, size: Math.max(4, data.byteLength) };
}

/** Room for `length` 4-byte values, zeroed. */
export function allocate(device: Device, length: number): Slice {
  return upload(device, new Float32Array(length));
}

/** An even number of values as float16, rounded as the kernels round. */
export function uploadHalf(device: Device, data: Float32Array): Slice {
  const words = Uint32Array.from({ length: data.length / 2 }, (_, i) => {
    return float16Bits(data[2 * i]) | (float16Bits(data[2 * i + 1]) << 16);
  });
  return { ...upload(device, words), half: true };
}

export async function downloadHalf(device: Device, slice: Slice): Promise<Float32Array<ArrayBuffer>> {
  const words = new Uint32Array((await download(device, slice)).buffer);
  return Float32Array.from({ length: 2 * words.length }, (_, i) =>
    fromFloat16Bits((words[i >> 1] >>> (16 * (i & 1))) & 0xffff),
  );
}

/** Round to nearest, ties to even; small numbers become subnormal. */
function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -14)));
  const steps = magnitude / 2 ** (exponent - 10);
  const down = Math.floor(steps);
  const rounded = steps - down > 0.5 || (steps - down === 0.5 && down % 2 === 1) ? down + 1 : down;
  // A mantissa that rounds up to 2^11 carries into the exponent by itself.
  return sign | (rounded < 1024 ? rounded : ((exponent + 14) << 10) + rounded);
}

function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

export async function download(device: Device, slice: Slice): Promise<Float32Array<ArrayBuffer>> {
  return new Float32Array(await device.read(slice));
}

/** Runs the calls once and throws what the device reported. */
export async function runCalls(device: Device, calls: readonly KernelCall[]): Promise<void> {
  const plan = await device.compile(calls);
  await device.run([plan]);
  device.check();
  plan.dispose();
}
