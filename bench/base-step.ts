// --full: one base step really executed, and its gradients against the composed form's, layer by layer.
import type { Batch } from '../src/features/feature.ts';
import type { Gpu } from '../src/gpu/device.ts';
import type { TileChoice } from '../src/gpu/linear/tile.ts';
import { ComposedEngine } from '../src/model/composed/composed-engine.ts';
import type { DebertaConfig } from '../src/model/config.ts';
import type { NamedTensors } from '../src/model/engine.ts';
import { FusedEngine } from '../src/model/fused/engine.ts';
import { closeTfjs, openTfjs } from './composed.ts';
import { openGpu } from './device.ts';
import { randomBatch } from './sizes.ts';

export interface LayerErrors {
  /** "embeddings", "layer 0", ..., "relative embeddings", "head". */
  part: string;
  /** Largest difference of a gradient over the largest gradient of the part. */
  error: number;
  largest: number;
}

/**
 * Gradients of a batch [B, N] by the fused engine, all rows computed, but only the first and the last row with labels: the
 * others add exactly nothing, so the composed form needs those two rows alone. Throws when a gradient is not finite.
 */
export async function checkBaseStep(
  gpu: Gpu,
  config: DebertaConfig,
  weights: NamedTensors,
  B: number,
  N: number,
  tiles: TileChoice,
): Promise<LayerErrors[]> {
  const batch = randomBatch(config, B, N);
  const labelled = [0, B - 1];
  for (let b = 0; b < B; b++) {
    if (labelled.includes(b)) continue;
    for (const labels of [batch.startPositions, batch.endPositions]) labels?.fill(N, b, b + 1);
  }
  const fused = await FusedEngine.create(gpu, config, weights, { tiles });
  const found = await fused.gradients(batch);
  fused.dispose();
  const device = await openGpu();
  await openTfjs(device);
  const composed = new ComposedEngine(config, weights, 'tfjs webgpu');
  const wanted = await composed.gradients(rowsOf(batch, labelled));
  composed.dispose();
  device.check();
  closeTfjs(device);
  return [
    { part: 'loss', error: Math.abs(found.loss - wanted.loss) / wanted.loss, largest: wanted.loss },
    ...compare(found.gradients, wanted.gradients),
  ];
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
  const parts = new Map<string, LayerErrors>();
  for (const [name, { data }] of wanted) {
    const part = partOf(name);
    const errors = parts.get(part) ?? { part, error: 0, largest: 0 };
    const other = found.get(name)?.data;
    for (let i = 0; i < data.length; i++) {
      const difference = Math.abs(data[i] - (other?.[i] ?? NaN));
      if (!Number.isFinite(difference)) throw new Error(`gradient of ${name} at ${i} is not finite`);
      errors.error = Math.max(errors.error, difference);
      errors.largest = Math.max(errors.largest, Math.abs(data[i]));
    }
    parts.set(part, errors);
  }
  return [...parts.values()].map((part) => ({ ...part, error: part.error / part.largest }));
}

function partOf(name: string): string {
  const layer = name.match(/\.layer\.(\d+)\./);
  if (layer) return `layer ${layer[1]}`;
  if (name.startsWith('deberta.embeddings')) return 'embeddings';
  return name.startsWith('qa_outputs') ? 'head' : 'relative embeddings';
}
