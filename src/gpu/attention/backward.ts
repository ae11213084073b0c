// With P the probabilities, m the dropout mask, dP = dO V^T: dS = P (dP m - delta) / scale where query and key are real,
// else 0. dQ = dS K, dK = dS^T Q, dV = (P m)^T dO. The gradient of a c2p score goes to column(i - j) of row i, that of a p2c score to
// column(i - j) of row j: the column is monotone in i - j, so for one row each column is one run, and the workgroup that
// owns the row sums it in order: no atomics, the same bits every time.
import { fill, dotRows, header, loader, ownedRows, storer, THREADS, type Variant } from './code.ts';

const bindingsOf = (variant: Variant, scores: string) => [
  { name: 'inputs', type: 'u32' as const },
  { name: 'qkv', vector: true },
  ...(variant.c2p ? [{ name: 'c2p' }] : []),
  ...(variant.p2c ? [{ name: 'p2c' }] : []),
  { name: 'd_context', vector: true },
  { name: 'stats' },
  { name: 'd_qkv', vector: true, writable: true },
  ...(scores ? [{ name: scores, writable: true }] : []),
];

/** Clears the owned rows of a table of score gradients; the first barrier after it also orders these writes. */
const clear = (scores: string, first: string) =>
  scores
    ? /* wgsl */ `
  for (var x = t; x < OWN * u.R; x += ${THREADS}u) {
    if (${first} + x / u.R < u.N) { ${scores}[(rows + ${first}) * u.R + x] = 0.0; }
  }
  storageBarrier();`
    : '';

/** Thread t adds row t of tile_s (`count` others from `start` on) to the run it is in. */
const addRuns = (scores: string, own: string, other: string, count: string, column: string) =>
  scores
    ? /* wgsl */ `
    if (t < OWN && ${own} + t < u.N) {
      for (var c = 0u; c < ${count} && ${other} + c < u.N; c++) {
        let next = ${column};
        if (next != run) {
          if (run != NONE) { ${scores}[(rows + ${own} + t) * u.R + run] = run_sum; }
          run = next;
          run_sum = 0.0;
        }
        run_sum += tile_s[t * ${count} + c];
      }
    }`
    : '';

const endRun = (scores: string, own: string) =>
  scores ? `if (t < OWN && run != NONE) { ${scores}[(rows + ${own} + t) * u.R + run] = run_sum; }` : '';

/** dQ and the gradient of C = Q Krel^T: a workgroup owns OWN queries. */
export function queryGradCode(variant: Variant): string {
  const scores = variant.c2p ? 'd_c2p' : '';
  const { headSize } = variant;
  return /* wgsl */ `
${header(variant, bindingsOf(variant, scores))}
${loader('qkv', headSize)}${loader('d_context', headSize)}${storer('d_qkv', headSize)}
const NONE = 0xffffffffu;
const SCORES = (OWN + LANES - 1u) / LANES;
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
  let r = t / LANES;
  let lane = t % LANES;
  let i = i0 + r;
  let i_real = is_real(b, i);
  let key = drop_key();
  ${clear(scores, 'i0')}
  ${fill('tile_q', 'qkv', 'OWN', 'i0', '3u * H', 'head * D')}
  ${fill('tile_o', 'd_context', 'OWN', 'i0', 'H', 'head * D')}
  var log_sum = 0.0;
  var delta = 0.0;
  if (i_real) {
    log_sum = stats[rows + i];
    delta = stats[u.B * u.heads * u.N + rows + i];
  }
  var run = NONE;
  var run_sum = 0.0;
  var sums: array<vec4<f32>, PER>;
  for (var j0 = 0u; j0 < u.N; j0 += OWN) {
    ${fill('tile_kv', 'qkv', 'OWN', 'j0', '3u * H', '2u * H + head * D')}
    workgroupBarrier();
    var d_weights: array<f32, SCORES>;
    for (var p = 0u; p < SCORES; p++) {
      let c = lane + LANES * p;
      if (c < OWN) {
        ${dotRows('tile_o', 'r', 'tile_kv', 'c')}
        d_weights[p] = dot_sum;
      }
    }
    workgroupBarrier();
    ${fill('tile_kv', 'qkv', 'OWN', 'j0', '3u * H', 'H + head * D')}
    workgroupBarrier();
    for (var p = 0u; p < SCORES; p++) {
      let c = lane + LANES * p;
      let j = j0 + c;
      if (c < OWN) {
        var d_score = 0.0;
        if (i_real && is_real(b, j)) {
          ${dotRows('tile_q', 'r', 'tile_kv', 'c')}
          let weight = exp((dot_sum + relative_score(b, head, i, j)) * u.inverse_scale - log_sum);
          d_score = weight * (d_weights[p] * drop_scale(key, b, head, i, j) - delta) * u.inverse_scale;
        }
        tile_s[r * OWN + c] = d_score;
      }
    }
    workgroupBarrier();
    for (var a = 0u; a < PER; a++) {
      let v = lane + LANES * a;
      if (v < DV) {
        var sum = vec4<f32>(0.0);
        for (var c = 0u; c < OWN; c++) { sum += tile_s[r * OWN + c] * tile_kv[c * STRIDE + v]; }
        sums[a] += sum;
      }
    }
    ${addRuns(scores, 'i0', 'j0', 'OWN', 'column(i0 + t, j0 + c)')}
    workgroupBarrier();
  }
  ${endRun(scores, 'i0')}
  if (i < u.N) {
    for (var a = 0u; a < PER; a++) {
      let v = lane + LANES * a;
      if (v < DV) { store_d_qkv(b * u.N + i, 3u * H, head * D, v, sums[a]); }
    }
  }
}`;
}

