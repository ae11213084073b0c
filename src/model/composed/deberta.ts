// DeBERTa-v2 with a question-answering head, in the order of the paper: embeddings, relative embeddings, layers
// (disentangled attention, feed-forward), convolution, head. B batch, N tokens, M = B * N, H hidden size, h heads,
// D = H / h, P = relative span. Activations are [M, H].
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../features/feature.ts';
import { attentionScale, hasLayerNormOnRelative, relativeColumns, type DebertaConfig } from '../config.ts';
import { dropoutSites } from '../dropout-sites.ts';
import {
  columnsOfDistances,
  gatherRows,
  gelu,
  layerNorm,
  linear,
  matMul,
  softmax,
  spread,
  weightedCrossEntropy,
} from './operations.ts';

/** The tensor of a checkpoint name. */
export type Weights = (name: string) => tf.Tensor;

/** Multiplies by a mask of 0 and 1 / (1 - p) of this site, or gives x back when dropout is off. */
export type Dropout = (x: tf.Tensor, site: number, p: number) => tf.Tensor;

export const noDropout: Dropout = (x) => x;

/** What every layer needs to know of a batch; tensors are made by `pass` and live as long as its tidy. */
export interface Pass {
  config: DebertaConfig;
  batch: Batch;
  dropout: Dropout;
  /** [M, H], 1 for real tokens. */
  tokenMask: tf.Tensor;
  /** [B, N, N], 1 where query and key are both real; `blocked` is 0 there and the lowest float elsewhere. */
  pairMask: tf.Tensor;
  blocked: tf.Tensor;
}

const LOWEST_FLOAT = -3.4028234663852886e38;

export function pass(config: DebertaConfig, batch: Batch, dropout: Dropout): Pass {
  const { B, N, attentionMask } = batch;
  const pairs = new Float32Array(B * N * N);
  for (let at = 0; at < pairs.length; at++) {
    const row = Math.floor(at / (N * N)) * N;
    pairs[at] = attentionMask[row + (Math.floor(at / N) % N)] & attentionMask[row + (at % N)];
  }
  const pairMask = tf.tensor3d(pairs, [B, N, N]);
  const tokens = tf.tensor2d(Float32Array.from(attentionMask), [B * N, 1]);
  return {
    config,
    batch,
    dropout,
    tokenMask: spread(tokens, config.hidden_size),
    pairMask,
    blocked: tf.mul(tf.sub(1, pairMask), LOWEST_FLOAT),
  };
}

function named(weights: Weights, name: string): [tf.Tensor, tf.Tensor] {
  return [weights(`${name}.weight`), weights(`${name}.bias`)];
}

/** -> [M, H]. Padded positions are exactly 0; the pad token's row gets no gradient. */
export function embeddings({ config, batch, dropout, tokenMask }: Pass, weights: Weights): tf.Tensor {
  const of = (name: string) => weights(`deberta.embeddings.${name}.weight`);
  let x = gatherRows(of('word_embeddings'), batch.inputIds, config.pad_token_id);
  if (config.position_biased_input) {
    const positions = Int32Array.from(batch.inputIds, (_, at) => at % batch.N);
    x = tf.add(x, gatherRows(of('position_embeddings'), positions));
  }
  if (config.type_vocab_size > 0) {
    x = tf.add(x, gatherRows(of('token_type_embeddings'), batch.tokenTypeIds));
  }
  if (config.embedding_size !== config.hidden_size) x = matMul(x, of('embed_proj'), false, true);
  x = layerNorm(x, ...named(weights, 'deberta.embeddings.LayerNorm'), config.layer_norm_eps);
  return dropout(tf.mul(x, tokenMask), dropoutSites.embeddings, config.hidden_dropout_prob);
}

/** -> [2P, H], shared by all layers. */
export function relativeEmbeddings({ config }: Pass, weights: Weights): tf.Tensor {
  const table = weights('deberta.encoder.rel_embeddings.weight');
  if (!hasLayerNormOnRelative(config)) return tf.clone(table);
  return layerNorm(table, ...named(weights, 'deberta.encoder.LayerNorm'), config.layer_norm_eps);
}

