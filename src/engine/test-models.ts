// For tests: a small model, batches and steps, and how far two sets of tensors are apart.
import type { Batch } from '../features/feature.ts';
import { Mt19937 } from '../random/mt19937.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { NamedTensors, OptimizerStep } from '../model/engine.ts';
import { parameterShapes } from '../model/parameters.ts';

/** config.json of a model small enough for a software adapter. */
export const smallModel = {
  model_type: 'deberta-v2',
  vocab_size: 40,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  max_position_embeddings: 64,
  relative_attention: true,
  position_buckets: 8,
  norm_rel_ebd: 'layer_norm',
  share_att_key: true,
  pos_att_type: ['p2c', 'c2p'],
  position_biased_input: false,
};

export function randomWeights(config: DebertaConfig): NamedTensors {
  const generator = new Mt19937(7);
  const weights: NamedTensors = new Map();
  for (const [name, shape] of parameterShapes(config)) {
    const centre = name.endsWith('LayerNorm.weight') ? 1 : 0;
    const length = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, () => centre + 0.2 * generator.normal());
    weights.set(name, { shape, data });
  }
  return weights;
}

/** Rows of different lengths, padded. */
export function randomBatch(B: number, N: number, seed: number): Batch {
  const generator = new Mt19937(seed);
  const draw = (below: number) => Math.floor(generator.uniform() * below);
  const lengths = Array.from({ length: B }, (_, b) => (b === 0 ? N : 5 + draw(N - 5)));
  const perToken = (value: (real: boolean) => number) =>
    Int32Array.from({ length: B * N }, (_, at) => value(at % N < lengths[Math.floor(at / N)]));
  return {
    B,
    N,
    inputIds: perToken((real) => (real ? 1 + draw(39) : 0)),
    attentionMask: perToken(Number),
    tokenTypeIds: perToken((real) => (real ? draw(2) : 0)),
    startPositions: Int32Array.from({ length: B }, () => draw(5)),
    endPositions: Int32Array.from({ length: B }, (_, b) => (b === 1 ? N + 3 : draw(5))),
  };
}

export const optimizerStep = (number: number): OptimizerStep => ({
  learning_rate: 1e-3,
  adam_beta1: 0.9,
  adam_beta2: 0.999,
  adam_epsilon: 1e-8,
  weight_decay: 0.01,
  max_grad_norm: 1,
  step: number,
  dropoutSeed: 100 + number,
});

/** Largest difference over the largest value of all tensors; Infinity where one is missing or not a number. */
export function difference(found: NamedTensors, wanted: NamedTensors): number {
  let error = 0;
  let largest = 0;
  if (found.size !== wanted.size) return Infinity;
  for (const [name, { data }] of wanted) {
    const other = found.get(name)?.data;
    for (const [i, value] of data.entries()) {
      const difference = Math.abs(value - (other?.[i] ?? NaN));
      error = Number.isFinite(difference) ? Math.max(error, difference) : Infinity;
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return error / largest;
}
