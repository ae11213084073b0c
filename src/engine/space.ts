// Every buffer that a pass over a batch uses, by name: the one list that allocation and the memory planner share.
import type { Device } from '../devices/device.ts';
import { attentionInputsLength, pairsLength } from '../kernels/attention/attention.ts';
import { sortedLength } from '../kernels/embedding/embedding.ts';
import type { DeviceBuffer, Slice } from '../kernels/kernel.ts';
import { partialLength } from '../kernels/layer-norm/layer-norm-grad.ts';
import type { EngineSettings } from '../model/engine.ts';
import {
  hasLayerNormOnRelative,
  relativeColumns,
  relativeSpan,
  type DebertaConfig,
} from '../model/config.ts';

export interface Shape {
  B: number;
  N: number;
}

/** evaluate: forward, no dropout; gradients: with backward, no dropout; train: with backward and dropout. */
export type Mode = 'evaluate' | 'gradients' | 'train';

/** The rows of the relative embeddings that a batch of N tokens uses: [start, start + count). */
export interface RelativeWindow {
  start: number;
  count: number;
}

/** The window and, for every distance i - j from -(N - 1) on, its column inside it. */
export interface RelativeColumns extends RelativeWindow {
  columns: Uint32Array;
}

const windows = new WeakMap<DebertaConfig, Map<number, RelativeColumns>>();

/**
 * Rounded up to a multiple of 4 where the table has room, so that products with it use loads of 16 bytes. Empty for a
 * model without c2p and p2c. Remembered: it is asked for at every step.
 */
export function relativeWindow(N: number, config: DebertaConfig): RelativeColumns {
  const known = windows.get(config) ?? new Map<number, RelativeColumns>();
  windows.set(config, known);
  const found = known.get(N) ?? findWindow(N, config);
  known.set(N, found);
  return found;
}

function findWindow(N: number, config: DebertaConfig): RelativeColumns {
  if (relativeParts(config).width === 0) return { start: 0, count: 0, columns: new Uint32Array(2 * N - 1) };
  const columns = relativeColumns(N, config);
  const rows = 2 * relativeSpan(config);
  let first = rows;
  let last = 0;
  for (const column of columns) {
    first = Math.min(first, column);
    last = Math.max(last, column);
  }
  const count = Math.min(rows, Math.ceil((last - first + 1) / 4) * 4);
  const start = Math.min(first, rows - count);
  return { start, count, columns: Uint32Array.from(columns, (column) => column - start) };
}

/** Which of c2p and p2c the model has, and where their parts of a projected relative embedding [R, width] begin. */
export function relativeParts(config: DebertaConfig) {
  const H = config.hidden_size;
  const c2p = config.relative_attention && config.pos_att_type.includes('c2p');
  const p2c = config.relative_attention && config.pos_att_type.includes('p2c');
  return { c2p, p2c, width: (Number(c2p) + Number(p2c)) * H, query: 0, key: p2c ? H : 0 };
}

/**
 * With fp16 stored as float16: what matrix products and attention read and write within a layer, and the layers' inputs. Sums
 * that grow (the residual stream before its LayerNorm, its gradient) and small things stay float32.
 */
const halves = new Set(
  ['qkv', 'c2p', 'p2c', 'context', 'middle', 'inner', 'inner slope'].concat([
    'd qkv',
    'd c2p',
    'd p2c',
    'd context',
  ]),
);

export function isHalf(name: string, { fp16 }: Pick<EngineSettings, 'fp16'>): boolean {
  return fp16 && (halves.has(name.replace(/ \d+$/, '')) || name.startsWith('saved '));
}

/** What no kernel of the processor touches. */
const ON_GPU_ONLY = ['attention weights', 'd scores'];

/** The buffer that a name of `spaceOf` has on a machine; null where nothing touches it. */
function bufferOf(name: string, kind: Device['kind']): string | null {
  if (kind === 'cpu') return ON_GPU_ONLY.includes(name) ? null : name;
  // A GPU has read the dropped probabilities before it writes this.
  return name === 'd c2p' ? 'attention weights' : name;
}

/** The lengths of the buffers that a machine needs for the names of `spaceOf`. */
export function buffersFor(sizes: Iterable<[string, number]>, kind: Device['kind']): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const [name, length] of sizes) {
    const buffer = bufferOf(name, kind);
    if (buffer) lengths.set(buffer, Math.max(length, lengths.get(buffer) ?? 0));
  }
  return lengths;
}

/** Whether all matrices of a model can be float16, which is read and written in fours. */
export function canBeHalf(config: DebertaConfig): boolean {
  const { hidden_size, num_attention_heads, intermediate_size } = config;
  const columns = relativeParts(config).width > 0 ? 2 * relativeSpan(config) : 0;
  return [hidden_size / num_attention_heads, intermediate_size, columns].every((count) => count % 4 === 0);
}

