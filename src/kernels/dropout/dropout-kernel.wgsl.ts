import type { WgslForm } from '../kernel.ts';
import { GROUP_INDEX_WGSL, grid } from '../wgsl/grid.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';
import { DROPOUT_WGSL } from './mask.wgsl.ts';

const THREADS = 64;

export function dropoutWgsl(length: number): WgslForm {
  return {
    code: /* wgsl */ `
${STEP_STATE_WGSL}${DROPOUT_WGSL}${GROUP_INDEX_WGSL}
struct Uniforms { length: u32, site: u32, dropout: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> state: StepState;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let i = group_index(group) * ${THREADS}u + t;
  if (i >= u.length) { return; }
  y[i] = x[i] * dropout_scale(dropout_key(state.seed, state.micro_batch, u.site), i, u.dropout);
}`,
    workgroups: grid(Math.ceil(length / THREADS)),
  };
}
