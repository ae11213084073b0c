import { ManabiError } from '../errors/manabi-error.ts';
import type { NamedTensors } from '../model/engine.ts';
import { readRange, type ByteSource } from './byte-source.ts';
import { elementBits, isReadable, toFloat32, type ElementType } from './element-types.ts';
import type { WeightFile } from './weight-file.ts';

const MAX_HEADER_BYTES = 100_000_000;

interface Entry {
  /** A tensor that nobody reads may have one that is not read here. */
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * Checks a safetensors file: header length, JSON header, every tensor's type, shape and place, data without holes. Throws
 * ManabiError safetensors-*, one code for each thing that can be wrong; `read` throws safetensors-dtype for a type without a float32 form.
 */
export async function openSafetensors(source: ByteSource): Promise<WeightFile> {
  const { entries, dataStart } = await readHeader(source);
  return {
    shapes: new Map([...entries].map(([name, { shape }]) => [name, shape])),
    types: new Map([...entries].map(([name, { dtype }]) => [name, dtype])),
    read: async (names) => {
      const tensors: NamedTensors = new Map();
      for (const name of names) {
        const entry = entries.get(name);
        if (!entry) continue;
        const { dtype } = entry;
        if (!isReadable(dtype))
          throw new ManabiError('safetensors-dtype', source.name, { tensor: name, dtype });
        const [start, end] = entry.data_offsets;
        const bytes = await readRange(source, dataStart + start, dataStart + end);
        tensors.set(name, { shape: entry.shape, data: toFloat32(bytes, dtype) });
      }
      return tensors;
    },
  };
}

/** Every tensor of a safetensors file. Throws what openSafetensors throws. */
export async function readSafetensors(source: ByteSource): Promise<NamedTensors> {
  const file = await openSafetensors(source);
  return file.read(file.shapes.keys());
}

async function readHeader(source: ByteSource): Promise<{ entries: Map<string, Entry>; dataStart: number }> {
  const { name: place, size } = source;
  if (size < 8) throw new ManabiError('safetensors-too-short', place, { size });
  const prefix = await readRange(source, 0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || length > size - 8) {
    throw new ManabiError('safetensors-header-length', place, { length, size });
  }
  const header = parseHeader(await readRange(source, 8, 8 + length), place);
  const rows: [string, Entry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') rows.push([name, checkEntry(name, value, place)]);
  }
  rows.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  let at = 0;
  for (const [tensor, { data_offsets: offsets }] of rows) {
    if (offsets[0] !== at) throw new ManabiError('safetensors-overlap', place, { tensor });
    at = offsets[1];
  }
  const found = size - 8 - length;
  if (at > found) throw new ManabiError('safetensors-truncated', place, { found, wanted: at });
  if (at < found) throw new ManabiError('safetensors-trailing', place, { bytes: found - at });
  return { entries: new Map(rows), dataStart: 8 + length };
}

function parseHeader(bytes: Uint8Array, place: string): object {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ManabiError('safetensors-header-json', place);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new ManabiError('safetensors-header-json', place);
  }
  return header;
}

function checkEntry(tensor: string, value: unknown, place: string): Entry {
  const isCount = (number: unknown) => Number.isSafeInteger(number) && (number as number) >= 0;
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Entry>;
  const bits = typeof dtype === 'string' ? elementBits(dtype) : null;
  if (bits === null || dtype === undefined) {
    throw new ManabiError('safetensors-dtype', place, { tensor, dtype: String(dtype) });
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw new ManabiError('safetensors-entry', place, { tensor, key: 'shape' });
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new ManabiError('safetensors-entry', place, { tensor, key: 'data_offsets' });
  }
  const [start, end] = offsets;
  if (end < start) throw new ManabiError('safetensors-end-before-start', place, { tensor, start, end });
  const bytes = shape.reduce((product, size) => product * size, bits) / 8;
  if (bytes !== end - start) {
    const details = { tensor, shape: `[${shape.join()}]`, found: end - start };
    throw new ManabiError('safetensors-byte-length', place, details);
  }
  return { dtype, shape, data_offsets: offsets };
}

/** What a safetensors file can be written from: float32 or int32 values. */
export type WritableTensors = ReadonlyMap<
  string,
  { shape: readonly number[]; data: Float32Array | Int32Array }
>;

/**
 * Tensors -> the pieces of a safetensors file as save_pretrained writes it (metadata format pt): header, then each tensor's own
 * bytes, not copied.
 */
export function safetensorsParts(tensors: WritableTensors): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const [name, { shape, data }] of tensors) {
    const dtype: ElementType = data instanceof Int32Array ? 'I32' : 'F32';
    header[name] = { dtype, shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  const bodies = [...tensors.values()].map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  return [head, ...bodies];
}

/** The same as one array. */
export function writeSafetensors(tensors: WritableTensors): Uint8Array<ArrayBuffer> {
  return joined(safetensorsParts(tensors));
}

/** Pieces of a file as one array. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
