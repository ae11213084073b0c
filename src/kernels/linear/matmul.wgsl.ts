// WGSL of the matrix product: C = op(A) op(B), register-tiled; sums in float32 however the matrices are stored.
import { DROPOUT_WGSL } from '../dropout/mask.wgsl.ts';
import { GELU_WGSL } from '../gelu/gelu.wgsl.ts';
import { STEP_STATE_WGSL } from '../wgsl/step-state.ts';
import { elementType, HALF_WGSL, loaded, stored, type Access } from '../wgsl/storage.ts';
import { threadsOf, type Tile } from './tile.ts';

/** What is built into the code; everything else is a uniform. */
export interface Build {
  tile: Tile;
  transposeA: boolean;
  transposeB: boolean;
  /** How each matrix is read and written; what is laid out as C (`beside`) may be stored otherwise. */
  access: { a: Access; b: Access; c: Access; beside: Access };
  epilogue: Epilogue;
}

/**
 * What is done with the product v: nothing, + bias, gelu(v + bias) (a second matrix keeps gelu'(v + bias)), v * factor,
 * residual + dropout(v + bias), dropout(v), or the sums of A's columns beside it (bias gradient).
 */
export type Epilogue =
  | { kind: 'plain' }
  | { kind: 'bias' }
  | { kind: 'gelu'; keepSlope: boolean }
  | { kind: 'factor' }
  | { kind: 'residual' }
  | { kind: 'dropout' }
  | { kind: 'column-sums' };

const lanes = ['x', 'y', 'z', 'w'];
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Bindings from 1 on: a, b, c, then what the epilogue needs (see `extraBindings`). */
export function matmulCode(build: Build): string {
  const { tile, access, epilogue } = build;
  const state = epilogue.kind === 'residual' || epilogue.kind === 'dropout';
  return /* wgsl */ `
${UNIFORMS}
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<${elementType[access.a]}>;
@group(0) @binding(2) var<storage, read> b: array<${elementType[access.b]}>;
@group(0) @binding(3) var<storage, read_write> c: array<${elementType[access.c]}>;
${extraBindings(epilogue, elementType[access.beside])}
${Object.values(access).includes('half') ? HALF_WGSL : ''}
${state ? STEP_STATE_WGSL + DROPOUT_WGSL : ''}
${epilogue.kind === 'gelu' ? GELU_WGSL : ''}
${loader('a', build.transposeA ? 'u.K' : 'u.M', build.transposeA ? 'u.M' : 'u.K', access.a)}
${loader('b', build.transposeB ? 'u.N' : 'u.K', build.transposeB ? 'u.K' : 'u.N', access.b)}
${accessors('c', access.c)}
${epilogue.kind === 'gelu' && epilogue.keepSlope ? accessors('slope', access.beside) : ''}
${epilogue.kind === 'factor' ? accessors('factor', access.beside, false) : ''}
${epilogue.kind === 'residual' ? accessors('residual', access.beside, false) : ''}
${finish(epilogue)}
${tile.depth > 0 ? sharedMain(build) : registerMain(build)}
`;
}

/** In the order in which `matmul` writes them. Counts are in elements. */
const UNIFORMS = /* wgsl */ `
struct Uniforms {
  M: u32, N: u32, K: u32,
  lda: u32, ldb: u32, ldc: u32,
  a_offset: u32, a_batch: u32, a_head: u32, a_sum: u32,
  b_offset: u32, b_batch: u32, b_head: u32, b_sum: u32,
  c_offset: u32, c_batch: u32, c_head: u32,
  heads: u32,
  sums: u32,         // products added up (batches whose contributions share one C)
  chunk: u32,        // K is walked in chunks,
  flush: u32,        // and every so many chunks the partial sum goes to C: short sums round less
  accumulate: u32,   // 1: C += product
  site: u32,         // of the dropout; element (m, n) has index drop_offset + m * N + n
  drop_offset: u32,
  vector_offset: u32, // of the bias or the column sums,
  vector_head: u32,   // of the column sums per head
  dropout: f32,
}`;

function extraBindings({ kind, ...rest }: Epilogue, element: string): string {
  const bias = `@group(0) @binding(4) var<storage, read> bias: array<f32>;`;
  switch (kind) {
    case 'plain':
      return '';
    case 'bias':
      return bias;
    case 'gelu':
      return 'keepSlope' in rest && rest.keepSlope
        ? `${bias}\n@group(0) @binding(5) var<storage, read_write> slope: array<${element}>;`
        : bias;
    case 'factor':
      return `@group(0) @binding(4) var<storage, read> factor: array<${element}>;`;
    case 'residual':
      return `${bias}
@group(0) @binding(5) var<storage, read> residual: array<${element}>;
@group(0) @binding(6) var<storage, read> state: StepState;`;
    case 'dropout':
      return `@group(0) @binding(4) var<storage, read> state: StepState;`;
    case 'column-sums':
      return `@group(0) @binding(4) var<storage, read_write> column_sums: array<f32>;`;
  }
}

