import type { KernelCall, Slice, Uniform, WasmForm } from '../../kernels/kernel.ts';

/** Offsets in a record of src/kernels/call.as.ts, in bytes. */
export const RECORD_BYTES = 384;
const KERNEL = 0;
const VARIANT = 8;
const BINDINGS = 48;
const UNIFORMS = 128;
const LARGEST = { variant: 8, bindings: 10, uniforms: 64 };

/** Writes a call as kernels read it. `kernel`: its place in the function table; `addressOf`: where a slice begins in the memory. */
export function writeRecord(
  view: DataView,
  at: number,
  call: KernelCall & { wasm: WasmForm },
  kernel: number,
  addressOf: (slice: Slice) => number,
): void {
  const { bindings, uniforms, wasm } = call;
  const variant = wasm.variant ?? [];
  const lists = { variant, bindings, uniforms };
  for (const [name, list] of Object.entries(lists)) {
    const most = LARGEST[name as keyof typeof LARGEST];
    if (list.length > most) throw new RangeError(`${call.label}: more than ${most} ${name}`);
  }
  view.setUint32(at + KERNEL, kernel, true);
  for (const [i, value] of variant.entries()) view.setUint32(at + VARIANT + 4 * i, value, true);
  for (const [i, slice] of bindings.entries()) {
    view.setBigUint64(at + BINDINGS + 8 * i, BigInt(addressOf(slice)), true);
  }
  writeUniforms(view, at + UNIFORMS, uniforms);
}

export function writeUniforms(view: DataView, at: number, uniforms: readonly Uniform[]): void {
  for (const [i, uniform] of uniforms.entries()) {
    if ('u32' in uniform) view.setUint32(at + 4 * i, uniform.u32, true);
    else view.setFloat32(at + 4 * i, uniform.f32, true);
  }
}
