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
  /** Holds float16 instead of float32 (storage.ts). */
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
}

export type Uniform = { u32: number } | { f32: number };

/**
 * Per-step values that kernels read from one 256-byte storage buffer (`StepState`), so that a recorded plan replays with new values.
 * Layout (4-byte fields): see STEP_STATE_WGSL.
 */
export const STEP_STATE_WGSL = /* wgsl */ `
struct StepState {
  learning_rate: f32,     // 0
  beta1: f32,             // 1
  beta2: f32,             // 2
  one_minus_beta1: f32,   // 3  computed in float64 on the host: 1 - beta in float32 costs 2e-6 of the update
  one_minus_beta2: f32,   // 4
  epsilon: f32,           // 5
  weight_decay: f32,      // 6
  bias_correction1: f32,  // 7  1 - beta1^t
  bias_correction2: f32,  // 8  1 - beta2^t
  max_grad_norm: f32,     // 9  0 = no clipping
  clip: f32,              // 10 written on the GPU by the global-norm kernel
  grad_norm: f32,         // 11 written on the GPU
  loss: f32,              // 12 accumulated on the GPU over micro-batches
  seed: u32,              // 13 dropout seed of this step
  micro_batch: u32,       // 14 index of the micro-batch: part of the dropout key
  gradient_scale: f32,    // 15 1 / number of micro-batches
  step: u32,              // 16
  log_beta1: f32,         // 17
  log_beta2: f32,         // 18
  unused: u32,            // 19
  // The scaling of the loss stays on the GPU from step to step; 1, 0, 0 without float16.
  loss_scale: f32,        // 20
  growth_tracker: u32,    // 21 steps since the scale last changed
  skipped_steps: u32,     // 22
  applies: u32,           // 23 0: this step's gradients overflowed, AdamW leaves everything as it is
}
`;
