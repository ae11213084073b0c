// How a kernel's WebAssembly form finds what it was called with; src/devices/cpu/record.ts writes these records. A kernel is a function
// (call, part, scratch): it does part `part` of the call, with SCRATCH_BYTES of memory at `scratch` that no other thread uses.

/** Bytes of a record, and of the scratch memory of each thread. */
export const RECORD_BYTES: usize = 384;
export const SCRATCH_BYTES: usize = 1 << 20;

const VARIANT: usize = 8;
const BINDINGS: usize = 48;
const UNIFORMS: usize = 128;

/** The kernel's place in the function table. */
export function kernelOf(call: usize): u32 {
  return load<u32>(call);
}

/** What WGSL has built into its code: field i of `wasm.variant`. */
export function variant(call: usize, i: usize): u32 {
  return load<u32>(call + VARIANT + (i << 2));
}

/** The address of binding i, counted from 0. */
export function binding(call: usize, i: usize): usize {
  return <usize>load<u64>(call + BINDINGS + (i << 3));
}

export function uniform(call: usize, i: usize): u32 {
  return load<u32>(call + UNIFORMS + (i << 2));
}

export function uniformFloat(call: usize, i: usize): f32 {
  return load<f32>(call + UNIFORMS + (i << 2));
}
