// --full: one base step really executed, and its gradients against those of the composed form, layer by layer.
import type { Batch } from '../src/features/feature.ts';
import type { Gpu } from '../src/devices/gpu/device.ts';
import type { TileChoice } from '../src/kernels/linear/tile.ts';
import { closeTfjs, composedEngine, openTfjs } from '../src/engine/composed-on-gpu.ts';
import type { DebertaConfig } from '../src/model/config.ts';
import type { Engine, NamedTensors } from '../src/model/engine.ts';
import { KernelEngine } from '../src/engine/engine.ts';
import { openGpu } from './device.ts';
import { optimizerStep } from './measure.ts';
import { randomBatch, randomWeights } from './random.ts';

export interface LayerErrors {
  /** "embeddings", "layer 0", ..., "relative embeddings", "head". */
  part: string;
  /** Largest difference of a gradient over the largest gradient of the part. */
  error: number;
}

export interface BaseStep {
  /** Of the only step, so with everything that is compiled and made. */
  first_step_ms: number;
  loss: number;
  grad_norm: number;
  /** Relative, against the composed form. */
  loss_error: number;
  grad_norm_error: number;
  layers: LayerErrors[];
}

/**
 * One whole step over [B, N] by KernelEngine, optimizer included. Only the first and the last row have labels: the
 * others are computed too, but add exactly nothing, so the composed form needs those two rows alone. No dropout and no
 * clipping: after a first step the first moments are (1 - beta1) times the gradients. Throws when one is not finite.
 */
export async function checkBaseStep(
  gpu: Gpu,
  config: DebertaConfig,
  B: number,
  N: number,
  tiles: TileChoice,
): Promise<BaseStep> {
  const plain = { ...config, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
  const [weights, batch] = [randomWeights(config), randomBatch(config, B, N)];
  const labelled = B > 1 ? [0, B - 1] : [0];
  for (let b = 0; b < B; b++) {
    if (labelled.includes(b)) continue;
    for (const labels of [batch.startPositions, batch.endPositions]) labels?.fill(N, b, b + 1);
  }
  const found = await stepOnce(await KernelEngine.create(gpu, plain, weights, { tiles }), batch);
  const device = await openGpu();
  await openTfjs(device);
  const composed = composedEngine(device, plain, weights);
  const wanted = await stepOnce(composed, rowsOf(batch, labelled));
  device.check();
  closeTfjs(device);
  return {
    first_step_ms: found.ms,
    loss: found.loss,
    grad_norm: found.gradNorm,
    loss_error: Math.abs(found.loss / wanted.loss - 1),
    grad_norm_error: Math.abs(found.gradNorm / wanted.gradNorm - 1),
    layers: compare(found.moments, wanted.moments),
  };
}

async function stepOnce(engine: Engine, batch: Batch) {
  try {
    const start = performance.now();
    await engine.trainStep([batch], { ...optimizerStep(1), max_grad_norm: 0 });
    const [{ loss, gradNorm }] = await engine.drainMetrics();
    const ms = performance.now() - start;
    const { exp_avg: moments } = await engine.readOptimizer();
    return { loss, gradNorm, ms, moments };
  } finally {
    engine.dispose();
  }
}

function rowsOf({ N, ...batch }: Batch, rows: readonly number[]): Batch {
  const take = (values: Int32Array, width: number) =>
    Int32Array.from(rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));
  return {
    B: rows.length,
    N,
    inputIds: take(batch.inputIds, N),
    attentionMask: take(batch.attentionMask, N),
    tokenTypeIds: take(batch.tokenTypeIds, N),
    startPositions: batch.startPositions && take(batch.startPositions, 1),
    endPositions: batch.endPositions && take(batch.endPositions, 1),
  };
}

function compare(found: NamedTensors, wanted: NamedTensors): LayerErrors[] {
  const parts = new Map<string, { error: number; largest: number }>();
  for (const [name, { data }] of wanted) {
    const part = partOf(name);
    const errors = parts.get(part) ?? { error: 0, largest: 0 };
    const other = found.get(name)?.data;
    for (let i = 0; i < data.length; i++) {
      const difference = Math.abs(data[i] - (other?.[i] ?? NaN));
      if (!Number.isFinite(difference)) throw new Error(`gradient of ${name} at ${i} is not finite`);
      errors.error = Math.max(errors.error, difference);
      errors.largest = Math.max(errors.largest, Math.abs(data[i]));
    }
    parts.set(part, errors);
  }
  return [...parts].map(([part, { error, largest }]) => ({ part, error: error / largest }));
}

function partOf(name: string): string {
  const layer = name.match(/\.layer\.(\d+)\./);
  if (layer) return `layer ${layer[1]}`;
  if (name.startsWith('deberta.embeddings')) return 'embeddings';
  return name.startsWith('qa_outputs') ? 'head' : 'relative embeddings';
}
