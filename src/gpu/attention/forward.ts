import { fill, dotRows, header, loader, ownedRows, storer, THREADS, type Variant } from './code.ts';

/**
 * One workgroup per (OWN queries, head, batch row), walking over the keys with an online softmax. A padded query attends
 * uniformly to all N positions (its masked scores are equal), a real one to real keys only.
 */
export function forwardCode(variant: Variant): string {
  const keys = 2 * ownedRows(variant.headSize);
  const relative = [...(variant.c2p ? [{ name: 'c2p' }] : []), ...(variant.p2c ? [{ name: 'p2c' }] : [])];
  return /* wgsl */ `
${header(variant, [
  { name: 'inputs', type: 'u32' },
  { name: 'qkv', vector: true },
  ...relative,
  { name: 'context', vector: true, writable: true },
  { name: 'stats', writable: true },
])}
${loader('qkv', variant.headSize)}
${storer('context', variant.headSize)}
const KEYS = ${keys}u;
const SCORES = (KEYS + LANES - 1u) / LANES;
var<workgroup> tile_q: array<vec4<f32>, OWN * STRIDE>;
var<workgroup> tile_kv: array<vec4<f32>, KEYS * STRIDE>;
var<workgroup> tile_p: array<f32, OWN * KEYS>;
var<workgroup> row_parts: array<f32, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = group.z;
  let head = group.y;
  let i0 = group.x * OWN;
  let H = u.heads * D;
  let r = t / LANES;
  let lane = t % LANES;
  let i = i0 + r;
  let i_real = is_real(b, i);
  let key = drop_key();
  ${fill('tile_q', 'qkv', 'OWN', 'i0', '3u * H', 'head * D')}
  var top = LOWEST;
  var total = 0.0;
  var sums: array<vec4<f32>, PER>;
  for (var j0 = 0u; j0 < u.N; j0 += KEYS) {
    ${fill('tile_kv', 'qkv', 'KEYS', 'j0', '3u * H', 'H + head * D')}
    workgroupBarrier();
    var scores: array<f32, SCORES>;
    var largest = LOWEST;
    for (var p = 0u; p < SCORES; p++) {
      let c = lane + LANES * p;
      let j = j0 + c;
      scores[p] = LOWEST;
      if (c < KEYS && i_real && is_real(b, j)) {
        ${dotRows('tile_q', 'r', 'tile_kv', 'c')}
        scores[p] = (dot_sum + relative_score(b, head, i, j)) * u.inverse_scale;
        largest = max(largest, scores[p]);
      }
    }
    row_parts[t] = largest;
    workgroupBarrier();
    for (var lane_of = 0u; lane_of < LANES; lane_of++) { largest = max(largest, row_parts[r * LANES + lane_of]); }
    let next = max(top, largest);
    let shrink = exp(top - next);
    top = next;
    total *= shrink;
    for (var p = 0u; p < SCORES; p++) {
      let c = lane + LANES * p;
      let j = j0 + c;
      if (c < KEYS) {
        var weight = 0.0;
        if (j < u.N && i < u.N) {
          weight = exp(scores[p] - top);
          total += weight;
          weight *= drop_scale(key, b, head, i, j);
        }
        tile_p[r * KEYS + c] = weight;
      }
    }
    ${fill('tile_kv', 'qkv', 'KEYS', 'j0', '3u * H', '2u * H + head * D')}
    workgroupBarrier();
    for (var a = 0u; a < PER; a++) {
      let v = lane + LANES * a;
      if (v < DV) {
        var sum = vec4<f32>(0.0);
        for (var c = 0u; c < KEYS; c++) { sum += tile_p[r * KEYS + c] * tile_kv[c * STRIDE + v]; }
        sums[a] = sums[a] * shrink + sum;
      }
    }
    workgroupBarrier();
  }
  row_parts[t] = total;
  workgroupBarrier();
  total = 0.0;
  for (var lane_of = 0u; lane_of < LANES; lane_of++) { total += row_parts[r * LANES + lane_of]; }
  if (i < u.N) {
    for (var a = 0u; a < PER; a++) {
      let v = lane + LANES * a;
      if (v < DV) { store_context(b * u.N + i, H, head * D, v, sums[a] / total); }
    }
    if (lane == 0u) { stats[(b * u.heads + head) * u.N + i] = top + log(total); }
  }
}`;
}

/** stats[B h N + ...] = the sum over d of dContext * context of every query and head. */
export function deltaCode(variant: Variant): string {
  return /* wgsl */ `
${header({ ...variant, c2p: false, p2c: false }, [
  { name: 'inputs', type: 'u32' },
  { name: 'context' },
  { name: 'd_context' },
  { name: 'stats', writable: true },
])}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let head = group.y;
  let token = group.x * 64u + t;
  if (token >= u.B * u.N || arrayLength(&inputs) == 0u) { return; }
  let first = (token * u.heads + head) * D;
  var sum = 0.0;
  for (var d = 0u; d < D; d++) { sum += context[first + d] * d_context[first + d]; }
  let b = token / u.N;
  stats[u.B * u.heads * u.N + (b * u.heads + head) * u.N + token % u.N] = sum;
}`;
}