/** load_x(base, row, column): 4 neighbours of one row of the matrix as stored, 0 outside it. */
function loader(name: string, rows: string, columns: string, access: Access): string {
  const inside =
    access === 'scalar'
      ? `let at = base + row * u.ld${name} + column;
  var v = vec4<f32>(${name}[at], 0.0, 0.0, 0.0);
  if (column + 1u < ${columns}) { v.y = ${name}[at + 1u]; }
  if (column + 2u < ${columns}) { v.z = ${name}[at + 2u]; }
  if (column + 3u < ${columns}) { v.w = ${name}[at + 3u]; }
  return v;`
      : `return ${loaded(access, `${name}[(base + row * u.ld${name} + column) >> 2u]`)};`;
  return /* wgsl */ `
fn load_${name}(base: u32, row: u32, column: u32) -> vec4<f32> {
  if (row >= ${rows} || column >= ${columns}) { return vec4<f32>(0.0); }
  ${inside}
}`;
}

/** get_x(at, count) and set_x(at, count, v): 4 neighbours of which the first \`count\` exist. */
function accessors(name: string, access: Access, writable = true): string {
  if (access !== 'scalar') {
    return /* wgsl */ `
fn get_${name}(at: u32, count: u32) -> vec4<f32> { return ${loaded(access, `${name}[at >> 2u]`)}; }
${writable ? `fn set_${name}(at: u32, count: u32, v: vec4<f32>) { ${name}[at >> 2u] = ${stored(access, 'v')}; }` : ''}`;
  }
  return /* wgsl */ `
fn get_${name}(at: u32, count: u32) -> vec4<f32> {
  var v = vec4<f32>(${name}[at], 0.0, 0.0, 0.0);
  if (count > 1u) { v.y = ${name}[at + 1u]; }
  if (count > 2u) { v.z = ${name}[at + 2u]; }
  if (count > 3u) { v.w = ${name}[at + 3u]; }
  return v;
}
${
  writable
    ? `fn set_${name}(at: u32, count: u32, v: vec4<f32>) {
  ${name}[at] = v.x;
  if (count > 1u) { ${name}[at + 1u] = v.y; }
  if (count > 2u) { ${name}[at + 2u] = v.z; }
  if (count > 3u) { ${name}[at + 3u] = v.w; }
}`
    : ''
}`;
}

/** finish(): adds a partial sum to C, or, with \`last\`, applies the epilogue to the whole sum. */
function finish(epilogue: Epilogue): string {
  const bias = `let first = u.vector_offset + n;
  var w = vec4<f32>(bias[first], 0.0, 0.0, 0.0);
  if (count > 1u) { w.y = bias[first + 1u]; }
  if (count > 2u) { w.z = bias[first + 2u]; }
  if (count > 3u) { w.w = bias[first + 3u]; }
  v += w;`;
  const drop = `if (u.dropout > 0.0) { v *= dropout_scale4(dropout_key(state.seed, state.micro_batch, u.site), u.drop_offset + m * u.N + n, u.dropout); }`;
  const last: Record<Epilogue['kind'], string> = {
    plain: '',
    'column-sums': '',
    bias,
    gelu: `${bias}
  let below = vec4<f32>(phi(v.x), phi(v.y), phi(v.z), phi(v.w));${epilogue.kind === 'gelu' && epilogue.keepSlope ? '\n  set_slope(at, count, gelu_slope(v, below));' : ''}
  v *= below;`,
    factor: 'v *= get_factor(at, count);',
    residual: `${bias}
  ${drop}
  v += get_residual(at, count);`,
    dropout: drop,
  };
  // Only dropout cannot be told apart from what C held before: its sums are never cut (see matmul).
  const added = epilogue.kind === 'dropout';
  return /* wgsl */ `
fn finish(base: u32, m: u32, n: u32, sum: vec4<f32>, add: bool, last: bool) {
  if (m >= u.M || n >= u.N) { return; }
  let count = u.N - n;
  let at = base + m * u.ldc + n;
  var v = sum;
  ${added ? '' : 'if (add) { v += get_c(at, count); }'}
  if (last) {
  ${last[epilogue.kind]}
  }
  ${added ? 'if (add) { v += get_c(at, count); }' : ''}
  set_c(at, count, v);
}`;
}

