import { elementBits, type ElementType } from './element-types.ts';
import { PickleError } from './pickle-reader.ts';
import type { PickleValue } from './unpickle.ts';

/** A name that a pickle may mention. It stays a name: nothing is called. */
export class Global {
  constructor(readonly path: string) {}
}

/** A run of bytes in the checkpoint, by its key. */
export class StorageRef {
  constructor(
    readonly key: string,
    /** null: bytes without a type (torch.storage.UntypedStorage). */
    readonly type: TorchType | null,
    readonly byteLength: number,
  ) {}
}

/** A view of a storage. Offset and strides in elements; it was checked to lie inside the storage. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly type: TorchType,
    readonly offset: number,
    readonly shape: number[],
    readonly stride: number[],
  ) {}
}

/** Where a checkpoint keeps the bytes that its tensors are views of. */
export interface Storages {
  bigEndian: boolean;
  /** null where the file holds no storage of that key. */
  byteLength(key: string): number | null;
  bytes(key: string): Promise<Uint8Array>;
}

/** Those without a float32 form are read only where nobody needs them. */
type TorchType = ElementType | 'C32' | 'C64' | 'C128' | 'U16' | 'U32' | 'U64' | `F8_${string}`;

const storageTypes: Record<string, TorchType | null> = {
  ComplexHalf: 'C32',
  ComplexFloat: 'C64',
  ComplexDouble: 'C128',
  QInt8: 'I8',
  QUInt8: 'U8',
  QInt32: 'I32',
  Double: 'F64',
  Float: 'F32',
  Half: 'F16',
  BFloat16: 'BF16',
  Long: 'I64',
  Int: 'I32',
  Short: 'I16',
  Char: 'I8',
  Byte: 'U8',
  Bool: 'BOOL',
  Untyped: null,
};
const dtypes: Record<string, TorchType> = {
  complex32: 'C32',
  complex64: 'C64',
  complex128: 'C128',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  float8_e4m3fnuz: 'F8_E4M3FNUZ',
  float8_e5m2fnuz: 'F8_E5M2FNUZ',
  float8_e8m0fnu: 'F8_E8M0',
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};
const functions = new Set([
  'collections.OrderedDict',
  'torch.Size',
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch._utils._rebuild_qtensor',
  'torch.per_tensor_affine',
  'torch.per_channel_affine',
]);

/** `torch.FloatStorage`, `torch.cuda.FloatStorage`, `torch.storage.UntypedStorage` -> the type's name. */
function storageName(path: string): string | null {
  const name = /^torch\.(?:cuda\.|storage\.)?(\w+)Storage$/.exec(path)?.[1];
  return name !== undefined && Object.hasOwn(storageTypes, name) ? name : null;
}

/** Bytes of an element. */
export function bytesOf(type: TorchType): number {
  return (elementBits(type) ?? 8) / 8;
}

function dtypeOf(path: string): TorchType | null {
  const name = /^torch\.(\w+)$/.exec(path)?.[1];
  return name !== undefined && Object.hasOwn(dtypes, name) ? dtypes[name] : null;
}

export function isAllowed(path: string): boolean {
  return functions.has(path) || storageName(path) !== null || dtypeOf(path) !== null;
}

/** ('storage', type, key, device, elements) -> the storage. */
export function storageOf(id: PickleValue): StorageRef {
  const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
  const name = type instanceof Global ? storageName(type.path) : null;
  if (kind !== 'storage' || name === null) throw new PickleError('a persistent id that is no storage');
  // The sixth part is a view's, which torch has not written since 0.4.
  if (view !== undefined && view !== null) throw new PickleError('a storage inside another one');
  const element = storageTypes[name];
  const byteLength = isCount(count) ? count * (element === null ? 1 : bytesOf(element)) : NaN;
  if (typeof key !== 'string' || !isCount(byteLength)) {
    throw new PickleError('a storage without key or size');
  }
  return new StorageRef(key, element, byteLength);
}

/** What the call of an allowed global stands for. */
export function rebuild(callee: PickleValue, args: PickleValue): PickleValue {
  if (!(callee instanceof Global) || !Array.isArray(args)) throw new PickleError('a call of something else');
  switch (callee.path) {
    case 'collections.OrderedDict':
      if (args.length > 0) throw new PickleError('an OrderedDict with arguments');
      return new Map();
    case 'torch.Size':
    case 'torch._utils._rebuild_parameter':
    case 'torch._utils._rebuild_parameter_with_state':
      if (args[0] === undefined) throw new PickleError(`${callee.path} without argument`);
      return args[0];
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
    // Of a quantized tensor, which nobody needs, the elements without scale and zero point.
    case 'torch._utils._rebuild_qtensor':
      return tensor(args, args[0] instanceof StorageRef ? args[0].type : null);
    case 'torch._utils._rebuild_tensor_v3':
      return tensor(args, args[6] instanceof Global ? dtypeOf(args[6].path) : null);
    default:
      throw new PickleError(`a call of ${callee.path}`);
  }
}

function tensor([storage, offset, shape, stride]: PickleValue[], type: TorchType | null): TensorRef {
  if (!(storage instanceof StorageRef) || type === null) throw new PickleError('a tensor without storage');
  if (!isCount(offset) || !isCounts(shape) || !isCounts(stride) || shape.length !== stride.length) {
    throw new PickleError('a tensor without shape');
  }
  const capacity = Math.floor(storage.byteLength / bytesOf(type));
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  const last = shape.reduce((at, size, axis) => at + (size - 1) * stride[axis], offset);
  // A tensor with more elements than its storage repeats some of them (stride 0): a few bytes could ask for any memory.
  if (count > 0 && (last >= capacity || count > capacity))
    throw new PickleError('a tensor beyond its storage');
  // Copies: a later opcode may append to the lists that were checked.
  return new TensorRef(storage, type, offset, [...shape], [...stride]);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((item) => isCount(item));
}
