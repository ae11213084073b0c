import type { DeviceBuffer, Slice } from '../kernels/kernel.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { EngineSettings } from '../model/engine.ts';
import { isDecayed, isEmbeddingTable, isReached, parameterShapes } from '../model/parameters.ts';

/** Where a parameter lies, in float32 elements. */
export interface Placement {
  slab: number;
  offset: number;
  length: number;
  shape: number[];
}

export interface Slab {
  /** In float32 elements; a multiple of 64 (256 bytes). */
  length: number;
  decayed: boolean;
  /** Holds embedding tables, and nothing else. */
  tables: boolean;
}

/**
 * All parameters in a few slabs, so that AdamW and the global norm take one dispatch per slab. Gradients and both moments
 * lie in slabs of the same form. Embedding tables come last, so that the slabs before them are a layout of their own.
 */
export interface Layout {
  slabs: Slab[];
  parameters: Map<string, Placement>;
}

/** The largest binding that every WebGPU device allows. */
export const GUARANTEED_BINDING = 128 * 2 ** 20;

const ALIGNED = 64;

/**
 * Groups are laid without gaps and begin at multiples of 256 bytes: query, key, value (and their biases) form one matrix
 * [3H, H], the projections of the relative embeddings one [2H, H], query before key in both.
 */
export function layoutOf(config: DebertaConfig, slabBytes = GUARANTEED_BINDING): Layout {
  const shapes = parameterShapes(config);
  const layout: Layout = { slabs: [], parameters: new Map() };
  const open = new Map<string, number>();
  const done = new Set<string>();
  const names = [...shapes.keys()].toSorted(
    (a, b) => Number(isEmbeddingTable(a)) - Number(isEmbeddingTable(b)),
  );
  for (const name of names) {
    if (done.has(name)) continue;
    const group = groupOf(name, shapes);
    const length = sum(group.map((member) => product(shapes.get(member) ?? [])));
    const room = Math.ceil(length / ALIGNED) * ALIGNED;
    const kind = { decayed: isDecayed(name) && isReached(name, config), tables: isEmbeddingTable(name) };
    const key = JSON.stringify(kind);
    let slab = open.get(key);
    if (slab === undefined || 4 * (layout.slabs[slab].length + room) > slabBytes) {
      slab = layout.slabs.push({ length: 0, ...kind }) - 1;
      open.set(key, slab);
    }
    let { length: offset } = layout.slabs[slab];
    for (const member of group) {
      const shape = shapes.get(member) ?? [];
      layout.parameters.set(member, { slab, offset, length: product(shape), shape });
      offset += product(shape);
      done.add(member);
    }
    layout.slabs[slab].length += room;
  }
  return layout;
}

/** The part of a layout that has gradients and moments. */
export function trainedLayout(
  { slabs, parameters }: Layout,
  { freeze_embeddings }: Pick<EngineSettings, 'freeze_embeddings'>,
): Layout {
  if (!freeze_embeddings) return { slabs, parameters };
  const trained = [...parameters].filter(([name]) => !isEmbeddingTable(name));
  return { slabs: slabs.filter(({ tables }) => !tables), parameters: new Map(trained) };
}

function groupOf(name: string, shapes: Map<string, number[]>): string[] {
  const parts = name.match(/^(.*\.attention\.self\.)(\w+)\.(weight|bias)$/);
  if (!parts) return [name];
  const [, self, projection, kind] = parts;
  const group = projection.startsWith('pos_')
    ? ['pos_query_proj', 'pos_key_proj']
    : ['query_proj', 'key_proj', 'value_proj'];
  return group.map((member) => `${self}${member}.${kind}`).filter((member) => shapes.has(member));
}

/** A parameter (or, from its first member on, a group of `members` equal ones) as a binding. */
export function sliceOf(layout: Layout, buffers: readonly DeviceBuffer[], name: string, members = 1): Slice {
  const { slab, offset, length } = placementOf(layout, name);
  return { buffer: buffers[slab], offset: 4 * offset, size: 4 * length * members };
}

export function placementOf(layout: Layout, name: string): Placement {
  const found = layout.parameters.get(name);
  if (!found) throw new RangeError(`no parameter ${name}`);
  return found;
}

const product = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
