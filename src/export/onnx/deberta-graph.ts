// DebertaV2ForQuestionAnswering as an ONNX graph of standard operators (opset 17). B batch, N tokens, M = B * N, H hidden size, h heads,
// d = H / h, P = relative span. Activations are [M, H], so that a linear layer is one Gemm with the checkpoint's own [out, in] weight.
import {
  attentionScale,
  hasLayerNormOnRelative,
  maxRelativePositions,
  relativeColumns,
  relativeSpan,
  type DebertaConfig,
} from '../../model/config.ts';
import { bytesOf, dataType, GraphBuilder, type Value } from './graph.ts';
import type { OnnxModel, ValueInfo } from './write-onnx.ts';
import type { StoredWeights } from './stored-weights.ts';

const LOWEST_FLOAT = -3.4028234663852886e38;
/** No text is longer; where distances never stop to matter, the table of columns ends here. */
const MAX_DISTANCE = 2 ** 15;

/** What all layers share. */
interface Shared {
  graph: GraphBuilder;
  config: DebertaConfig;
  weights: StoredWeights;
  /** [B, N, h, d], as a shape. */
  headShape: Value;
  /** [M, 1]: 1 for real tokens. */
  tokenMask: Value;
  /** [B, 1, N, N]: 0 where query and key are real, else the lowest float, which swallows any score it is added to. */
  blocked: Value;
  relative: Relative | null;
}

interface Relative {
  /** [2P, H] after its LayerNorm. It depends on constants only: a runtime computes what follows from it once, when it loads. */
  table: Value;
  /** [2N]: columns of the table for j - i + N - 1 = 0, 1, ... of c2p, and for i - j + N - 1 of p2c. */
  descending: Value;
  ascending: Value;
  /** N - 1, N * (2N - 1) + N - 1, and [B, h, N, 2N - 1]: how the rows of a [N, 2N] matrix are shifted. */
  shiftFrom: Value;
  shiftTo: Value;
  flatShape: Value;
  shiftedShape: Value;
  length: Value;
}

/** input_ids, attention_mask and, where the model has types, token_type_ids [B, N] -> start_logits and end_logits [B, N]. */
export function debertaOnnx(config: DebertaConfig, graph: GraphBuilder, weights: StoredWeights): OnnxModel {
  const shared = prepare(config, graph, weights);
  const embedded = embeddings(shared);
  let x = embedded;
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    x = transformerLayer(shared, layer, x);
    if (layer === 0 && config.conv_kernel_size > 0) x = convolution(shared, embedded, x);
  }
  const logits = weights.linear(x, 'qa_outputs');
  const perToken = graph.add('Reshape', [
    logits,
    graph.add('Concat', [batchAndLength(graph), graph.integers(2)], { axis: 0 }),
  ]);
  const [start, end] = graph.addAll('Split', [perToken], 2, { axis: 2 });
  graph.addOutput('Squeeze', [start, graph.integers(2)], 'start_logits');
  graph.addOutput('Squeeze', [end, graph.integers(2)], 'end_logits');
  const value = (name: string, type: ValueInfo['type']): ValueInfo => ({
    name,
    type,
    shape: ['batch_size', 'sequence_length'],
  });
  const inputs = ['input_ids', 'attention_mask'];
  if (config.type_vocab_size > 0) inputs.push('token_type_ids');
  return {
    name: 'DebertaV2ForQuestionAnswering',
    graph,
    inputs: inputs.map((name) => value(name, 'int64')),
    outputs: ['start_logits', 'end_logits'].map((name) => value(name, 'float')),
  };
}

/** [2]: B, N. */
function batchAndLength(graph: GraphBuilder): Value {
  return graph.add('Shape', ['input_ids']);
}

/** [1]: N. */
function lengthOf(graph: GraphBuilder): Value {
  return graph.add('Gather', [batchAndLength(graph), graph.integers(1)]);
}

function prepare(config: DebertaConfig, graph: GraphBuilder, weights: StoredWeights): Shared {
  const { num_attention_heads: h, hidden_size: H } = config;
  const mask = graph.add('Cast', ['attention_mask'], { to: dataType.float });
  const keys = graph.add('Unsqueeze', [mask, graph.integers(1, 2)]);
  const queries = graph.add('Unsqueeze', [mask, graph.integers(1, 3)]);
  const pairs = graph.add('Mul', [queries, keys]);
  return {
    graph,
    config,
    weights,
    headShape: graph.add('Concat', [batchAndLength(graph), graph.integers(h, H / h)], { axis: 0 }),
    tokenMask: graph.add('Reshape', [mask, graph.integers(-1, 1)]),
    blocked: graph.add('Mul', [graph.add('Sub', [graph.float(1), pairs]), graph.float(LOWEST_FLOAT)]),
    relative:
      config.relative_attention && config.pos_att_type.length > 0
        ? relativePositions(config, graph, weights)
        : null,
  };
}

