import { ManabiError } from '../errors/manabi-error.ts';
import { refuseStandIn, refuseText, TELLING_BYTES } from '../compression/recognise-file.ts';
import type { NamedTensors } from '../model/engine.ts';
import { readRange, type ByteSource } from './byte-source.ts';
import { elementBytes, isReadable, swapped, toFloat32, type ElementType } from './element-types.ts';
import { readLegacy } from './torch-legacy.ts';
import { TensorRef, type StorageRef, type Storages } from './torch-globals.ts';
import { MAX_PICKLE_BYTES, unpickleWhole, type PickleValue } from './unpickle.ts';
import type { WeightFile } from './weight-file.ts';
import { readZip } from './zip.ts';

/** What torch.save was given, with tensors as references to read. */
export interface TorchFile {
  value: PickleValue;
  /** float32 values. Names of one and the same view share one array. */
  read(tensors: ReadonlyMap<string, TensorRef>): Promise<NamedTensors>;
}

/**
 * Opens what torch.save wrote, in the zip format (torch 1.6 and later) or the one before. Throws ManabiError: torch-no-tensors where
 * it is something else; file-* where that can be told; zip-*, pickle-*, torch-storage where it is broken.
 */
export async function openTorch(source: ByteSource): Promise<TorchFile> {
  const start = await readRange(source, 0, Math.min(TELLING_BYTES, source.size));
  refuseStandIn(source.name, start);
  refuseText(source.name, start);
  const isZip = start.subarray(0, 4).join() === '80,75,3,4';
  const { value, storages } = isZip ? await readZipped(source) : await readLegacy(source);
  return { value, read: (tensors) => readTensors(source, storages, tensors) };
}

// Under which a training script keeps the state dict beside its own things.
const stateDictKeys = ['state_dict', 'model_state_dict', 'model', 'module'];

/**
 * A pytorch_model.bin: a dict of tensors by name, or one that holds such a dict. Throws ManabiError torch-not-a-state-dict (says what it
 * holds) and what openTorch throws.
 */
export async function openTorchWeights(source: ByteSource): Promise<WeightFile> {
  const file = await openTorch(source);
  const { tensors, nestedIn } = stateDictOf(file.value);
  if (tensors.size === 0) {
    throw new ManabiError('torch-not-a-state-dict', source.name, { found: describeValue(file.value) });
  }
  return {
    shapes: new Map([...tensors].map(([name, { shape }]) => [name, shape])),
    types: new Map([...tensors].map(([name, { type }]) => [name, type])),
    nestedIn,
    read: (names) => {
      const wanted = new Map<string, TensorRef>();
      for (const name of names) {
        const tensor = tensors.get(name);
        if (tensor) wanted.set(name, tensor);
      }
      return file.read(wanted);
    },
  };
}

/** The tensors of a dict; where it holds a dict of tensors, under a known key first, those in it. */
function stateDictOf(
  value: PickleValue | undefined,
  nestedIn: string[] = [],
): { tensors: Map<string, TensorRef>; nestedIn: string[] } {
  const tensors = new Map<string, TensorRef>();
  if (!(value instanceof Map) || nestedIn.length > 2) return { tensors, nestedIn };
  for (const key of stateDictKeys) {
    const inner = stateDictOf(value.get(key), [...nestedIn, key]);
    if (inner.tensors.size > 0) return inner;
  }
  for (const [name, part] of value) {
    if (typeof name === 'string' && part instanceof TensorRef) tensors.set(name, part);
  }
  if (tensors.size > 0) return { tensors, nestedIn };
  // Under a name of one's own: the one dict with word embeddings.
  const inside = [...value.keys()]
    .filter((key) => typeof key === 'string')
    .map((key) => stateDictOf(value.get(key), [...nestedIn, key]))
    .filter((inner) => [...inner.tensors.keys()].some((name) => name.endsWith('word_embeddings.weight')));
  return inside.length === 1 ? inside[0] : { tensors, nestedIn };
}

