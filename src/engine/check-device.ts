// Drivers compute wrong numbers without an error (llama.cpp's WebGPU in Firefox did), and nobody can try them all: each device is held to the processor.
import type { Device } from '../devices/device.ts';
import type { Batch } from '../features/feature.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { Engine, NamedTensors, OptimizerStep } from '../model/engine.ts';
import { parameterShapes } from '../model/parameters.ts';
import { Mt19937 } from '../random/mt19937.ts';
import { KernelEngine } from './engine.ts';

/** How far a device may be from the processor: the largest difference, over the largest value where that is more than 1. */
export const CHECK_BOUND = 1e-3;

/** How far a device is from the processor in what a run asks of it. */
export interface DeviceDifferences {
  logits: number;
  loss: number;
  /** Over the largest gradient, as are the moments and the change of the weights over theirs. */
  gradients: number;
  moments: number;
  weights: number;
}

const B = 2;
const LONGEST = 96;
const VOCABULARY = 300;

/** The smallest model that calls the kernels as a model of this config does: its widths, one layer, few tokens. */
export function checkedConfig(config: DebertaConfig): DebertaConfig {
  return { ...config, num_hidden_layers: 1, vocab_size: Math.min(config.vocab_size, VOCABULARY) };
}

/** Makes an engine of this config that holds these weights. */
export type MakeEngine = (config: DebertaConfig, weights: NamedTensors) => Promise<Engine>;

/** The same batch through our kernels on `device` and on `reference`. Products are cut by both tiles of the choice, each in turn. */
export function compareDevices(
  device: Device,
  reference: Device,
  config: DebertaConfig,
  tiles: TileChoice,
): Promise<DeviceDifferences> {
  const makes = [...new Set([tiles.small, tiles.large])].map(
    (tile): MakeEngine =>
      (small, weights) =>
        KernelEngine.create(device, small, weights, { tiles: { small: tile, large: tile } }),
  );
  return compareEngines(makes, reference, config);
}

/** The same batch through engines and through our kernels on `reference`: logits, and one update with dropout. Throws what the devices throw. */
export async function compareEngines(
  makes: readonly MakeEngine[],
  reference: Device,
  config: DebertaConfig,
): Promise<DeviceDifferences> {
  const small = checkedConfig(config);
  const weights = checkWeights(small);
  const batch = checkBatch(small);
  const wanted = await resultsOf(await KernelEngine.create(reference, small, weights), batch, weights);
  const worst: DeviceDifferences = { logits: 0, loss: 0, gradients: 0, moments: 0, weights: 0 };
  for (const make of makes) {
    const found = await resultsOf(await make(small, weights), batch, weights);
    for (const name of Object.keys(worst) as (keyof DeviceDifferences)[]) {
      worst[name] = Math.max(worst[name], difference(found[name], wanted[name], name));
    }
  }
  return worst;
}

/** Whether the numbers of a device can be trusted. */
export function agrees(differences: DeviceDifferences): boolean {
  return Object.values(differences).every((value) => value <= CHECK_BOUND);
}

type Results = Record<keyof DeviceDifferences, readonly Float32Array[]>;

/** With this epsilon an update is nearly the gradient: without it the sign of a gradient that is nearly 0 would decide. */
export const checkUpdate: OptimizerStep = {
  learning_rate: 1,
  adam_beta1: 0.9,
  adam_beta2: 0.999,
  adam_epsilon: 1,
  weight_decay: 0.01,
  max_grad_norm: 1,
  step: 1,
  dropoutSeed: 7,
};

async function resultsOf(engine: Engine, batch: Batch, before: NamedTensors): Promise<Results> {
  try {
    const { startLogits, endLogits, loss } = await engine.evaluate(batch);
    await engine.trainStep([batch], checkUpdate);
    const [metrics] = await engine.drainMetrics();
    const { exp_avg, exp_avg_sq } = await engine.readOptimizer();
    const after = await engine.readWeights();
    const changes = sorted(after).map(([name, { data }]) =>
      data.map((value, i) => value - (before.get(name)?.data[i] ?? NaN)),
    );
    return {
      logits: [startLogits, endLogits],
      loss: [Float32Array.of(loss), Float32Array.of(metrics.loss), Float32Array.of(metrics.gradNorm)],
      // After the first step the first moments are the gradients, but for a factor.
      gradients: valuesOf(exp_avg),
      moments: valuesOf(exp_avg_sq).map((data) => data.map(Math.sqrt)),
      weights: changes,
    };
  } finally {
    engine.dispose();
  }
}

/** Each engine has its own order. */
const sorted = (tensors: NamedTensors) => [...tensors].toSorted(([a], [b]) => (a < b ? -1 : 1));
const valuesOf = (tensors: NamedTensors) => sorted(tensors).map(([, { data }]) => data);

/** Largest difference; of gradients and what follows from them over the largest value of each tensor that is not nearly 0. */
function difference(
  found: readonly Float32Array[],
  wanted: readonly Float32Array[],
  name: keyof DeviceDifferences,
): number {
  const largestOf = (data: Float32Array) => data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const largest = wanted.map(largestOf);
  const overall = Math.max(...largest);
  let worst = 0;
  for (const [t, data] of wanted.entries()) {
    const absolute = name === 'logits' || name === 'loss';
    // A tensor that is a thousand times smaller than the largest is held to less: its rounding comes from the large ones.
    const scale = absolute ? Math.max(1, overall) : Math.max(largest[t], overall / 1000);
    for (const [i, value] of data.entries()) {
      const error = Math.abs(value - found[t][i]) / (scale || 1);
      // Not a number is as wrong as can be.
      worst = error <= worst ? worst : Number.isNaN(error) ? Infinity : error;
    }
  }
  return worst;
}

export function checkWeights(config: DebertaConfig): NamedTensors {
  const generator = new Mt19937(11);
  return new Map(
    Array.from(parameterShapes(config), ([name, shape]) => {
      const centre = name.endsWith('LayerNorm.weight') ? 1 : 0;
      // As wide as keeps activations near 1 whatever the width of the model.
      const spread = shape.length > 1 ? 1 / Math.sqrt(shape[shape.length - 1]) : 0.1;
      const length = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length }, () => centre + spread * generator.normal());
      return [name, { shape, data }];
    }),
  );
}

/** Two rows, the second padded. */
function checkBatch(config: DebertaConfig): Batch {
  const N = Math.min(LONGEST, config.max_position_embeddings);
  const generator = new Mt19937(12);
  const draw = (below: number) => Math.floor(generator.uniform() * below);
  const filled = [N, Math.ceil(0.7 * N)];
  const perToken = (value: () => number) =>
    Int32Array.from({ length: B * N }, (_, at) => (at % N < filled[Math.floor(at / N)] ? value() : 0));
  return {
    B,
    N,
    inputIds: perToken(() => 1 + draw(config.vocab_size - 1)),
    attentionMask: perToken(() => 1),
    tokenTypeIds: perToken(() => draw(Math.max(1, config.type_vocab_size))),
    startPositions: Int32Array.of(draw(filled[0]), draw(filled[1])),
    endPositions: Int32Array.of(draw(filled[0]), draw(filled[1])),
  };
}
