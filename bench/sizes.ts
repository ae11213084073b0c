// The models of the bench, and weights and batches for them: random, but the same every time.
import { readFileSync } from 'node:fs';
import type { Batch } from '../src/features/feature.ts';
import { parseConfig, type DebertaConfig } from '../src/model/config.ts';
import type { NamedTensors } from '../src/model/engine.ts';
import { parameterShapes } from '../src/model/parameters.ts';

export const sizeNames = ['tiny', 'small', 'base'] as const;
export type SizeName = (typeof sizeNames)[number];

/** As ku-nlp/deberta-v2-base-japanese is built, in two sizes. */
const family = {
  model_type: 'deberta-v2',
  relative_attention: true,
  position_buckets: 256,
  max_position_embeddings: 512,
  norm_rel_ebd: 'layer_norm',
  share_att_key: true,
  pos_att_type: ['p2c', 'c2p'],
  position_biased_input: false,
};

const small = {
  ...family,
  vocab_size: 8000,
  hidden_size: 256,
  num_hidden_layers: 6,
  num_attention_heads: 4,
  intermediate_size: 1024,
};

const base = {
  ...family,
  vocab_size: 32000,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
};

/** config.json of a size; tiny is the model that the page ships. */
export function configJson(size: SizeName): Record<string, unknown> {
  if (size === 'small') return small;
  if (size === 'base') return base;
  const file = new URL('../public/model/config.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

export function configOf(size: SizeName): DebertaConfig {
  return parseConfig(configJson(size), size);
}

/** Numbers in [-1, 1) from a linear congruential generator: fast enough for 110 million. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

export function randomWeights(config: DebertaConfig): NamedTensors {
  const next = noise(7);
  // As wide as N(0, initializer_range).
  const width = Math.sqrt(3) * config.initializer_range;
  const weights: NamedTensors = new Map();
  for (const [name, shape] of parameterShapes(config)) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const centre = name.endsWith('LayerNorm.weight') ? 1 : 0;
    for (let i = 0; i < data.length; i++) data[i] = centre + width * next();
    weights.set(name, { shape, data });
  }
  return weights;
}

/** Full rows: a bench of padding is `bench/padding.ts`. */
export function randomBatch(config: DebertaConfig, B: number, N: number): Batch {
  const next = noise(11);
  const draw = (below: number) => Math.floor((next() / 2 + 0.5) * below);
  return {
    B,
    N,
    inputIds: Int32Array.from({ length: B * N }, () => 5 + draw(config.vocab_size - 5)),
    attentionMask: new Int32Array(B * N).fill(1),
    tokenTypeIds: new Int32Array(B * N),
    startPositions: Int32Array.from({ length: B }, () => draw(N)),
    endPositions: Int32Array.from({ length: B }, () => draw(N)),
  };
}