/** What a file holds instead, in a few words. */
function describeValue(value: PickleValue): string {
  if (value instanceof TensorRef) return `Tensor [${value.shape.join()}]`;
  if (value instanceof Map) return `dict: ${[...value.keys()].slice(0, 8).join(', ') || '{}'}`;
  return Array.isArray(value) ? `list of ${value.length}` : String(value).slice(0, 80);
}

async function readZipped(source: ByteSource): Promise<{ value: PickleValue; storages: Storages }> {
  const entries = await readZip(source);
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  const entry = pickle === undefined ? undefined : entries.get(pickle);
  if (!entry || pickle === undefined) throw new ManabiError('torch-no-tensors', source.name);
  if (entry.size > MAX_PICKLE_BYTES) {
    throw new ManabiError('pickle-broken', source.name, { reason: 'too large', at: entry.size });
  }
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = await entries.get(`${folder}byteorder`)?.read();
  const storages: Storages = {
    bigEndian: order !== undefined && new TextDecoder().decode(order) === 'big',
    byteLength: (key) => entries.get(`${folder}data/${key}`)?.size ?? null,
    bytes: async (key) => (await entries.get(`${folder}data/${key}`)?.read()) ?? new Uint8Array(),
  };
  return { value: unpickleWhole(await entry.read(), source.name), storages };
}

async function readTensors(
  source: ByteSource,
  storages: Storages,
  tensors: ReadonlyMap<string, TensorRef>,
): Promise<NamedTensors> {
  const byKey = new Map<string, [string, TensorRef][]>();
  for (const [name, tensor] of tensors) {
    const { key } = tensor.storage;
    checkStorage(source, storages, tensor.storage);
    const group = byKey.get(key);
    if (group) group.push([name, tensor]);
    else byKey.set(key, [[name, tensor]]);
  }
  const found: NamedTensors = new Map();
  // One storage at a time, so that the file is never in memory beside its tensors.
  for (const [key, group] of byKey) {
    const bytes = await storages.bytes(key);
    const views = new Map<string, Float32Array>();
    let viewed = 0;
    for (const [name, tensor] of group) {
      const view = [tensor.type, tensor.offset, tensor.shape, tensor.stride].join(';');
      let data = views.get(view);
      if (!data) {
        const { type } = tensor;
        if (!isReadable(type)) {
          throw new ManabiError('safetensors-dtype', source.name, { tensor: name, dtype: type });
        }
        const size = elementBytes[type];
        viewed += elementCount(tensor) * size;
        // Views that overlap could ask for any memory.
        if (viewed > bytes.length) throw new ManabiError('torch-views', source.name, { tensor: name });
        data = elementsOf(storages.bigEndian ? swapped(bytes, size) : bytes, tensor, type);
        views.set(view, data);
      }
      found.set(name, { shape: tensor.shape, data });
    }
  }
  return found;
}

function checkStorage(source: ByteSource, storages: Storages, { key, byteLength }: StorageRef): void {
  const found = storages.byteLength(key);
  if (found !== byteLength) {
    throw new ManabiError('torch-storage', source.name, { key, found: found ?? '-', wanted: byteLength });
  }
}

function elementCount({ shape }: TensorRef): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The view's elements, row-major. */
function elementsOf(bytes: Uint8Array, tensor: TensorRef, type: ElementType): Float32Array {
  const { offset, shape, stride } = tensor;
  const size = elementBytes[type];
  const count = elementCount(tensor);
  if (isContiguous(tensor)) return toFloat32(bytes.subarray(offset * size, (offset + count) * size), type);
  const all = toFloat32(bytes, type);
  const data = new Float32Array(count);
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < count; i++) {
    data[i] = all[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis];
      if (++index[axis] < shape[axis]) break;
      at -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return data;
}

function isContiguous({ shape, stride }: TensorRef): boolean {
  let wanted = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== wanted) return false;
    wanted *= shape[axis];
  }
  return true;
}
