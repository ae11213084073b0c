// What the attention kernels share: tables, uniforms, and scores as products of blocks of queries and keys.
import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import { elementType, HALF_WGSL, loaded, stored, valueReader, type Access } from '../wgsl/storage.ts';

/** Queries of a block, and keys. */
export const BLOCK = 32;

/** 8 x 8, each with 4 queries and 4 keys of a block: thread t has queries 4 ty + ..., keys 4 tx + ... */
export const THREADS = 64;

/** Vectors of the head in a slice of workgroup memory: at most 4, so that a thread brings one block of 4 x 4; what pads the head least. */
function sliceVectors(headSize: number): number {
  const vectors = Math.ceil(headSize / 4);
  const padded = (slice: number) => Math.ceil(vectors / slice) * slice;
  return [4, 3, 2, 1].reduce((best, slice) => (padded(slice) < padded(best) ? slice : best));
}

/** The head as `blockProduct` pads it. */
export function paddedHead(headSize: number): number {
  const slice = 4 * sliceVectors(headSize);
  return Math.ceil(headSize / slice) * slice;
}

export interface Variant {
  headSize: number;
  c2p: boolean;
  p2c: boolean;
  /** All matrices and tables are float16; the head size is a multiple of 4. */
  half: boolean;
}

export interface Binding {
  name: string;
  /** matrix: vectors of 4 where the head size allows; table: [B, h, N, R]; both may be float16. Default: f32. */
  type?: 'matrix' | 'table' | 'u32';
  writable?: boolean;
}

/** The bindings of the scores of relative positions that the model has. */
export function relativeTables({ c2p, p2c }: Variant): Binding[] {
  const names = [...(c2p ? ['c2p'] : []), ...(p2c ? ['p2c'] : [])];
  return names.map((name) => ({ name, type: 'table' }));
}

/** The declarations all kernels begin with; the first binding is 1. */
export function header(variant: Variant, bindings: readonly Binding[]): string {
  const { headSize, c2p, p2c, half } = variant;
  const elements = { matrix: elementType[accessOf(variant)], table: half ? 'u32' : 'f32', u32: 'u32' };
  const declared = bindings.map(({ name, type, writable }, i) => {
    const element = type ? elements[type] : 'f32';
    const mode = writable ? 'read_write' : 'read';
    return `@group(0) @binding(${i + 1}) var<storage, ${mode}> ${name}: array<${element}>;`;
  });
  const score = (table: string, row: string) => `${table}_at((first + ${row}) * u.R + column(i, j))`;
  return /* wgsl */ `
${DROPOUT_WGSL}${half ? HALF_WGSL : ''}
struct Uniforms { B: u32, N: u32, heads: u32, R: u32, site: u32, dropout: f32, inverse_scale: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
${declared.join('\n')}
const D = ${headSize}u;
const DV = ${Math.ceil(headSize / 4)}u;   // vectors per row
const LOWEST = -3.4028234663852886e38;
// inputs: see attentionInputs
fn is_real(b: u32, n: u32) -> bool { return n < u.N && inputs[1u + 2u * u.N + b * u.N + n] != 0u; }
fn column(i: u32, j: u32) -> u32 { return inputs[2u + i + u.N - 1u - j]; }
fn relative_score(b: u32, head: u32, i: u32, j: u32) -> f32 {
  let first = (b * u.heads + head) * u.N;
  return ${[c2p && score('c2p', 'i'), p2c && score('p2c', 'j'), '0.0'].filter(Boolean).join(' + ')};
}
${[c2p && valueReader('c2p', half), p2c && valueReader('p2c', half)].filter(Boolean).join('')}
fn drop_key() -> u32 { return dropout_key(inputs[0], inputs[1], u.site); }
// Of keys j to j + 3. Head-major, as the composed form lays its probabilities.
fn drop_scale4(key: u32, b: u32, head: u32, i: u32, j: u32) -> vec4<f32> {
  if (u.dropout == 0.0) { return vec4<f32>(1.0); }
  return dropout_scale4(key, ((head * u.B + b) * u.N + i) * u.N + j, u.dropout);
}
`;
}

function accessOf({ headSize, half }: Variant): Access {
  return half ? 'half' : headSize % 4 === 0 ? 'vector' : 'scalar';
}

