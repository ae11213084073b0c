/** Memory of a device: a GPUBuffer, or a part of the WebAssembly memory. */
export interface DeviceBuffer {
  /** Bytes. */
  readonly size: number;
}

/** A part of a buffer; offset and size in bytes, offset a multiple of 256. */
export interface Slice {
  buffer: DeviceBuffer;
  offset: number;
  size: number;
  /** Holds float16 instead of float32 (wgsl/storage.ts). */
  half?: boolean;
}

/**
 * One call of a kernel, for either machine. What both read: `uniforms` (a struct of u32 or f32 fields in the order given, at most 64) and
 * `bindings` (at most 8 beside each other).
 */
export interface KernelCall {
  label: string;
  uniforms: readonly Uniform[];
  bindings: readonly Slice[];
  /** null: the other machine does this in a call of its own. */
  wgsl: WgslForm | null;
  wasm: WasmForm | null;
  /** Multiply-adds count as 2; for the bench's executed and necessary FLOPs. */
  flops?: { executed: number; necessary: number };
}

/**
 * `code` (entry point `main`) is at once the key of the pipeline cache, so shapes go into the uniforms, not into the code, unless they
 * change how the kernel is built. Group 0: binding 0 is the uniform struct, then the bindings from 1 on.
 */
export interface WgslForm {
  code: string;
  workgroups: readonly [number, number, number];
}

/**
 * A function of kernels.as.ts by its name. `parts` pieces of work that may be done in any order on any thread: cut by shape, never by the
 * number of threads, so that every sum is the same on 1 thread and on 16. `variant`: what WGSL has built into its code, at most 8 u32.
 */
export interface WasmForm {
  kernel: string;
  parts: number;
  variant?: readonly number[];
  /** FLOPs, where they are not those of the WGSL form. */
  executed?: number;
}

export type Uniform = { u32: number } | { f32: number };
