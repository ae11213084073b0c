import { ManabiError } from '../errors/manabi-error.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { ByteSource } from './byte-source.ts';

const MAX_HEADER_BYTES = 100_000_000;
const elementBytes: Record<string, number> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  U8: 1,
  I8: 1,
  BOOL: 1,
};

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * Reads a safetensors file (header length, JSON header, data without holes) to float32 tensors; float16 and bfloat16 widen exactly.
 * Throws ManabiError safetensors-broken with what is wrong.
 */
export async function readSafetensors(source: ByteSource): Promise<NamedTensors> {
  const { entries, dataStart } = await readHeader(source);
  const tensors: NamedTensors = new Map();
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    const bytes = await source.slice(dataStart + offsets[0], dataStart + offsets[1]);
    tensors.set(name, { shape, data: toFloat32(bytes, dtype) });
  }
  return tensors;
}

async function readHeader(source: ByteSource): Promise<{ entries: [string, Entry][]; dataStart: number }> {
  const broken = (reason: string) => new ManabiError('safetensors-broken', source.name, { reason });
  if (source.size < 8) throw broken('file too short');
  const prefix = await source.slice(0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || length > source.size - 8)
    throw broken(`header length ${length} beyond the file`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await source.slice(8, 8 + length)));
  } catch {
    throw broken('header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw broken('header is not an object');
  const entries: [string, Entry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.push([name, checkEntry(name, value, broken)]);
  }
  entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  let at = 0;
  for (const [name, { data_offsets: offsets }] of entries) {
    if (offsets[0] !== at) throw broken(`${name}: overlapping tensors or a hole in the data`);
    at = offsets[1];
  }
  const dataBytes = source.size - 8 - length;
  if (at > dataBytes) throw broken('data shorter than the header says');
  if (at < dataBytes) throw broken('bytes after the last tensor');
  return { entries, dataStart: 8 + length };
}

function checkEntry(name: string, value: unknown, broken: (reason: string) => ManabiError): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Entry>;
  const isCount = (number: unknown) => Number.isSafeInteger(number) && (number as number) >= 0;
  if (typeof dtype !== 'string' || !(dtype in elementBytes))
    throw broken(`${name}: unknown dtype ${String(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw broken(`${name}: bad shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw broken(`${name}: bad offsets`);
  if (offsets[1] < offsets[0]) throw broken(`${name}: end before start`);
  const bytes = shape.reduce((product, size) => product * size, elementBytes[dtype]);
  if (bytes !== offsets[1] - offsets[0])
    throw broken(`${name}: shape [${shape}] is not the tensor's byte length`);
  return { dtype, shape, data_offsets: offsets };
}

function toFloat32(bytes: Uint8Array, dtype: string): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  const size = elementBytes[dtype];
  const read: Record<string, (at: number) => number> = {
    F64: (at) => view.getFloat64(at, true),
    I64: (at) => Number(view.getBigInt64(at, true)),
    I32: (at) => view.getInt32(at, true),
    F16: (at) => halfToNumber(view.getUint16(at, true)),
    U8: (at) => view.getUint8(at),
    I8: (at) => view.getInt8(at),
    BOOL: (at) => view.getUint8(at),
  };
  if (dtype === 'F32')
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
  if (dtype === 'BF16') {
    const words = Uint32Array.from({ length: byteLength / 2 }, (_, i) => view.getUint16(2 * i, true) << 16);
    return new Float32Array(words.buffer);
  }
  return Float32Array.from({ length: byteLength / size }, (_, i) => read[dtype](size * i));
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Tensors -> the bytes of a safetensors file, float32, as save_pretrained writes it (metadata format pt). */
export function writeSafetensors(tensors: NamedTensors): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let offset = 8 + text.length;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}