/** load_x(b, n, width, column, v): vector v of the head that begins at `column` of row n of batch b, rows of `width` elements; 0 outside. */
export function loader(name: string, variant: Variant): string {
  const access = accessOf(variant);
  if (access !== 'scalar') {
    return /* wgsl */ `
fn load_${name}(b: u32, n: u32, width: u32, column: u32, v: u32) -> vec4<f32> {
  if (n >= u.N || v >= DV) { return vec4<f32>(0.0); }
  return ${loaded(access, `${name}[(((b * u.N + n) * width + column) >> 2u) + v]`)};
}`;
  }
  return /* wgsl */ `
fn load_${name}(b: u32, n: u32, width: u32, column: u32, v: u32) -> vec4<f32> {
  if (n >= u.N || v >= DV) { return vec4<f32>(0.0); }
  let at = (b * u.N + n) * width + column + 4u * v;
  var x = vec4<f32>(${name}[at], 0.0, 0.0, 0.0);
  if (4u * v + 1u < D) { x.y = ${name}[at + 1u]; }
  if (4u * v + 2u < D) { x.z = ${name}[at + 2u]; }
  if (4u * v + 3u < D) { x.w = ${name}[at + 3u]; }
  return x;
}`;
}

export function storer(name: string, variant: Variant): string {
  const access = accessOf(variant);
  if (access !== 'scalar') {
    return /* wgsl */ `
fn store_${name}(row: u32, width: u32, column: u32, v: u32, x: vec4<f32>) {
  ${name}[((row * width + column) >> 2u) + v] = ${stored(access, 'x')};
}`;
  }
  return /* wgsl */ `
fn store_${name}(row: u32, width: u32, column: u32, v: u32, x: vec4<f32>) {
  let at = row * width + column + 4u * v;
  for (var e = 0u; e < 4u && 4u * v + e < D; e++) { ${name}[at + e] = x[e]; }
}`;
}

export const range = (count: number) => Array.from({ length: count }, (_, i) => i);
export const lanes = ['x', 'y', 'z', 'w'];

/** Workgroup memory for what is read next: two slices of `blockProduct`, at most 16 deep, are its largest use. */
export const TILE_VECTORS = (2 * 16 * BLOCK) / 4;
export const TILE = `var<workgroup> tile: array<vec4<f32>, ${TILE_VECTORS}>;`;

/** A matrix of one head: rows of `width` elements of which the head begins at `column`. */
export interface HeadMatrix {
  name: string;
  width: string;
  column: string;
}

export const queries: HeadMatrix = { name: 'qkv', width: '3u * H', column: 'head * D' };
export const keys: HeadMatrix = { name: 'qkv', width: '3u * H', column: 'H + head * D' };
export const values: HeadMatrix = { name: 'qkv', width: '3u * H', column: '2u * H + head * D' };
export const outputGradients: HeadMatrix = { name: 'd_context', width: 'H', column: 'head * D' };

/** The first lines of a kernel for a block of one head of one batch row. */
export const START = /* wgsl */ `
  let H = u.heads * D;
  let rows = (b * u.heads + head) * u.N;
  let tx = t % 8u;
  let ty = t / 8u;
  let key = drop_key();`;

/**
 * Lets {sum}0..3 be rows 4 ty + 0..3 of left right^T, columns 4 tx + 0..3, of BLOCK rows of either from `i0` and `j0` on. A slice is turned on its way to
 * workgroup memory, so that both factors are read as vectors of 4 rows.
 */
export function blockProduct(
  { headSize }: Variant,
  sum: string,
  [left, i0]: readonly [HeadMatrix, string],
  [right, j0]: readonly [HeadMatrix, string],
): string {
  const vectors = sliceVectors(headSize);
  const half = TILE_VECTORS / 2;
  const stage = ({ name, width, column }: HeadMatrix, first: string, to: number) => /* wgsl */ `
      ${range(4)
        .map((r) => `let r${r} = load_${name}(b, ${first} + 4u * line + ${r}u, ${width}, ${column}, v);`)
        .join('\n      ')}
      ${range(4)
        .map((c) => {
          const turned = range(4).map((r) => `r${r}.${lanes[c]}`);
          return `tile[${to}u + (4u * deep + ${c}u) * 8u + line] = vec4<f32>(${turned});`;
        })
        .join('\n      ')}`;
  return /* wgsl */ `
    ${range(4)
      .map((r) => `var ${sum}${r} = vec4<f32>(0.0);`)
      .join(' ')}
    for (var first = 0u; first < DV; first += ${vectors}u) {
      let line = t % 8u;
      let deep = (t / 8u) % 4u;
      let v = first + deep;
      if (deep < ${vectors}u) {
      if (t < 32u) {${stage(left, i0, 0)}
      } else {${stage(right, j0, half)}
      }
      }
      workgroupBarrier();
      for (var d = 0u; d < ${4 * vectors}u; d++) {
        let left = tile[d * 8u + ty];
        let right = tile[${half}u + d * 8u + tx];
        ${range(4)
          .map((r) => `${sum}${r} = fma(vec4<f32>(left.${lanes[r]}), right, ${sum}${r});`)
          .join('\n        ')}
      }
      workgroupBarrier();
    }`;
}
