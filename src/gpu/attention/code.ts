// What the attention kernels share: tiles, uniforms, how a score and its probability are computed.
import { DROPOUT_WGSL } from '../dropout/dropout-kernel.ts';

export const THREADS = 128;

/** Rows that a workgroup owns (queries, or keys in the second backward kernel): all tiles fit 16 KiB of workgroup memory. */
export function ownedRows(headSize: number): number {
  if (headSize <= 64) return 16;
  return headSize <= 128 ? 8 : 4;
}

export interface Variant {
  headSize: number;
  c2p: boolean;
  p2c: boolean;
}

export interface Binding {
  name: string;
  /** Declared with the element type of the matrices (vec4 where the head size allows). */
  vector?: boolean;
  type?: 'u32' | 'f32';
  writable?: boolean;
}

/** The declarations all kernels begin with; the first binding is 1. */
export function header({ headSize, c2p, p2c }: Variant, bindings: readonly Binding[]): string {
  const aligned = headSize % 4 === 0;
  const declared = bindings.map(({ name, vector, type, writable }, i) => {
    const element = vector && aligned ? 'vec4<f32>' : (type ?? 'f32');
    const mode = writable ? 'read_write' : 'read';
    return `@group(0) @binding(${i + 1}) var<storage, ${mode}> ${name}: array<${element}>;`;
  });
  const own = ownedRows(headSize);
  return /* wgsl */ `
${DROPOUT_WGSL}
struct Uniforms { B: u32, N: u32, heads: u32, R: u32, site: u32, dropout: f32, inverse_scale: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
${declared.join('\n')}
const D = ${headSize}u;
const DV = ${Math.ceil(headSize / 4)}u;   // vectors per row,
const STRIDE = DV + 1u;                    // and one more so that rows lie in different banks
const OWN = ${own}u;
const LANES = ${THREADS / own}u;           // threads per owned row
const PER = ${Math.ceil(Math.ceil(headSize / 4) / (THREADS / own))}u; // vectors of a row per thread
const LOWEST = -3.4028234663852886e38;
// inputs: seed, micro-batch, column of every distance (2 N - 1), mask (B * N)
fn is_real(b: u32, n: u32) -> bool { return n < u.N && inputs[1u + 2u * u.N + b * u.N + n] != 0u; }
fn column(i: u32, j: u32) -> u32 { return inputs[2u + i + u.N - 1u - j]; }
fn relative_score(b: u32, head: u32, i: u32, j: u32) -> f32 {
  let first = (b * u.heads + head) * u.N;
  return ${c2p ? 'c2p[(first + i) * u.R + column(i, j)]' : '0.0'}${p2c ? ' + p2c[(first + j) * u.R + column(i, j)]' : ''};
}
fn drop_key() -> u32 { return dropout_key(inputs[0], inputs[1], u.site); }
fn drop_scale(key: u32, b: u32, head: u32, i: u32, j: u32) -> f32 {
  if (u.dropout == 0.0) { return 1.0; }
  // Head-major, as the composed form lays its probabilities.
  return dropout_scale(key, ((head * u.B + b) * u.N + i) * u.N + j, u.dropout);
}
`;
}

/** load_x(row, column, v): the v-th vector of the head that begins at `column` of a row of `width` elements. */
export function loader(name: string, headSize: number): string {
  if (headSize % 4 === 0) {
    return /* wgsl */ `
fn load_${name}(row: u32, width: u32, column: u32, v: u32) -> vec4<f32> {
  return ${name}[((row * width + column) >> 2u) + v];
}`;
  }
  return /* wgsl */ `
fn load_${name}(row: u32, width: u32, column: u32, v: u32) -> vec4<f32> {
  let at = row * width + column + 4u * v;
  var x = vec4<f32>(${name}[at], 0.0, 0.0, 0.0);
  if (4u * v + 1u < D) { x.y = ${name}[at + 1u]; }
  if (4u * v + 2u < D) { x.z = ${name}[at + 2u]; }
  if (4u * v + 3u < D) { x.w = ${name}[at + 3u]; }
  return x;
}`;
}

export function storer(name: string, headSize: number): string {
  if (headSize % 4 === 0) {
    return /* wgsl */ `
fn store_${name}(row: u32, width: u32, column: u32, v: u32, x: vec4<f32>) {
  ${name}[((row * width + column) >> 2u) + v] = x;
}`;
  }
  return /* wgsl */ `
fn store_${name}(row: u32, width: u32, column: u32, v: u32, x: vec4<f32>) {
  let at = row * width + column + 4u * v;
  for (var e = 0u; e < 4u && 4u * v + e < D; e++) { ${name}[at + e] = x[e]; }
}`;
}

/** Copies `count` rows of one head from row `first` of batch b on into a tile; rows outside the sequence are 0. */
export function fill(
  tile: string,
  source: string,
  count: string,
  first: string,
  width: string,
  column: string,
) {
  return /* wgsl */ `
  for (var x = t; x < ${count} * DV; x += ${THREADS}u) {
    let n = ${first} + x / DV;
    var value = vec4<f32>(0.0);
    if (n < u.N) { value = load_${source}(b * u.N + n, ${width}, ${column}, x % DV); }
    ${tile}[(x / DV) * STRIDE + x % DV] = value;
  }`;
}

export function dotRows(left: string, leftRow: string, right: string, rightRow: string): string {
  return /* wgsl */ `
    var dot_sum = 0.0;
    for (var v = 0u; v < DV; v++) { dot_sum += dot(${left}[${leftRow} * STRIDE + v], ${right}[${rightRow} * STRIDE + v]); }`;
}