/** Lets p0..p3 be the vectors over 4 rows of op(A) (columns of op(B)) from \`line\` on at depths k..k+3. */
function block(p: string, name: 'a' | 'b', alongLine: boolean, line: string, k: string): string {
  const base = `${name}_base`;
  if (alongLine) {
    return range(4)
      .map((c) => `let ${p}${c} = load_${name}(${base}, ${k} + ${c}u, ${line});`)
      .join('\n');
  }
  const rows = range(4).map((r) => `let ${p}r${r} = load_${name}(${base}, ${line} + ${r}u, ${k});`);
  const turned = range(4).map(
    (c) => `let ${p}${c} = vec4<f32>(${range(4).map((r) => `${p}r${r}.${lanes[c]}`)});`,
  );
  return [...rows, ...turned].join('\n');
}

/** Accumulators c{row}_{group of 4 columns}, all named: dynamic indexing would put them into memory. */
function accumulators(tile: Tile, what: (row: number, group: number) => string): string {
  return range(tile.threadRows)
    .map((row) =>
      range(tile.threadColumns / 4)
        .map((g) => what(row, g))
        .join(' '),
    )
    .join('\n');
}

function multiplyAdd(tile: Tile, a: (group: number) => string, b: (group: number) => string): string {
  return accumulators(
    tile,
    (row, g) => `c${row}_${g} = fma(vec4<f32>(${a(row >> 2)}.${lanes[row & 3]}), ${b(g)}, c${row}_${g});`,
  );
}

/** The walk over sums and chunks that both forms share; \`inner\` adds one chunk from k_start to k_end. */
function walk(build: Build, inner: string, row: (r: number) => string, column: (g: number) => string) {
  const { tile, epilogue } = build;
  const sums = epilogue.kind === 'column-sums';
  const lanes = tile.depth === 0 ? 'mat4x4<f32>' : 'vec4<f32>';
  return /* wgsl */ `
  ${accumulators(tile, (r, g) => `var c${r}_${g} = vec4<f32>(0.0);`)}
  ${sums ? `var part = ${lanes}(); var total = ${lanes}();` : ''}
  let chunks = (u.K + u.chunk - 1u) / u.chunk;
  var pending = 0u;
  var add = u.accumulate == 1u;
  for (var s = 0u; s < u.sums; s++) {
    let a_base = a_start + s * u.a_sum;
    let b_base = b_start + s * u.b_sum;
    for (var chunk = 0u; chunk < chunks; chunk++) {
      let k_start = chunk * u.chunk;
      let k_end = min(u.K, k_start + u.chunk);
      ${inner}
      pending++;
      let last = s + 1u == u.sums && chunk + 1u == chunks;
      if (last || pending == u.flush) {
        ${accumulators(tile, (r, g) => `finish(c_start, ${row(r)}, ${column(g)}, c${r}_${g}, add, last);`)}
        ${accumulators(tile, (r, g) => `c${r}_${g} = vec4<f32>(0.0);`)}
        add = true;
        pending = 0u;
      }
    }
  }
  ${sums ? 'total += part;' : ''}`;
}

/**
 * Column sums are added as PyTorch adds them: row k to lane k % 4, the lanes in stages of 16 rows each. The gradient of the
 * head's bias is nothing but what rounding leaves, so it is least far from PyTorch's in the same order.
 */
const addStage = (next: string, lanes: string) => /* wgsl */ `
          if (((${next}) & 63u) == 0u) { total += part; part = ${lanes}(); }`;

const START = /* wgsl */ `
  let batch = group.z / u.heads;
  let head = group.z % u.heads;
  let a_start = u.a_offset + batch * u.a_batch + head * u.a_head;
  let b_start = u.b_offset + batch * u.b_batch + head * u.b_head;
  let c_start = u.c_offset + batch * u.c_batch + head * u.c_head;`;

