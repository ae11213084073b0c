import { ManabiError } from '../errors/manabi-error.ts';
import { readRange, type ByteSource } from './byte-source.ts';
import { UnexpectedEnd } from './pickle-reader.ts';
import { bytesOf, StorageRef, TensorRef, type Storages } from './torch-globals.ts';
import { MAX_PICKLE_BYTES, unpickle, type PickleValue } from './unpickle.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

interface Head {
  value: PickleValue;
  /** Of the storages, in the order of their bytes, which start at `end`. */
  keys: string[];
  end: number;
}

/**
 * The format of torch before 1.6: pickles of a magic number, the protocol, the machine, the value and the storages' keys; then for each
 * key the number of elements (int64) and its elements. Little-endian whatever the machine said.
 */
export async function readLegacy(source: ByteSource): Promise<{ value: PickleValue; storages: Storages }> {
  const { value, keys, end } = await readHead(source);
  const declared = storagesOf(value);
  const places = new Map<string, { start: number; end: number }>();
  let at = end;
  for (const key of keys) {
    const storage = declared.get(key);
    const wanted = storage?.byteLength ?? 0;
    if (!storage || at + 8 + wanted > source.size) {
      throw new ManabiError('torch-storage', source.name, { key, found: source.size - at, wanted });
    }
    const prefix = await readRange(source, at, at + 8);
    const count = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigInt64(0, true);
    const found = Number(count) * (storage.type === null ? 1 : bytesOf(storage.type));
    if (found !== wanted) throw new ManabiError('torch-storage', source.name, { key, found, wanted });
    places.set(key, { start: at + 8, end: at + 8 + wanted });
    at += 8 + wanted;
  }
  const storages: Storages = {
    bigEndian: false,
    byteLength: (key) => {
      const place = places.get(key);
      return place ? place.end - place.start : null;
    },
    bytes: async (key) => {
      const place = places.get(key) ?? { start: 0, end: 0 };
      return readRange(source, place.start, place.end);
    },
  };
  return { value, storages };
}

/** The pickles say nowhere how long they are: more of the file is read until they end. */
async function readHead(source: ByteSource): Promise<Head> {
  for (let length = 2 ** 16; ; length *= 4) {
    const part = Math.min(length, source.size);
    try {
      return parseHead(await readRange(source, 0, part), source.name);
    } catch (error) {
      if (!(error instanceof UnexpectedEnd)) throw error;
      if (part === source.size || length >= MAX_PICKLE_BYTES) {
        throw new ManabiError('pickle-broken', source.name, { reason: 'no end', at: part });
      }
    }
  }
}

function parseHead(bytes: Uint8Array, place: string): Head {
  // Each pickle of torch starts with its protocol; a text or an image does not.
  if (bytes.length === 0 || bytes[0] !== 0x80) throw new ManabiError('torch-no-tensors', place);
  const magic = unpickle(bytes, 0, place);
  if (magic.value !== MAGIC) throw new ManabiError('torch-no-tensors', place);
  const protocol = unpickle(bytes, magic.end, place);
  if (protocol.value !== PROTOCOL) {
    throw new ManabiError('pickle-broken', place, { reason: 'unknown torch protocol', at: magic.end });
  }
  const machine = unpickle(bytes, protocol.end, place);
  const { value, end } = unpickle(bytes, machine.end, place);
  const keys = unpickle(bytes, end, place);
  const list = Array.isArray(keys.value) ? keys.value : [];
  if (!list.every((key) => typeof key === 'string') || new Set(list).size !== list.length) {
    throw new ManabiError('pickle-broken', place, { reason: 'storage keys', at: end });
  }
  return { value, keys: list as string[], end: keys.end };
}

/** Every storage that a tensor of the value is a view of. */
function storagesOf(value: PickleValue): Map<string, StorageRef> {
  const found = new Map<string, StorageRef>();
  const seen = new Set<PickleValue>();
  const open: PickleValue[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (next === undefined || seen.has(next)) continue;
    if (next instanceof TensorRef) found.set(next.storage.key, next.storage);
    else if (next instanceof StorageRef) found.set(next.key, next);
    else if (Array.isArray(next) || next instanceof Map) {
      seen.add(next);
      for (const item of next.values()) open.push(item);
    }
  }
  return found;
}