/** [M, H] -> [h, M, D]. */
function heads(x: tf.Tensor, h: number): tf.Tensor {
  const [M, H] = x.shape;
  return tf.transpose(tf.reshape(x, [M, h, H / h]), [1, 0, 2]);
}

/** x [M, H], relative [2P, H] (or null without relative attention) -> context [M, H] of one layer's attention. */
function disentangledAttention(
  { config, batch, dropout, pairMask, blocked }: Pass,
  weights: Weights,
  layer: number,
  x: tf.Tensor,
  relative: tf.Tensor | null,
): tf.Tensor {
  const { B, N } = batch;
  const h = config.num_attention_heads;
  const [M, H] = x.shape;
  const self = `deberta.encoder.layer.${layer}.attention.self`;
  const project = (name: string, values: tf.Tensor) =>
    heads(linear(values, ...named(weights, `${self}.${name}`)), h);
  const query = project('query_proj', x);
  const key = project('key_proj', x);
  const value = project('value_proj', x);
  const perRow = (y: tf.Tensor) => tf.reshape(y, [h * B, N, H / h]);

  let scores = matMul(perRow(query), perRow(key), false, true);
  if (relative) {
    const table = dropout(relative, dropoutSites.relative(layer), config.hidden_dropout_prob);
    const shared = config.share_att_key;
    // Column of rel_embeddings by distance i - j, from -(N - 1) to N - 1.
    const columns = relativeColumns(N, config);
    // batch [h, B*N, D] x [h, 2N-1, D]: BatchMatMul's gradient does not broadcast.
    const byDistance = (rows: tf.Tensor, projected: tf.Tensor) =>
      columnsOfDistances(tf.reshape(matMul(rows, projected, false, true), [h * B, N, 2 * N - 1]));
    if (config.pos_att_type.includes('c2p')) {
      // Row i, columns j ascending: i - j descends.
      const rows = gatherRows(table, columns.toReversed());
      const projected = project(shared ? 'key_proj' : 'pos_key_proj', rows);
      scores = tf.add(scores, byDistance(query, projected));
    }
    if (config.pos_att_type.includes('p2c')) {
      // Row j, columns i ascending: i - j ascends; then transposed to (i, j).
      const projected = project(shared ? 'query_proj' : 'pos_query_proj', gatherRows(table, columns));
      scores = tf.add(scores, tf.transpose(byDistance(key, projected), [0, 2, 1]));
    }
  }
  scores = tf.reshape(tf.div(scores, attentionScale(config)), [h, B, N, N]);
  // x * 1 + 0 where both are real, else exactly the lowest float: a padded query attends uniformly to all N.
  scores = tf.add(tf.mul(scores, pairMask), blocked);
  const probabilities = softmax(tf.reshape(scores, [h * B * N, N]));
  const kept = dropout(probabilities, dropoutSites.probabilities(layer), config.attention_probs_dropout_prob);
  const context = matMul(tf.reshape(kept, [h * B, N, N]), perRow(value));
  return tf.reshape(tf.transpose(tf.reshape(context, [h, M, H / h]), [1, 0, 2]), [M, H]);
}

/**
 * One layer, [M, H] -> [M, H]. Layer 0 of a model with a convolution also takes the embedding output and ends with
 * the convolution.
 */
