import {
  BLOCK,
  blockProduct,
  header,
  keys,
  lanes,
  loader,
  queries,
  range,
  relativeTables,
  START,
  storer,
  THREADS,
  TILE,
  TILE_VECTORS,
  values,
  type Variant,
} from './code.wgsl.ts';

/** Columns of a head of which a workgroup makes the context: of a larger head there are several, each with scores of its own. */
const COLUMNS = 128;

/** Workgroups per block of queries. */
export const contextParts = (headSize: number) => Math.ceil(headSize / COLUMNS);

/**
 * One workgroup per (BLOCK queries, head, batch row and part of the head), walking over the keys with an online softmax. A padded query attends uniformly
 * to all N positions (its masked scores are equal), a real one to real keys only. Thread (tx, ty) has vectors tx, tx + 8, ... of the contexts of its 4
 * queries.
 */
export function forwardCode(variant: Variant): string {
  const parts = contextParts(variant.headSize);
  const groups = Math.ceil(Math.min(variant.headSize, COLUMNS) / 32);
  const line = 8 * groups;
  // Keys whose values lie in workgroup memory at once.
  const slice = Math.min(BLOCK, 2 ** Math.floor(Math.log2(TILE_VECTORS / line)));
  const rows = (what: (row: number) => string) => range(4).map(what).join('\n    ');
  const sums = (what: (row: number, group: number) => string) =>
    range(4)
      .flatMap((row) => range(groups).map((group) => what(row, group)))
      .join('\n        ');
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
${TILE}
// [key][4 queries]
var<workgroup> weights: array<vec4<f32>, ${(BLOCK * BLOCK) / 4}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = group.z / ${parts}u;
  let head = group.y;
  let i0 = group.x * ${BLOCK}u;
  let first_vector = (group.z % ${parts}u) * ${COLUMNS / 4}u;
  ${START}
  let i = i0 + 4u * ty;
  ${rows((r) => `let real_${r} = is_real(b, i + ${r}u);`)}
  var top = vec4<f32>(LOWEST);
  var total = vec4<f32>(0.0);
  ${sums((r, g) => `var sum${r}_${g} = vec4<f32>(0.0);`)}
  for (var j0 = 0u; j0 < u.N; j0 += ${BLOCK}u) {
    ${blockProduct(variant, 'score', [queries, 'i0'], [keys, 'j0'])}
    let j = j0 + 4u * tx;
    ${range(4)
      .flatMap((r) =>
        range(4).map((c) => {
          const score = `score${r}.${lanes[c]}`;
          return `if (real_${r} && is_real(b, j + ${c}u)) {
      ${score} = (${score} + relative_score(b, head, i + ${r}u, j + ${c}u)) * u.inverse_scale;
    } else {
      ${score} = LOWEST;
    }`;
        }),
      )
      .join('\n    ')}
    tile[t] = vec4<f32>(${range(4).map((r) => `max(max(score${r}.x, score${r}.y), max(score${r}.z, score${r}.w))`)});
    workgroupBarrier();
    var next = top;
    for (var other = 0u; other < 8u; other++) { next = max(next, tile[8u * ty + other]); }
    let shrink = exp(top - next);
    top = next;
    total *= shrink;
    let there = vec4<u32>(j, j + 1u, j + 2u, j + 3u) < vec4<u32>(u.N);
    ${rows(
      (r) => `let weight${r} = select(vec4<f32>(0.0), exp(score${r} - vec4<f32>(top.${lanes[r]})), there);
    total.${lanes[r]} += dot(weight${r}, vec4<f32>(1.0));
    let kept${r} = weight${r} * drop_scale4(key, b, head, i + ${r}u, j);`,
    )}
    ${range(4)
      .map((c) => {
        const column = range(4).map((r) => `kept${r}.${lanes[c]}`);
        return `weights[(4u * tx + ${c}u) * 8u + ty] = vec4<f32>(${column});`;
      })
      .join('\n    ')}
    ${sums((r, g) => `sum${r}_${g} *= shrink.${lanes[r]};`)}
    for (var c0 = 0u; c0 < ${BLOCK}u; c0 += ${slice}u) {
      workgroupBarrier();
      for (var x = t; x < ${slice * line}u; x += ${THREADS}u) {
        tile[x] = load_qkv(b, j0 + c0 + x / ${line}u, ${values.width}, ${values.column}, first_vector + x % ${line}u);
      }
      workgroupBarrier();
      for (var c = 0u; c < ${slice}u; c++) {
        let weight = weights[(c0 + c) * 8u + ty];
        ${range(groups)
          .map((g) => `let value${g} = tile[c * ${line}u + ${8 * g}u + tx];`)
          .join('\n        ')}
        ${sums((r, g) => `sum${r}_${g} = fma(vec4<f32>(weight.${lanes[r]}), value${g}, sum${r}_${g});`)}
      }
    }
    workgroupBarrier();
  }
  tile[t] = total;
  workgroupBarrier();
  total = vec4<f32>(0.0);
  for (var other = 0u; other < 8u; other++) { total += tile[8u * ty + other]; }
  ${sums(
    (r, g) => `if (i + ${r}u < u.N && first_vector + ${8 * g}u + tx < DV) {
    store_context(b * u.N + i + ${r}u, H, head * D, first_vector + ${8 * g}u + tx, sum${r}_${g} / total.${lanes[r]});
  }`,
  )}
  if (tx == 0u && first_vector == 0u) {
    ${rows((r) => `if (i + ${r}u < u.N) { stats[rows + i + ${r}u] = top.${lanes[r]} + log(total.${lanes[r]}); }`)}
  }
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
  let b = token / u.N;
  let n = token % u.N;
  let H = u.heads * D;
  var sum = 0.0;
  for (var v = 0u; v < DV; v++) {
    sum += dot(load_context(b, n, H, head * D, v), load_d_context(b, n, H, head * D, v));
  }
  stats[u.B * u.heads * u.N + (b * u.heads + head) * u.N + n] = sum;
}`;
}