/** -> [M, H]; padded positions are exactly 0. */
function embeddings({ config, graph, weights, tokenMask }: Shared): Value {
  const name = 'deberta.embeddings';
  const { embedding_size: E, hidden_size: H } = config;
  let x = weights.rows(`${name}.word_embeddings.weight`, 'input_ids');
  if (config.position_biased_input) {
    const positions = graph.add('Range', [
      graph.integer(0),
      graph.add('Squeeze', [lengthOf(graph), graph.integers(0)]),
      graph.integer(1),
    ]);
    x = graph.add('Add', [x, weights.rows(`${name}.position_embeddings.weight`, positions)]);
  }
  if (config.type_vocab_size > 0) {
    x = graph.add('Add', [x, weights.rows(`${name}.token_type_embeddings.weight`, 'token_type_ids')]);
  }
  x = graph.add('Reshape', [x, graph.integers(-1, E)]);
  if (E !== H) x = weights.linear(x, `${name}.embed_proj`, false);
  return graph.add('Mul', [layerNorm({ config, graph, weights }, x, `${name}.LayerNorm`), tokenMask]);
}

function layerNorm(
  { config, graph, weights }: Pick<Shared, 'config' | 'graph' | 'weights'>,
  x: Value,
  name: string,
): Value {
  const inputs = [x, weights.float(`${name}.weight`), weights.float(`${name}.bias`)];
  return graph.add('LayerNormalization', inputs, { axis: -1, epsilon: { float: config.layer_norm_eps } });
}

function relativePositions(config: DebertaConfig, graph: GraphBuilder, weights: StoredWeights): Relative {
  const encoder = 'deberta.encoder';
  const rows = weights.table(`${encoder}.rel_embeddings.weight`);
  const table = hasLayerNormOnRelative(config)
    ? layerNorm({ config, graph, weights }, rows, `${encoder}.LayerNorm`)
    : rows;
  const one = graph.integers(1);
  const N = lengthOf(graph);
  const twice = graph.add('Add', [N, N]);
  const last = graph.add('Sub', [N, one]);
  const width = graph.add('Sub', [twice, one]);
  // -(N - 1), ..., N
  const distances = graph.add('Sub', [
    graph.add('Range', [
      graph.integer(0),
      graph.add('Squeeze', [twice, graph.integers(0)]),
      graph.integer(1),
    ]),
    last,
  ]);
  const farthest = farthestDistance(config);
  const columns = graph.constant('relative_columns', 'int16', [2 * farthest + 1], () =>
    bytesOf(Int16Array.from(relativeColumns(farthest + 1, config))),
  );
  const columnsOf = (delta: Value) => {
    const near = graph.add('Clip', [delta, graph.integer(-farthest), graph.integer(farthest)]);
    const found = graph.add('Gather', [columns, graph.add('Add', [near, graph.integer(farthest)])]);
    return graph.add('Cast', [found], { to: dataType.int64 });
  };
  const batchAndHeads = graph.integers(0, config.num_attention_heads);
  return {
    table,
    descending: columnsOf(graph.add('Neg', [distances])),
    ascending: columnsOf(distances),
    shiftFrom: last,
    shiftTo: graph.add('Add', [last, graph.add('Mul', [N, width])]),
    flatShape: graph.integers(0, config.num_attention_heads, -1),
    shiftedShape: graph.add('Concat', [batchAndHeads, N, width], { axis: 0 }),
    length: N,
  };
}

/**
 * The distance from which on the column stays the same, on both sides. The column of a distance never falls; a step of the logarithm can
 * be far out with few buckets.
 */
function farthestDistance(config: DebertaConfig): number {
  const least = Math.max(relativeSpan(config), maxRelativePositions(config)) + 1;
  const columns = relativeColumns(MAX_DISTANCE + 1, config);
  let farthest = MAX_DISTANCE;
  while (
    farthest > least &&
    columns[MAX_DISTANCE + farthest - 1] === columns[2 * MAX_DISTANCE] &&
    columns[MAX_DISTANCE - farthest + 1] === columns[0]
  ) {
    farthest--;
  }
  return farthest;
}

/**
 * scores [B, h, N, 2N] by distance (row i has the score of its column j at j - i + N - 1) -> [B, h, N, N]. In the flat rows that score is
 * at i * (2N - 1) + j + N - 1: cut N - 1 off the front and read rows of 2N - 1.
 */
function byPosition(graph: GraphBuilder, relative: Relative, scores: Value): Value {
  const { shiftFrom, shiftTo, flatShape, shiftedShape, length } = relative;
  const flat = graph.add('Reshape', [scores, flatShape]);
  const cut = graph.add('Slice', [flat, shiftFrom, shiftTo, graph.integers(2)]);
  const rows = graph.add('Reshape', [cut, shiftedShape]);
  return graph.add('Slice', [rows, graph.integers(0), length, graph.integers(3)]);
}

