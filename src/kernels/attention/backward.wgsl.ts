// With P the probabilities, m the dropout mask, dP = dO V^T: dS = P (dP m - delta) / scale where query and key are real,
// else 0. dQ = dS K, dK = dS^T Q, dV = (P m)^T dO. The gradient of a c2p score goes to column(i - j) of row i, that of a p2c score to
// column(i - j) of row j: the column is monotone in i - j, so for one row each column is one run, and the workgroup that
// owns the row sums it in order: no atomics, the same bits every time. (R is even, so no pair of float16 lies in two rows.)
import {
  addWeighted,
  dots,
  each,
  fill,
  header,
  lanesOf,
  loader,
  ownedRows,
  relativeTables,
  storer,
  storeRows,
  THREADS,
  vectorsOf,
  type Binding,
  type Variant,
} from './code.wgsl.ts';
import { valueWriter } from '../wgsl/storage.ts';

const bindingsOf = (variant: Variant, scores: string): Binding[] => [
  { name: 'inputs', type: 'u32' },
  { name: 'qkv', type: 'matrix' },
  ...relativeTables(variant),
  { name: 'd_context', type: 'matrix' },
  { name: 'stats' },
  { name: 'd_qkv', type: 'matrix', writable: true },
  ...(scores ? [{ name: scores, type: 'table', writable: true } as const] : []),
];

/** Clears the owned rows of a table of score gradients; the first barrier after it also orders these writes. */
const clear = (scores: string, first: string, half: boolean) =>
  scores
    ? /* wgsl */ `
  let row_length = u.R${half ? ' / 2u' : ''};
  for (var x = t; x < OWN * row_length; x += ${THREADS}u) {
    if (${first} + x / row_length < u.N) { ${scores}[(rows + ${first}) * row_length + x] = ${half ? '0u' : '0.0'}; }
  }
  storageBarrier();`
    : '';

/** Thread t adds row t of tile_s (`count` others from `start` on) to the run it is in. */
const addRuns = (scores: string, own: string, other: string, count: string, column: string) =>
  scores
    ? /* wgsl */ `
    if (t < OWN && ${own} + t < u.N) {
      for (var c = 0u; c < u.block && ${other} + c < u.N; c++) {
        let next = ${column};
        if (next != run) {
          if (run != NONE) { set_${scores}((rows + ${own} + t) * u.R + run, run_sum); }
          run = next;
          run_sum = 0.0;
        }
        run_sum += tile_s[t * ${count} + c];
      }
    }`
    : '';

const endRun = (scores: string, own: string) =>
  scores ? `if (t < OWN && run != NONE) { set_${scores}((rows + ${own} + t) * u.R + run, run_sum); }` : '';

/** dQ and the gradient of C = Q Krel^T: a workgroup owns OWN queries. */
export function queryGradCode(variant: Variant): string {
  const scores = variant.c2p ? 'd_c2p' : '';
  const { headSize } = variant;
  const parts = Math.ceil(ownedRows(headSize) / lanesOf(headSize));
  return /* wgsl */ `
${header(variant, bindingsOf(variant, scores))}
${loader('qkv', variant)}${loader('d_context', variant)}${storer('d_qkv', variant)}${scores ? valueWriter(scores, variant.half) : ''}
const NONE = 0xffffffffu;
var<workgroup> tile_q: array<vec4<f32>, OWN * STRIDE>;
var<workgroup> tile_o: array<vec4<f32>, OWN * STRIDE>;
var<workgroup> tile_kv: array<vec4<f32>, OWN * STRIDE>;
var<workgroup> tile_s: array<f32, OWN * OWN>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = group.z;
  let head = group.y;
  let i0 = group.x * OWN;
  let H = u.heads * D;
  let rows = (b * u.heads + head) * u.N;
  let r = 2u * (t / LANES);
  let lane = t % LANES;
  let key = drop_key();
  ${clear(scores, 'i0', variant.half)}
  ${fill('tile_q', 'qkv', 'OWN', 'i0', '3u * H', 'head * D')}
  ${fill('tile_o', 'd_context', 'OWN', 'i0', 'H', 'head * D')}
  ${[0, 1]
    .map(
      (e) => `let i_${e} = i0 + r + ${e}u;
  let real_${e} = is_real(b, i_${e});
  var log_sum_${e} = 0.0;
  var delta_${e} = 0.0;
  if (real_${e}) {
    log_sum_${e} = stats[rows + i_${e}];
    delta_${e} = stats[u.B * u.heads * u.N + rows + i_${e}];
  }`,
    )
    .join('\n  ')}
  var run = NONE;
  var run_sum = 0.0;
  ${each(vectorsOf(headSize), (e, a) => `var sum${e}_${a} = vec4<f32>(0.0);`)}
  for (var j0 = 0u; j0 < u.N; j0 += OWN) {
    ${fill('tile_kv', 'qkv', 'OWN', 'j0', '3u * H', '2u * H + head * D')}
    workgroupBarrier();
    ${dots('d_weight', 'tile_o', 'tile_kv', parts)}
    workgroupBarrier();
    ${fill('tile_kv', 'qkv', 'OWN', 'j0', '3u * H', 'H + head * D')}
    workgroupBarrier();
    ${dots('score', 'tile_q', 'tile_kv', parts)}
    ${each(
      parts,
      (e, p) => `{
      let c = lane + ${p}u * LANES;
      let j = j0 + c;
      if (c < OWN) {
        var d_score = 0.0;
        if (real_${e} && is_real(b, j)) {
          let weight = exp((score${e}_${p} + relative_score(b, head, i_${e}, j)) * u.inverse_scale - log_sum_${e});
          d_score = weight * (d_weight${e}_${p} * drop_scale(key, b, head, i_${e}, j) - delta_${e}) * u.inverse_scale;
        }
        tile_s[(r + ${e}u) * OWN + c] = d_score;
      }
    }`,
    )}
    workgroupBarrier();
    ${addWeighted('sum', 'tile_s', 'tile_kv', 'OWN', headSize)}
    ${addRuns(scores, 'i0', 'j0', 'OWN', 'column(i0 + t, j0 + c)')}
    workgroupBarrier();
  }
  ${endRun(scores, 'i0')}
  ${storeRows('d_qkv', 'sum', 'i0', '3u * H', 'head * D', headSize)}
}`;
}

