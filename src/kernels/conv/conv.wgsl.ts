import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import { GELU_WGSL } from '../gelu/gelu.wgsl.ts';
import type { WgslForm } from '../kernel.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';
import { valueReader } from '../wgsl/storage.ts';

const THREADS = 64;

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

const COLUMNS_WGSL = `for (var k = 0u; k < u.kernel; k++) {
    let source = n + k;
    var value = 0.0;
    if (source >= reach && source - reach < u.N) { value = x_at((token + k - reach) * u.width + c); }
    y[i * u.kernel + k] = value;
  }`;

const COLUMNS_GRAD_WGSL = `var sum = 0.0;
  for (var k = 0u; k < u.kernel; k++) {
    let source = n + reach;
    if (source >= k && source - k < u.N) { sum += x_at(((token + reach - k) * u.width + c) * u.kernel + k); }
  }
  y[i] += sum;`;

/** `length`: elements of the activations; `half`: x is float16. */
export function convColumnsWgsl(length: number, half: boolean, gradient: boolean): WgslForm {
  return {
    code: start(gradient ? COLUMNS_GRAD_WGSL : COLUMNS_WGSL, half),
    workgroups: grid(Math.ceil(length / THREADS)),
  };
}

function activationWgsl(length: number, act: 'tanh' | 'gelu', declarations: string, body: string): WgslForm {
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
    workgroups: grid(Math.ceil(length / THREADS)),
  };
}

export function convActivationWgsl(length: number, act: 'tanh' | 'gelu'): WgslForm {
  return activationWgsl(
    length,
    act,
    `@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;`,
    'y[i] = residual[i] + act(value);',
  );
}

export function convActivationGradWgsl(length: number, act: 'tanh' | 'gelu'): WgslForm {
  return activationWgsl(
    length,
    act,
    `@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_residual: array<f32>;`,
    'dx[i] = dy[i] * act_grad(value) * scale;\n  d_residual[i] = dy[i];',
  );
}
