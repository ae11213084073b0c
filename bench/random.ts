// Weights and batches for the models of the bench: random, but the same every time.
import type { Batch } from '../src/features/feature.ts';
import type { DebertaConfig } from '../src/model/config.ts';
import type { NamedTensors } from '../src/model/engine.ts';
import { parameterShapes } from '../src/model/parameters.ts';

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
