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
  type Variant,
} from './code.wgsl.ts';

/**
 * One workgroup per (OWN queries, head, batch row), walking over the keys with an online softmax. A padded query attends
 * uniformly to all N positions (its masked scores are equal), a real one to real keys only.
 */
export function forwardCode(variant: Variant): string {
  const { headSize } = variant;
  const keys = 2 * ownedRows(headSize);
  const scores = Math.ceil(keys / lanesOf(headSize));
  const vectors = vectorsOf(headSize);
  return /* wgsl */ `
${header(variant, [
  { name: 'inputs', type: 'u32' },
  { name: 'qkv', type: 'matrix' },
  ...relativeTables(variant),
  { name: 'context', type: 'matrix', writable: true },
  { name: 'stats', writable: true },
])}
${loader('qkv', variant)}
${storer('context', variant)}
const KEYS = ${keys}u;
var<workgroup> tile_q: array<vec4<f32>, OWN * STRIDE>;
var<workgroup> tile_kv: array<vec4<f32>, KEYS * STRIDE>;
var<workgroup> tile_p: array<f32, OWN * KEYS>;
var<workgroup> row_parts: array<f32, OWN * LANES>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = group.z;
  let head = group.y;
  let i0 = group.x * OWN;
  let H = u.heads * D;
  let r = 2u * (t / LANES);
  let lane = t % LANES;
  let key = drop_key();
  ${fill('tile_q', 'qkv', 'OWN', 'i0', '3u * H', 'head * D')}
  ${[0, 1]
    .map(
      (e) => `let i_${e} = i0 + r + ${e}u;
  let real_${e} = is_real(b, i_${e});
  var top_${e} = LOWEST;
  var total_${e} = 0.0;`,
    )
    .join('\n  ')}
  ${each(vectors, (e, a) => `var sum${e}_${a} = vec4<f32>(0.0);`)}
  for (var j0 = 0u; j0 < u.N; j0 += KEYS) {
    ${fill('tile_kv', 'qkv', 'KEYS', 'j0', '3u * H', 'H + head * D')}
    workgroupBarrier();
    ${dots('score', 'tile_q', 'tile_kv', scores)}
    var largest_0 = LOWEST;
    var largest_1 = LOWEST;
    ${each(
      scores,
      (e, p) => `{
      let c = lane + ${p}u * LANES;
      if (real_${e} && c < KEYS && is_real(b, j0 + c)) {
        score${e}_${p} = (score${e}_${p} + relative_score(b, head, i_${e}, j0 + c)) * u.inverse_scale;
        largest_${e} = max(largest_${e}, score${e}_${p});
      } else {
        score${e}_${p} = LOWEST;
      }
    }`,
    )}
    row_parts[r * LANES + lane] = largest_0;
    row_parts[(r + 1u) * LANES + lane] = largest_1;
    workgroupBarrier();
    for (var other = 0u; other < LANES; other++) {
      largest_0 = max(largest_0, row_parts[r * LANES + other]);
      largest_1 = max(largest_1, row_parts[(r + 1u) * LANES + other]);
    }
    ${[0, 1]
      .map(
        (e) => `let next_${e} = max(top_${e}, largest_${e});
    let shrink_${e} = exp(top_${e} - next_${e});
    top_${e} = next_${e};
    total_${e} *= shrink_${e};`,
      )
      .join('\n    ')}
    ${each(
      scores,
      (e, p) => `{
      let c = lane + ${p}u * LANES;
      if (c < KEYS) {
        var weight = 0.0;
        if (j0 + c < u.N && i_${e} < u.N) {
          weight = exp(score${e}_${p} - top_${e});
          total_${e} += weight;
          weight *= drop_scale(key, b, head, i_${e}, j0 + c);
        }
        tile_p[(r + ${e}u) * KEYS + c] = weight;
      }
    }`,
    )}
    ${fill('tile_kv', 'qkv', 'KEYS', 'j0', '3u * H', '2u * H + head * D')}
    workgroupBarrier();
    ${each(vectors, (e, a) => `sum${e}_${a} *= shrink_${e};`)}
    ${addWeighted('sum', 'tile_p', 'tile_kv', 'KEYS', headSize)}
    workgroupBarrier();
  }
  row_parts[r * LANES + lane] = total_0;
  row_parts[(r + 1u) * LANES + lane] = total_1;
  workgroupBarrier();
  total_0 = 0.0;
  total_1 = 0.0;
  for (var other = 0u; other < LANES; other++) {
    total_0 += row_parts[r * LANES + other];
    total_1 += row_parts[(r + 1u) * LANES + other];
  }
  ${storeRows('context', 'sum', 'i0', 'H', 'head * D', headSize, (e) => ` / total_${e}`)}
  ${[0, 1]
    .map(
      (e) =>
        `if (lane == 0u && i_${e} < u.N) { stats[(b * u.heads + head) * u.N + i_${e}] = top_${e} + log(total_${e}); }`,
    )
    .join('\n  ')}
}`;
}

/** stats[B h N + ...] = the sum over d of dContext * context of every query and head. */
export function deltaCode(variant: Variant): string {
  return /* wgsl */ `
${header({ ...variant, c2p: false, p2c: false }, [
  { name: 'inputs', type: 'u32' },
  { name: 'context', type: 'matrix' },
  { name: 'd_context', type: 'matrix' },
  { name: 'stats', writable: true },
])}
${loader('context', variant)}${loader('d_context', variant)}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let head = group.y;
  let token = group.x * 64u + t;
  if (token >= u.B * u.N || arrayLength(&inputs) == 0u) { return; }
  let H = u.heads * D;
  var sum = 0.0;
  for (var v = 0u; v < u.vectors; v++) {
    sum += dot(load_context(token, H, head * D, v), load_d_context(token, H, head * D, v));
  }
  let b = token / u.N;
  stats[u.B * u.heads * u.N + (b * u.heads + head) * u.N + token % u.N] = sum;
}`;
}