/**
 * Name -> elements of 4 bytes. T = B * N. What a layer computes has one buffer that all layers share, or, where the backward pass does not `recompute`
 * it, one per layer (`name l`).
 */
export function spaceOf(
  config: DebertaConfig,
  { B, N }: Shape,
  mode: Mode,
  settings: Pick<EngineSettings, 'fp16'>,
  recompute: boolean,
): Map<string, number> {
  const { hidden_size: H, intermediate_size: I, embedding_size: E, num_hidden_layers: L } = config;
  const h = config.num_attention_heads;
  const T = B * N;
  const parts = relativeParts(config);
  const relative = parts.width > 0;
  const R = relativeWindow(N, config).count;
  const table = relative ? 2 * relativeSpan(config) * H : 0;
  const backward = mode !== 'evaluate';
  const sizes = new Map<string, number>();
  const add = (name: string, length: number, when = true) => {
    if (when && length > 0) sizes.set(name, isHalf(name, settings) ? length / 2 : length);
  };
  const conv = config.conv_kernel_size > 0;
  const addLayers = (name: string, length: number, when = true) => {
    if (!backward || recompute) add(name, length, when);
    else for (let l = 0; l < L; l++) add(`${name} ${l}`, length, when);
  };

  add('ids', T);
  add('mask', T);
  add('types', T, config.type_vocab_size > 0);
  add('targets', 4 * B);
  add('attention inputs', attentionInputsLength(B, N, R));
  for (let l = 0; l <= (backward ? L : Math.min(1, L)); l++) add(`saved ${l}`, T * H);
  add('embedded', T * E);
  add('projected', T * H, E !== H);
  add('relative', table, relative && hasLayerNormOnRelative(config));
  addLayers('relative dropped', table, mode === 'train' && config.hidden_dropout_prob > 0);
  addLayers('relative projected', R * parts.width);
  addLayers('qkv', 3 * T * H);
  addLayers('c2p', B * h * N * R, parts.c2p);
  addLayers('p2c', B * h * N * R, parts.p2c);
  addLayers('stats', 2 * B * h * N);
  for (const name of ['context', 'attended', 'middle', 'fed']) addLayers(name, T * H);
  addLayers('inner', T * I);
  add('logits', 2 * T);
  add('conv columns', T * H * config.conv_kernel_size, conv);
  for (const name of ['layer 0', 'convolved', 'conv sum']) add(name, T * H, conv);
  if (!backward) return sizes;

  add('sorted ids', sortedLength(T));
  add('sorted types', sortedLength(T), config.type_vocab_size > 0);
  addLayers('inner slope', T * I);
  add('d qkv', 3 * T * H);
  add('d c2p', B * h * N * R, parts.c2p);
  add('d p2c', B * h * N * R, parts.p2c);
  for (const name of ON_GPU_ONLY) add(name, pairsLength({ B, N, heads: h }));
  for (const name of ['d', 'd sum', 'd dropped', 'd context']) add(name, T * H);
  add('d embedded', T * E);
  add('d relative projected', R * parts.width);
  add('d relative', table, relative && hasLayerNormOnRelative(config));
  add('d logits', 2 * T);
  add('d convolved', T * H, conv);
  // Two norms per layer, the embeddings', the convolution's; then that of the relative embeddings.
  add('norm partials', partialLength(T, H) * (2 * L + 1 + Number(conv)));
  add('relative partials', partialLength(table / H, H), sizes.has('d relative'));
  return sizes;
}

/** Bound by calls that this machine leaves out. */
const NOTHING: DeviceBuffer = { size: 0 };

/** Named buffers that grow and never shrink: as large as the largest shape so far needs. */
export class Space {
  private readonly buffers = new Map<string, DeviceBuffer>();
  /** Counts replacements: a plan made under another version binds buffers that are gone. */
  version = 0;

  constructor(private readonly device: Device) {}

  ensure(sizes: Map<string, number>): void {
    for (const [name, length] of buffersFor(sizes, this.device.kind)) {
      const old = this.buffers.get(name);
      if (old && old.size >= 4 * length) continue;
      if (old) {
        this.device.destroyBuffer(old);
        this.buffers.delete(name);
        this.version++;
      }
      this.buffers.set(name, this.device.createBuffer(name, 4 * length));
    }
  }

  slice(name: string, length: number): Slice {
    const place = bufferOf(name, this.device.kind);
    if (!place) return { buffer: NOTHING, offset: 0, size: 0 };
    const buffer = this.buffers.get(place);
    if (!buffer) throw new RangeError(`no buffer ${name}`);
    return { buffer, offset: 0, size: 4 * length };
  }

  find(name: string): DeviceBuffer | undefined {
    return this.buffers.get(name);
  }

  dispose(): void {
    for (const buffer of this.buffers.values()) this.device.destroyBuffer(buffer);
    this.buffers.clear();
    this.version++;
  }
}