/** dK, dV and the gradient of P = K Qrel^T: a workgroup owns OWN keys. */
export function keyGradCode(variant: Variant): string {
  const scores = variant.p2c ? 'd_p2c' : '';
  const { headSize } = variant;
  const queries = Math.max(1, ownedRows(headSize) / 2);
  return /* wgsl */ `
${header(variant, bindingsOf(variant, scores))}
${loader('qkv', headSize)}${loader('d_context', headSize)}${storer('d_qkv', headSize)}
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
  let r = t / LANES;
  let lane = t % LANES;
  let j = j0 + r;
  let j_real = is_real(b, j);
  let key = drop_key();
  ${clear(scores, 'j0')}
  ${fill('tile_k', 'qkv', 'OWN', 'j0', '3u * H', 'H + head * D')}
  ${fill('tile_v', 'qkv', 'OWN', 'j0', '3u * H', '2u * H + head * D')}
  var run = NONE;
  var run_sum = 0.0;
  var d_key: array<vec4<f32>, PER>;
  var d_value: array<vec4<f32>, PER>;
  for (var i0 = 0u; i0 < u.N; i0 += QUERIES) {
    ${fill('tile_q', 'qkv', 'QUERIES', 'i0', '3u * H', 'head * D')}
    ${fill('tile_o', 'd_context', 'QUERIES', 'i0', 'H', 'head * D')}
    workgroupBarrier();
    for (var c = lane; c < QUERIES; c += LANES) {
      let i = i0 + c;
      var d_score = 0.0;
      var weight = 0.0;
      if (i < u.N && j < u.N) {
        let scale = drop_scale(key, b, head, i, j);
        if (!is_real(b, i)) {
          // The log-sum of a padded query cannot hold log N beside the lowest float; its weights are known.
          weight = scale / f32(u.N);
        } else if (j_real) {
          ${dotRows('tile_k', 'r', 'tile_q', 'c')}
          let p = exp((dot_sum + relative_score(b, head, i, j)) * u.inverse_scale - stats[rows + i]);
          var d_weight = 0.0;
          for (var v = 0u; v < DV; v++) { d_weight += dot(tile_v[r * STRIDE + v], tile_o[c * STRIDE + v]); }
          weight = p * scale;
          d_score = p * (d_weight * scale - stats[u.B * u.heads * u.N + rows + i]) * u.inverse_scale;
        }
      }
      tile_s[r * QUERIES + c] = d_score;
      tile_p[r * QUERIES + c] = weight;
    }
    workgroupBarrier();
    for (var a = 0u; a < PER; a++) {
      let v = lane + LANES * a;
      if (v < DV) {
        var key_sum = vec4<f32>(0.0);
        var value_sum = vec4<f32>(0.0);
        for (var c = 0u; c < QUERIES; c++) {
          key_sum += tile_s[r * QUERIES + c] * tile_q[c * STRIDE + v];
          value_sum += tile_p[r * QUERIES + c] * tile_o[c * STRIDE + v];
        }
        d_key[a] += key_sum;
        d_value[a] += value_sum;
      }
    }
    ${addRuns(scores, 'j0', 'i0', 'QUERIES', 'column(i0 + c, j0 + t)')}
    workgroupBarrier();
  }
  ${endRun(scores, 'j0')}
  if (j < u.N) {
    for (var a = 0u; a < PER; a++) {
      let v = lane + LANES * a;
      if (v < DV) {
        store_d_qkv(b * u.N + j, 3u * H, H + head * D, v, d_key[a]);
        store_d_qkv(b * u.N + j, 3u * H, 2u * H + head * D, v, d_value[a]);
      }
    }
  }
}`;
}
