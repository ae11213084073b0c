// What the convolution layer needs beside matrix products: the convolution itself is columns [T, width * kernel] times the
// weight as it is stored, [out, in * kernel].
import type { Drop } from '../dropout/dropout-kernel.ts';
import type { KernelCall, Slice } from '../kernel.ts';
import { cut, rowsOf } from '../parts.ts';
import { convActivationGradWgsl, convActivationWgsl, convColumnsWgsl } from './conv.wgsl.ts';

/** Elements of a part. */
const COLUMNS_PART = 16384;
const ACTIVATION_PART = 8192;

interface Columns {
  label: string;
  B: number;
  N: number;
  width: number;
  kernel: number;
  /** May be float16. */
  x: Slice;
  y: Slice;
}

function columnsCall(kernel: 'convColumns' | 'convColumnsGrad', options: Columns): KernelCall {
  const { label, B, N, width, x, y } = options;
  return {
    label,
    uniforms: [B * N, N, width, options.kernel].map((u32) => ({ u32 })),
    bindings: [x, y],
    wgsl: convColumnsWgsl(B * N * width, x.half === true, kernel === 'convColumnsGrad'),
    wasm: cut(kernel, B * N, rowsOf(COLUMNS_PART, width * options.kernel)),
  };
}

/** y[b, n, c * kernel + k] = x[b, n + k - reach, c], 0 outside the row; reach = (kernel - 1) / 2. */
export function convColumns(options: Columns): KernelCall {
  return columnsCall('convColumns', options);
}

/** y[b, n, c] += sum over k of x[b, n - k + reach, c * kernel + k]. */
export function convColumnsGrad(options: Columns): KernelCall {
  return columnsCall('convColumnsGrad', options);
}

export interface Activation {
  label: string;
  rows: number;
  width: number;
  act: 'tanh' | 'gelu';
  /** [rows, width]: the convolution without its bias. */
  x: Slice;
  bias: Slice;
  /** [rows] u32. */
  mask: Slice;
  drop: Drop;
}

function activationCall(
  kernel: 'convActivation' | 'convActivationGrad',
  { label, rows, width, act, x, bias, mask, drop }: Activation,
  rest: Slice[],
): Omit<KernelCall, 'wgsl'> {
  return {
    label,
    uniforms: [{ u32: rows * width }, { u32: width }, { u32: drop.site }, { f32: drop.dropout }],
    bindings: [x, bias, mask, drop.state, ...rest],
    wasm: cut(kernel, rows, rowsOf(ACTIVATION_PART, width), [Number(act === 'gelu')]),
  };
}

/** y = residual + act(dropout((x + bias) * mask)). */
export function convActivation(options: Activation & { residual: Slice; y: Slice }): KernelCall {
  const { rows, width, act, residual, y } = options;
  return {
    ...activationCall('convActivation', options, [residual, y]),
    wgsl: convActivationWgsl(rows * width, act),
  };
}

/** dx: gradient of the convolution; dResidual = dy. */
export function convActivationGrad(
  options: Activation & { dy: Slice; dx: Slice; dResidual: Slice },
): KernelCall {
  const { rows, width, act, dy, dx, dResidual } = options;
  return {
    ...activationCall('convActivationGrad', options, [dy, dx, dResidual]),
    wgsl: convActivationGradWgsl(rows * width, act),
  };
}