/** [M, H] -> context [M, H] of one layer's disentangled attention. */
function attention(shared: Shared, name: string, x: Value): Value {
  const { graph, config, weights, headShape, blocked, relative } = shared;
  const { hidden_size: H, num_attention_heads: h, pos_att_type, share_att_key } = config;
  const scale = graph.float(1 / attentionScale(config));
  const heads = (values: Value) =>
    graph.add('Transpose', [graph.add('Reshape', [values, headShape])], { perm: [0, 2, 1, 3] });
  const transposed = (values: Value) => graph.add('Transpose', [values], { perm: [0, 1, 3, 2] });
  const query = heads(graph.add('Mul', [weights.linear(x, `${name}.query_proj`), scale]));
  const key = heads(weights.linear(x, `${name}.key_proj`));
  const value = heads(weights.linear(x, `${name}.value_proj`));
  let scores = graph.add('MatMul', [query, transposed(key)]);
  if (relative) {
    /** [2P, H] -> [h, 2P, d] of constants, then the rows of the distances, [h, d, 2N]. */
    const project = (projection: string, columns: Value, factor: Value | null) => {
      let rows = weights.linear(relative.table, `${name}.${projection}`);
      if (factor) rows = graph.add('Mul', [rows, factor]);
      rows = graph.add('Reshape', [rows, graph.integers(-1, h, H / h)]);
      rows = graph.add('Transpose', [rows], { perm: [1, 0, 2] });
      rows = graph.add('Gather', [rows, columns], { axis: 1 });
      return graph.add('Transpose', [rows], { perm: [0, 2, 1] });
    };
    if (pos_att_type.includes('c2p')) {
      const keys = project(share_att_key ? 'key_proj' : 'pos_key_proj', relative.descending, null);
      scores = graph.add('Add', [scores, byPosition(graph, relative, graph.add('MatMul', [query, keys]))]);
    }
    if (pos_att_type.includes('p2c')) {
      // Of key j and query i: [B, h, j, i].
      const queries = project(share_att_key ? 'query_proj' : 'pos_query_proj', relative.ascending, scale);
      const byKey = byPosition(graph, relative, graph.add('MatMul', [key, queries]));
      scores = graph.add('Add', [scores, transposed(byKey)]);
    }
  }
  const probabilities = graph.add('Softmax', [graph.add('Add', [scores, blocked])], { axis: -1 });
  const context = graph.add('MatMul', [probabilities, value]);
  const joined = graph.add('Transpose', [context], { perm: [0, 2, 1, 3] });
  return graph.add('Reshape', [joined, graph.integers(-1, H)]);
}

function transformerLayer(shared: Shared, layer: number, x: Value): Value {
  const { graph, weights } = shared;
  const name = `deberta.encoder.layer.${layer}`;
  const context = attention(shared, `${name}.attention.self`, x);
  const attended = weights.linear(context, `${name}.attention.output.dense`);
  const a = layerNorm(shared, graph.add('Add', [attended, x]), `${name}.attention.output.LayerNorm`);
  const inner = gelu(graph, weights.linear(a, `${name}.intermediate.dense`));
  const fed = weights.linear(inner, `${name}.output.dense`);
  return layerNorm(shared, graph.add('Add', [fed, a]), `${name}.output.LayerNorm`);
}

/** x * (erf(x / sqrt 2) + 1) / 2 in the form that onnxruntime joins to one kernel. */
function gelu(graph: GraphBuilder, x: Value): Value {
  const erf = graph.add('Erf', [graph.add('Div', [x, graph.float(Math.SQRT2)])]);
  const product = graph.add('Mul', [x, graph.add('Add', [erf, graph.float(1)])]);
  return graph.add('Mul', [product, graph.float(0.5)]);
}

/** ConvLayer: the embeddings convolved over the tokens, added to the output of layer 0, normalized. */
function convolution(shared: Shared, embedded: Value, residual: Value): Value {
  const { graph, config, weights, tokenMask } = shared;
  const { hidden_size: H, conv_kernel_size: K, conv_groups: group, conv_act } = config;
  const reach = (K - 1) / 2;
  const shape = graph.add('Concat', [batchAndLength(graph), graph.integers(H)], { axis: 0 });
  const channels = graph.add('Transpose', [graph.add('Reshape', [embedded, shape])], { perm: [0, 2, 1] });
  const convolved = graph.add(
    'Conv',
    [
      channels,
      weights.kernel('deberta.encoder.conv.conv.weight'),
      weights.float('deberta.encoder.conv.conv.bias'),
    ],
    { kernel_shape: [K], pads: [reach, reach], group },
  );
  const rows = graph.add('Reshape', [
    graph.add('Transpose', [convolved], { perm: [0, 2, 1] }),
    graph.integers(-1, H),
  ]);
  const masked = graph.add('Mul', [rows, tokenMask]);
  const activated = conv_act === 'tanh' ? graph.add('Tanh', [masked]) : gelu(graph, masked);
  const normalized = layerNorm(
    shared,
    graph.add('Add', [residual, activated]),
    'deberta.encoder.conv.LayerNorm',
  );
  return graph.add('Mul', [normalized, tokenMask]);
}
