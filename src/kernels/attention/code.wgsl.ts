// What the attention kernels share: tiles, uniforms, how a score and its probability are computed.
import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import { elementType, HALF_WGSL, loaded, stored, valueReader, type Access } from '../wgsl/storage.ts';

/** Each thread works on two of the owned rows, so that what it reads from workgroup memory is used twice. */
export const THREADS = 64;

const ROWS = 2;

/** Rows that a workgroup owns (queries, or keys in the second backward kernel): all tiles fit 16 KiB of workgroup memory. */
export function ownedRows(headSize: number): number {
  if (headSize <= 64) return 16;
  return headSize <= 128 ? 8 : 4;
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
  const own = ownedRows(headSize);
  const score = (table: string, row: string) => `${table}_at((first + ${row}) * u.R + column(i, j))`;
  return /* wgsl */ `
${DROPOUT_WGSL}${half ? HALF_WGSL : ''}
struct Uniforms { B: u32, N: u32, heads: u32, R: u32, site: u32, dropout: f32, inverse_scale: f32, vectors: u32, block: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
${declared.join('\n')}
const D = ${headSize}u;
const DV = ${Math.ceil(headSize / 4)}u;   // vectors per row,
const STRIDE = DV + 1u;                    // and one more so that rows lie in different banks
const OWN = ${own}u;
const LANES = ${lanesOf(headSize)}u;       // threads per pair of owned rows
const LOWEST = -3.4028234663852886e38;
// inputs: seed, micro-batch, column of every distance (2 N - 1), mask (B * N)
fn is_real(b: u32, n: u32) -> bool { return n < u.N && inputs[1u + 2u * u.N + b * u.N + n] != 0u; }
fn column(i: u32, j: u32) -> u32 { return inputs[2u + i + u.N - 1u - j]; }
fn relative_score(b: u32, head: u32, i: u32, j: u32) -> f32 {
  let first = (b * u.heads + head) * u.N;
  return ${[c2p && score('c2p', 'i'), p2c && score('p2c', 'j'), '0.0'].filter(Boolean).join(' + ')};
}
${[c2p && valueReader('c2p', half), p2c && valueReader('p2c', half)].filter(Boolean).join('')}
fn drop_key() -> u32 { return dropout_key(inputs[0], inputs[1], u.site); }
fn drop_scale(key: u32, b: u32, head: u32, i: u32, j: u32) -> f32 {
  if (u.dropout == 0.0) { return 1.0; }
  // Head-major, as the composed form lays its probabilities.
  return dropout_scale(key, ((head * u.B + b) * u.N + i) * u.N + j, u.dropout);
}
`;
}

function accessOf({ headSize, half }: Variant): Access {
  return half ? 'half' : headSize % 4 === 0 ? 'vector' : 'scalar';
}

/** load_x(row, column, v): the v-th vector of the head that begins at `column` of a row of `width` elements. */
export function loader(name: string, variant: Variant): string {
  const access = accessOf(variant);
  if (access !== 'scalar') {
    return /* wgsl */ `
fn load_${name}(row: u32, width: u32, column: u32, v: u32) -> vec4<f32> {
  return ${loaded(access, `${name}[((row * width + column) >> 2u) + v]`)};
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

/** Threads that share a pair of owned rows. */
export function lanesOf(headSize: number): number {
  return (ROWS * THREADS) / ownedRows(headSize);
}

export const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** `what` for both rows of a thread and `count` columns (lane, lane + LANES, ...): all named, nothing indexed. */
export function each(count: number, what: (row: number, part: number) => string): string {
  return [0, 1].flatMap((row) => range(count).map((part) => what(row, part))).join('\n    ');
}

/** Vectors of a row per thread. */
export function vectorsOf(headSize: number): number {
  return Math.ceil(Math.ceil(headSize / 4) / lanesOf(headSize));
}

// Loops over vectors and rows end at uniforms: with constants some drivers unroll them whole and compile for minutes.

/** Adds the products of rows r, r + 1 of `left` with rows lane + LANES * p of `right` to {name}{row}_{p}. */
export function dots(name: string, left: string, right: string, parts: number): string {
  return /* wgsl */ `
    ${each(parts, (e, p) => `var ${name}${e}_${p} = 0.0;`)}
    for (var v = 0u; v < u.vectors; v++) {
      let left0 = ${left}[r * STRIDE + v];
      let left1 = ${left}[(r + 1u) * STRIDE + v];
      ${range(parts)
        .map((p) => `let right${p} = ${right}[(lane + ${p}u * LANES) * STRIDE + v];`)
        .join('\n      ')}
      ${each(parts, (e, p) => `${name}${e}_${p} += dot(left${e}, right${p});`)}
    }`;
}

/** {sum}{row}_{a} += the sum over c of weights[row][c] * rows[c], for the vectors a of this thread. */
export function addWeighted(
  sum: string,
  weights: string,
  rows: string,
  count: string,
  headSize: number,
): string {
  const vectors = vectorsOf(headSize);
  return /* wgsl */ `
    {
      ${each(vectors, (e, a) => `var part${e}_${a} = vec4<f32>(0.0);`)}
      for (var c = 0u; c < u.block; c++) {
        let weight0 = ${weights}[r * ${count} + c];
        let weight1 = ${weights}[(r + 1u) * ${count} + c];
        ${range(vectors)
          .map((a) => `let row${a} = ${rows}[c * STRIDE + min(lane + ${a}u * LANES, DV - 1u)];`)
          .join('\n        ')}
        ${each(vectors, (e, a) => `part${e}_${a} += weight${e} * row${a};`)}
      }
      ${each(vectors, (e, a) => `${sum}${e}_${a} += part${e}_${a};`)}
    }`;
}

/** Writes {sum}{row}_{a} (times `factor`) to the rows first + r, first + r + 1 of a matrix. */
export function storeRows(
  name: string,
  sum: string,
  first: string,
  width: string,
  column: string,
  headSize: number,
  factor: (row: number) => string = () => '',
): string {
  return each(
    vectorsOf(headSize),
    (e, a) => `if (${first} + r + ${e}u < u.N && lane + ${a}u * LANES < DV) {
      store_${name}(b * u.N + ${first} + r + ${e}u, ${width}, ${column}, lane + ${a}u * LANES, ${sum}${e}_${a}${factor(e)});
    }`,
  );
}
