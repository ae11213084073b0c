// With P the probabilities, m the dropout mask, dP = dO V^T: dS = P (dP m - delta) / scale where query and key are real, else 0. dV = (P m)^T dO,
// dQ = dS K and dK = dS^T Q are plain products. The gradient of a c2p score goes to column(i - j) of row i, that of a p2c score to column(i - j) of row j: the
// distances of a column are one run, which one thread sums in order: no atomics, the same bits every time.
import { HALF_WGSL } from '../wgsl/storage.ts';
import {
  BLOCK,
  blockProduct,
  header,
  keys,
  lanes,
  loader,
  outputGradients,
  queries,
  range,
  relativeTables,
  START,
  THREADS,
  TILE,
  values,
  type Variant,
} from './code.wgsl.ts';

/** Columns of P m and dS as they lie in memory: whole vectors. */
export const pitchOf = (N: number) => Math.ceil(N / 4) * 4;

/** P m and dS [B, h, N, pitch]: a workgroup per block of queries and of keys. */
export function scoreGradCode(variant: Variant): string {
  const rows = (what: (row: number) => string) => range(4).map(what).join('\n  ');
  return /* wgsl */ `
${header(variant, [
  { name: 'inputs', type: 'u32' },
  { name: 'qkv', type: 'matrix' },
  ...relativeTables(variant),
  { name: 'd_context', type: 'matrix' },
  { name: 'stats' },
])}
@group(0) @binding(${5 + relativeTables(variant).length}) var<storage, read_write> weights: array<vec4<f32>>;
@group(0) @binding(${6 + relativeTables(variant).length}) var<storage, read_write> d_scores: array<vec4<f32>>;
${loader('qkv', variant)}${loader('d_context', variant)}
${TILE}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = group.z / u.heads;
  let head = group.z % u.heads;
  let i0 = group.y * ${BLOCK}u;
  let j0 = group.x * ${BLOCK}u;
  ${START}
  ${blockProduct(variant, 'score', [queries, 'i0'], [keys, 'j0'])}
  ${blockProduct(variant, 'd_weight', [outputGradients, 'i0'], [values, 'j0'])}
  let j = j0 + 4u * tx;
  if (j >= u.N) { return; }
  let vectors = (u.N + 3u) / 4u;
  ${range(4)
    .map((c) => `let real_key${c} = is_real(b, j + ${c}u);`)
    .join('\n  ')}
  ${rows(
    (r) => `if (i0 + 4u * ty + ${r}u < u.N) {
    let i = i0 + 4u * ty + ${r}u;
    let keep = drop_scale4(key, b, head, i, j);
    // The log-sum of a padded query cannot hold log N beside the lowest float; its weights are known.
    var weight = keep / f32(u.N);
    var d_score = vec4<f32>(0.0);
    if (is_real(b, i)) {
      let log_sum = stats[rows + i];
      var p = vec4<f32>(0.0);
      ${range(4)
        .map((c) => {
          const score = `score${r}.${lanes[c]} + relative_score(b, head, i, j + ${c}u)`;
          return `if (real_key${c}) { p.${lanes[c]} = exp((${score}) * u.inverse_scale - log_sum); }`;
        })
        .join('\n      ')}
      weight = p * keep;
      d_score = p * (d_weight${r} * keep - stats[u.B * u.heads * u.N + rows + i]) * u.inverse_scale;
    }
    let at = (rows + i) * vectors + j / 4u;
    weights[at] = weight;
    d_scores[at] = d_score;
  }`,
  )}
}`;
}

/** The gradient of C = Q Krel^T (`own`: queries) or of P = K Qrel^T (`own`: keys) [B, h, N, R]. A thread makes two columns of a row, R being even. */
export function relativeGradCode(own: 'queries' | 'keys', half: boolean): string {
  // x: a distance i - j from -(N - 1) on.
  const [first, row, column] =
    own === 'queries' ? ['n', 'n', 'n + u.N - 1u - x'] : ['u.N - 1u - n', 'n + x + 1u - u.N', 'n'];
  const set = half ? 'pack_halves(vec2<f32>(sum_of(n, r, rows), sum_of(n, r + 1u, rows)))' : '';
  return /* wgsl */ `
${half ? HALF_WGSL : ''}
struct Uniforms { B: u32, N: u32, heads: u32, R: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read> d_scores: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_table: array<${half ? 'u32' : 'vec2<f32>'}>;
fn sum_of(n: u32, r: u32, rows: u32) -> f32 {
  let runs = 1u + 2u * u.N + u.B * u.N;
  let begin = max(inputs[runs + r], ${first});
  let end = min(inputs[runs + r + 1u], ${first} + u.N);
  let pitch = (u.N + 3u) / 4u * 4u;
  var sum = 0.0;
  for (var x = begin; x < end; x++) { sum += d_scores[(rows + ${row}) * pitch + ${column}]; }
  return sum;
}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
  let r = 2u * at.x;
  let n = at.y;
  if (r >= u.R || n >= u.N) { return; }
  let rows = at.z * u.N;
  d_table[((rows + n) * u.R + r) / 2u] = ${half ? set : 'vec2<f32>(sum_of(n, r, rows), sum_of(n, r + 1u, rows))'};
}`;
}