/** dK, dV and the gradient of P = K Qrel^T: a workgroup owns OWN keys. */
export function keyGradCode(variant: Variant): string {
  const scores = variant.p2c ? 'd_p2c' : '';
  const { headSize } = variant;
  const queries = ownedRows(headSize) / 2;
  const parts = Math.ceil(queries / lanesOf(headSize));
  const vectors = vectorsOf(headSize);
  return /* wgsl */ `
${header(variant, bindingsOf(variant, scores))}
${loader('qkv', variant)}${loader('d_context', variant)}${storer('d_qkv', variant)}${scores ? valueWriter(scores, variant.half) : ''}
const NONE = 0xffffffffu;
const QUERIES = ${queries}u;
var<workgroup> tile_k: array<vec4<f32>, OWN * STRIDE>;
var<workgroup> tile_v: array<vec4<f32>, OWN * STRIDE>;
var<workgroup> tile_q: array<vec4<f32>, QUERIES * STRIDE>;
var<workgroup> tile_o: array<vec4<f32>, QUERIES * STRIDE>;
var<workgroup> tile_s: array<f32, OWN * QUERIES>;
var<workgroup> tile_p: array<f32, OWN * QUERIES>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = group.z;
  let head = group.y;
  let j0 = group.x * OWN;
  let H = u.heads * D;
  let rows = (b * u.heads + head) * u.N;
  let r = 2u * (t / LANES);
  let lane = t % LANES;
  let key = drop_key();
  ${clear(scores, 'j0', variant.half)}
  ${fill('tile_k', 'qkv', 'OWN', 'j0', '3u * H', 'H + head * D')}
  ${fill('tile_v', 'qkv', 'OWN', 'j0', '3u * H', '2u * H + head * D')}
  let real_0 = is_real(b, j0 + r);
  let real_1 = is_real(b, j0 + r + 1u);
  var run = NONE;
  var run_sum = 0.0;
  ${each(vectors, (e, a) => `var d_key${e}_${a} = vec4<f32>(0.0); var d_value${e}_${a} = vec4<f32>(0.0);`)}
  for (var i0 = 0u; i0 < u.N; i0 += QUERIES) {
    ${fill('tile_q', 'qkv', 'QUERIES', 'i0', '3u * H', 'head * D')}
    ${fill('tile_o', 'd_context', 'QUERIES', 'i0', 'H', 'head * D')}
    workgroupBarrier();
    ${dots('score', 'tile_k', 'tile_q', parts)}
    ${dots('d_weight', 'tile_v', 'tile_o', parts)}
    ${each(
      parts,
      (e, p) => `{
      let c = lane + ${p}u * LANES;
      let i = i0 + c;
      let j = j0 + r + ${e}u;
      if (c < QUERIES) {
        var d_score = 0.0;
        var weight = 0.0;
        if (i < u.N && j < u.N) {
          let scale = drop_scale(key, b, head, i, j);
          if (!is_real(b, i)) {
            // The log-sum of a padded query cannot hold log N beside the lowest float; its weights are known.
            weight = scale / f32(u.N);
          } else if (real_${e}) {
            let p = exp((score${e}_${p} + relative_score(b, head, i, j)) * u.inverse_scale - stats[rows + i]);
            weight = p * scale;
            d_score = p * (d_weight${e}_${p} * scale - stats[u.B * u.heads * u.N + rows + i]) * u.inverse_scale;
          }
        }
        tile_s[(r + ${e}u) * QUERIES + c] = d_score;
        tile_p[(r + ${e}u) * QUERIES + c] = weight;
      }
    }`,
    )}
    workgroupBarrier();
    ${addWeighted('d_key', 'tile_s', 'tile_q', 'QUERIES', headSize)}
    ${addWeighted('d_value', 'tile_p', 'tile_o', 'QUERIES', headSize)}
    ${addRuns(scores, 'j0', 'i0', 'QUERIES', 'column(i0 + c, j0 + t)')}
    workgroupBarrier();
  }
  ${endRun(scores, 'j0')}
  ${storeRows('d_qkv', 'd_key', 'j0', '3u * H', 'H + head * D', headSize)}
  ${storeRows('d_qkv', 'd_value', 'j0', '3u * H', '2u * H + head * D', headSize)}
}`;
}
