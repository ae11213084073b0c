// What the convolution layer needs beside matrix products: the convolution itself is columns [T, width * kernel] times the
// weight as it is stored, [out, in * kernel].
import type { Drop } from '../dropout/dropout-kernel.ts';
import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import { GELU_WGSL } from '../gelu/gelu.wgsl.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import type { KernelCall, Slice } from '../kernel.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';
import { valueReader } from '../wgsl/storage.ts';

const THREADS = 64;

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

const start = (body: string, half: boolean) => /* wgsl */ `
${GROUP_INDEX_WGSL}
struct Uniforms { T: u32, N: u32, width: u32, kernel: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<${half ? 'u32' : 'f32'}>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${valueReader('x', half)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let i = group_index(group) * ${THREADS}u + t;
  if (i >= u.T * u.width) { return; }
  let token = i / u.width;
  let c = i % u.width;
  let n = token % u.N;
  let reach = (u.kernel - 1u) / 2u;
  ${body}
}`;

const columnsCall = (options: Columns, body: string): KernelCall => ({
  label: options.label,
  code: start(body, options.x.half === true),
  uniforms: [options.B * options.N, options.N, options.width, options.kernel].map((u32) => ({ u32 })),
  bindings: [options.x, options.y],
  workgroups: grid(Math.ceil((options.B * options.N * options.width) / THREADS)),
});

/** y[b, n, c * kernel + k] = x[b, n + k - reach, c], 0 outside the row. */
export function convColumns(options: Columns): KernelCall {
  return columnsCall(
    options,
    `for (var k = 0u; k < u.kernel; k++) {
    let source = n + k;
    var value = 0.0;
    if (source >= reach && source - reach < u.N) { value = x_at((token + k - reach) * u.width + c); }
    y[i * u.kernel + k] = value;
  }`,
  );
}

/** y[b, n, c] += sum over k of x[b, n - k + reach, c * kernel + k]. */
export function convColumnsGrad(options: Columns): KernelCall {
  return columnsCall(
    options,
    `var sum = 0.0;
  for (var k = 0u; k < u.kernel; k++) {
    let source = n + reach;
    if (source >= k && source - k < u.N) { sum += x_at(((token + reach - k) * u.width + c) * u.kernel + k); }
  }
  y[i] += sum;`,
  );
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

function activationCall(options: Activation, declarations: string, body: string, rest: Slice[]): KernelCall {
  const { label, rows, width, act, x, bias, mask, drop } = options;
  // tanh of WGSL is accurate to 1e-5 only.
  const functions =
    act === 'gelu'
      ? `${GELU_WGSL}
fn act(x: f32) -> f32 { return gelu(x); }
fn act_grad(x: f32) -> f32 { return gelu_grad(x); }`
      : `
fn act(x: f32) -> f32 {
  if (abs(x) < 0.25) {
    let s = x * x;
    return x * (1.0 + s * (-0.33333333333 + s * (0.13333333333 + s * (-0.053968253968 + s * 0.021869488536))));
  }
  return sign(x) * (1.0 - 2.0 / (exp(2.0 * min(abs(x), 20.0)) + 1.0));
}
fn act_grad(x: f32) -> f32 { let y = act(x); return 1.0 - y * y; }`;
  return {
    label,
    code: /* wgsl */ `
${STEP_STATE_WGSL}${DROPOUT_WGSL}${GROUP_INDEX_WGSL}${functions}
struct Uniforms { length: u32, width: u32, site: u32, dropout: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read> state: StepState;
${declarations}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let i = group_index(group) * ${THREADS}u + t;
  if (i >= u.length) { return; }
  var scale = f32(mask[i / u.width]);
  if (u.dropout > 0.0) {
    scale *= dropout_scale(dropout_key(state.seed, state.micro_batch, u.site), i, u.dropout);
  }
  let value = (x[i] + bias[i % u.width]) * scale;
  ${body}
}`,
    uniforms: [{ u32: rows * width }, { u32: width }, { u32: drop.site }, { f32: drop.dropout }],
    bindings: [x, bias, mask, drop.state, ...rest],
    workgroups: grid(Math.ceil((rows * width) / THREADS)),
  };
}

/** y = residual + act(dropout((x + bias) * mask)). */
export function convActivation(options: Activation & { residual: Slice; y: Slice }): KernelCall {
  return activationCall(
    options,
    `@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;`,
    'y[i] = residual[i] + act(value);',
    [options.residual, options.y],
  );
}

/** dx: gradient of the convolution; dResidual = dy. */
export function convActivationGrad(
  options: Activation & { dy: Slice; dx: Slice; dResidual: Slice },
): KernelCall {
  return activationCall(
    options,
    `@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_residual: array<f32>;`,
    'dx[i] = dy[i] * act_grad(value) * scale;\n  d_residual[i] = dy[i];',
    [options.dy, options.dx, options.dResidual],
  );
}