function sharedMain(build: Build): string {
  const { tile, transposeA, transposeB, epilogue } = build;
  const { rows, columns, threadRows, threadColumns, depth } = tile;
  const threads = threadsOf(tile);
  const across = columns / threadColumns;
  const groupsA = threadRows / 4;
  const groupsB = threadColumns / 4;
  const lineA = rows / 4;
  const lineB = columns / 4;
  // One block of 4 x 4 per thread; a block is turned in registers so that workgroup memory sees only whole vectors.
  const stage = (name: 'a' | 'b', alongLine: boolean, line: number, first: string) => {
    const blocks = (line * depth) / 4;
    const body = `
      let line_${name} = (t % ${line}u);
      let depth_${name} = (t / ${line}u) * 4u;
      ${block(`g${name}`, name, alongLine, `${first} + line_${name} * 4u`, `k0 + depth_${name}`)}
      ${range(4)
        .map((c) => `tile_${name}[(depth_${name} + ${c}u) * ${line}u + line_${name}] = g${name}${c};`)
        .join('\n')}`;
    return blocks < threads ? `if (t < ${blocks}u) {${body}}` : `{${body}}`;
  };
  const row = (r: number) => `m0 + ${(r >> 2) * (rows / groupsA) + (r & 3)}u + ty * 4u`;
  const column = (g: number) => `n0 + ${g * (columns / groupsB)}u + tx * 4u`;
  const sums = epilogue.kind === 'column-sums';
  const inner = /* wgsl */ `
      for (var k0 = k_start; k0 < k_end; k0 += ${depth}u) {
        ${stage('a', transposeA, lineA, 'm0')}
        ${stage('b', !transposeB, lineB, 'n0')}
        workgroupBarrier();
        for (var k = 0u; k < ${depth}u; k++) {
          ${range(groupsA)
            .map((g) => `let a${g} = tile_a[k * ${lineA}u + ${(g * lineA) / groupsA}u + ty];`)
            .join('\n')}
          ${range(groupsB)
            .map((g) => `let b${g} = tile_b[k * ${lineB}u + ${(g * lineB) / groupsB}u + tx];`)
            .join('\n')}
          ${multiplyAdd(
            tile,
            (g) => `a${g}`,
            (g) => `b${g}`,
          )}
        }
        ${
          sums
            ? `if (group.x == 0u && t < ${rows}u) {
          for (var k = t >> 2u; k < ${depth * lineA}u; k += ${4 * lineA}u) {
            part += vec4<f32>(${range(4).map((lane) => `tile_a[k + ${lane * lineA}u][t & 3u]`)});
          }
          ${addStage(`k0 + ${depth}u`, 'vec4<f32>')}
        }`
            : ''
        }
        workgroupBarrier();
      }`;
  return /* wgsl */ `
var<workgroup> tile_a: array<vec4<f32>, ${depth * lineA}>;
var<workgroup> tile_b: array<vec4<f32>, ${depth * lineB}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  ${START}
  let m0 = group.y * ${rows}u;
  let n0 = group.x * ${columns}u;
  let tx = t % ${across}u;
  let ty = t / ${across}u;
  ${walk(build, inner, row, column)}
  ${
    sums
      ? `let m = m0 + t;
  if (group.x == 0u && t < ${rows}u && m < u.M) {
    let at = u.vector_offset + head * u.vector_head + m;
    var sum = total.x + total.y + total.z + total.w;
    if (u.accumulate == 1u) { sum += column_sums[at]; }
    column_sums[at] = sum;
  }`
      : ''
  }
}`;
}

function registerMain(build: Build): string {
  const { tile, transposeA, transposeB, epilogue } = build;
  const across = tile.columns / tile.threadColumns;
  const groupsA = tile.threadRows / 4;
  const groupsB = tile.threadColumns / 4;
  const row = (r: number) => `m0 + ${r}u`;
  const column = (g: number) => `n0 + ${4 * g}u`;
  const sums = epilogue.kind === 'column-sums';
  const inner = /* wgsl */ `
      for (var k = k_start; k < k_end; k += 4u) {
        ${range(groupsA)
          .map((g) => block(`a${g}_`, 'a', transposeA, `m0 + ${4 * g}u`, 'k'))
          .join('\n')}
        ${range(groupsB)
          .map((g) => block(`b${g}_`, 'b', !transposeB, `n0 + ${4 * g}u`, 'k'))
          .join('\n')}
        ${range(4)
          .map((k) =>
            multiplyAdd(
              tile,
              (g) => `a${g}_${k}`,
              (g) => `b${g}_${k}`,
            ),
          )
          .join('\n')}
        ${sums ? `part += mat4x4<f32>(a0_0, a0_1, a0_2, a0_3);${addStage('k + 4u', 'mat4x4<f32>')}` : ''}
      }`;
  return /* wgsl */ `
@compute @workgroup_size(${threadsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  ${START}
  let m0 = group.y * ${tile.rows}u + (t / ${across}u) * ${tile.threadRows}u;
  let n0 = group.x * ${tile.columns}u + (t % ${across}u) * ${tile.threadColumns}u;
  if (m0 >= u.M || n0 >= u.N) { return; }
  ${walk(build, inner, row, column)}
  ${
    sums
      ? `if (n0 == 0u) {
    var sum = total[0] + total[1] + total[2] + total[3];
    for (var r = 0u; r < 4u && m0 + r < u.M; r++) {
      let at = u.vector_offset + head * u.vector_head + m0 + r;
      if (u.accumulate == 1u) { sum[r] += column_sums[at]; }
      column_sums[at] = sum[r];
    }
  }`
      : ''
  }
}`;
}