export function layer(
  the: Pass,
  weights: Weights,
  index: number,
  x: tf.Tensor,
  relative: tf.Tensor | null,
  embedded: tf.Tensor | null,
): tf.Tensor {
  const { config, dropout } = the;
  const name = `deberta.encoder.layer.${index}`;
  const p = config.hidden_dropout_prob;
  const eps = config.layer_norm_eps;
  const context = disentangledAttention(the, weights, index, x, relative);
  const attended = dropout(
    linear(context, ...named(weights, `${name}.attention.output.dense`)),
    dropoutSites.attentionOutput(index),
    p,
  );
  const a = layerNorm(tf.add(attended, x), ...named(weights, `${name}.attention.output.LayerNorm`), eps);
  const inner = gelu(linear(a, ...named(weights, `${name}.intermediate.dense`)));
  const fed = dropout(
    linear(inner, ...named(weights, `${name}.output.dense`)),
    dropoutSites.output(index),
    p,
  );
  const y = layerNorm(tf.add(fed, a), ...named(weights, `${name}.output.LayerNorm`), eps);
  return embedded ? convolution(the, weights, embedded, y) : y;
}

/** ConvLayer: embedded [M, H] convolved over the tokens of each row, added to layer 0's output, normalized. */
function convolution(
  { config, batch, dropout, tokenMask }: Pass,
  weights: Weights,
  embedded: tf.Tensor,
  residual: tf.Tensor,
): tf.Tensor {
  const { B, N } = batch;
  const { hidden_size: H, conv_groups: G, conv_kernel_size: K } = config;
  const reach = (K - 1) / 2;
  const padded = tf.pad(tf.reshape(embedded, [B, N, H]), [
    [0, 0],
    [reach, reach],
    [0, 0],
  ]);
  // [H, H / G, K] -> K taps of [G, H / G, H / G].
  // Sliced, not unstacked: tfjs's gradient of unstack fails with a single tap.
  const kernel = tf.transpose(weights('deberta.encoder.conv.conv.weight'), [2, 0, 1]);
  const taps = Array.from({ length: K }, (_, at) =>
    tf.reshape(tf.slice(kernel, [at, 0, 0], [1, H, H / G]), [H, H / G]),
  );
  const convolved = taps.map((tap, at) => {
    const shifted = tf.reshape(tf.slice(padded, [0, at, 0], [B, N, H]), [B * N, H]);
    const groups = G === 1 ? [shifted] : tf.split(shifted, G, 1);
    const kernels = G === 1 ? [tap] : tf.split(tap, G, 0);
    return tf.concat(
      groups.map((group, g) => matMul(group, kernels[g], false, true)),
      1,
    );
  });
  const summed = tf.add(tf.addN(convolved), weights('deberta.encoder.conv.conv.bias'));
  const dropped = dropout(
    tf.mul(summed, tokenMask),
    dropoutSites.convolution(config),
    config.hidden_dropout_prob,
  );
  const activated = config.conv_act === 'tanh' ? tf.tanh(dropped) : gelu(dropped);
  const normalized = layerNorm(
    tf.add(residual, activated),
    ...named(weights, 'deberta.encoder.conv.LayerNorm'),
    config.layer_norm_eps,
  );
  return tf.mul(normalized, tokenMask);
}

/** [M, H] -> [2 * B, N]: start logits of all rows, then end logits. */
export function head({ batch }: Pass, weights: Weights, x: tf.Tensor): tf.Tensor {
  const logits = linear(x, ...named(weights, 'qa_outputs'));
  return tf.reshape(tf.transpose(logits, [1, 0]), [2 * batch.B, batch.N]);
}

/** Mean of start and end cross entropy over all N positions; labels are clamped to [0, N], N is ignored. */
export function spanLoss({ batch }: Pass, logits: tf.Tensor): tf.Tensor {
  const { B, N, startPositions, endPositions } = batch;
  const weights = new Float32Array(2 * B * N);
  for (const [side, positions] of [startPositions, endPositions].entries()) {
    const labels = Array.from(positions ?? [], (label) => Math.min(N, Math.max(0, label)));
    const counted = labels.filter((label) => label < N).length;
    for (const [row, label] of labels.entries()) {
      if (label < N) weights[(side * B + row) * N + label] = 0.5 / counted;
    }
  }
  return weightedCrossEntropy(logits, tf.tensor2d(weights, [2 * B, N]));
}
