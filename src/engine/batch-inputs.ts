// A batch as the buffers of a plan take it, cut into parts where one pass would bind too much.
import { attentionInputs } from '../kernels/attention/attention.ts';
import { sortRows } from '../kernels/embedding/embedding.ts';
import { countLabels, spanTargets } from '../kernels/span-loss/span-loss.ts';
import type { Batch } from '../features/feature.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { EngineSettings } from '../model/engine.ts';
import { relativeWindow, spaceOf, type Shape } from './space.ts';

/** Rows [first, first + B) of a batch; `counts`: counted start and end labels of the whole batch. */
export interface Part extends Shape {
  batch: Batch;
  first: number;
  counts: number[];
}

/** How many rows of N tokens one pass may take so that no binding is larger than `bindingBytes` (at least 1). */
export function rowsPerPass(
  config: DebertaConfig,
  { B, N }: Shape,
  bindingBytes: number,
  settings: Pick<EngineSettings, 'fp16'>,
): number {
  let rows = B;
  const largest = (B: number) => 4 * Math.max(...spaceOf(config, { B, N }, 'train', settings, true).values());
  while (rows > 1 && largest(rows) > bindingBytes) rows--;
  return rows;
}

/** The largest part of a batch [B, N] as `splitBatch` cuts it: in three, 8 rows are 3 + 3 + 2. */
export function largestPart(
  config: DebertaConfig,
  { B, N }: Shape,
  bindingBytes: number,
  settings: Pick<EngineSettings, 'fp16'>,
): Shape {
  const rows = rowsPerPass(config, { B, N }, bindingBytes, settings);
  return { B: Math.ceil(B / Math.ceil(B / rows)), N };
}

/** Parts of nearly equal size, of at most `rows` rows; their losses and gradients add up to those of the whole batch. */
export function splitBatch(batch: Batch, rows: number): Part[] {
  const { B, N, startPositions, endPositions } = batch;
  const parts = Math.ceil(B / rows);
  const counts = [startPositions, endPositions].map((labels) => (labels ? countLabels(N, labels) : 0));
  return Array.from({ length: parts }, (_, i) => {
    const first = Math.floor((i * B) / parts);
    return { B: Math.floor(((i + 1) * B) / parts) - first, N, batch, first, counts };
  });
}

/** Buffer name -> contents. `sorted`: also what the backward pass needs. */
export function inputsOf(
  config: DebertaConfig,
  part: Part,
  seed: number,
  microBatch: number,
  sorted: boolean,
): Map<string, Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
  const { B, N, batch, first, counts } = part;
  const rows = (values: Int32Array) => values.slice(first * N, (first + B) * N);
  const labels = (values: Int32Array | undefined) =>
    values ? values.slice(first, first + B) : new Int32Array(B).fill(N);
  const ids = rows(batch.inputIds);
  const mask = rows(batch.attentionMask);
  const { columns, count } = relativeWindow(N, config);
  const inputs = new Map<string, Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>>([
    ['ids', ids],
    ['mask', mask],
    ['targets', spanTargets(N, labels(batch.startPositions), labels(batch.endPositions), counts)],
    ['attention inputs', attentionInputs(seed, microBatch, columns, mask, count)],
  ]);
  if (sorted) inputs.set('sorted ids', sortRows(ids, config.pad_token_id));
  if (config.type_vocab_size > 0) {
    const types = rows(batch.tokenTypeIds);
    inputs.set('types', types);
    if (sorted) inputs.set('sorted types', sortRows(types, -1));
  }
  return inputs;
}
