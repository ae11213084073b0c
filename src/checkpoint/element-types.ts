/** Element types of checkpoint files whose values can be read, by their safetensors names; little-endian. */
export type ElementType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** Types that tensors which nobody needs may have (quantized and complex weights, masks): their size in bits. */
const unreadBits: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  U16: 16,
  U32: 32,
  U64: 64,
  C32: 32,
  C64: 64,
  C128: 128,
};

export function isReadable(type: string): type is ElementType {
  return Object.hasOwn(elementBytes, type);
}

/** Whether a model's weights may have this type. */
export function isFloat(type: string): boolean {
  return ['F64', 'F32', 'F16', 'BF16'].includes(type);
}

/** Bits of an element of a type that safetensors or torch knows, else null. */
export function elementBits(type: string): number | null {
  if (isReadable(type)) return 8 * elementBytes[type];
  return Object.hasOwn(unreadBits, type) ? unreadBits[type] : null;
}

export const elementBytes: Readonly<Record<ElementType, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Elements -> a new array of float32. float16 and bfloat16 widen exactly; float64 and large integers round. */
export function toFloat32(bytes: Uint8Array, type: ElementType): Float32Array {
  const size = elementBytes[type];
  const count = Math.floor(bytes.length / size);
  // A copy of its own, so that every typed array below is aligned.
  const buffer = bytes.slice(0, count * size).buffer;
  if (type === 'F32') return new Float32Array(buffer);
  if (type === 'F64') return new Float32Array(new Float64Array(buffer));
  if (type === 'I32') return new Float32Array(new Int32Array(buffer));
  if (type === 'I16') return new Float32Array(new Int16Array(buffer));
  if (type === 'I8') return new Float32Array(new Int8Array(buffer));
  if (type === 'U8' || type === 'BOOL') return new Float32Array(new Uint8Array(buffer));
  const values = new Float32Array(count);
  if (type === 'I64') {
    const from = new BigInt64Array(buffer);
    for (let i = 0; i < count; i++) values[i] = Number(from[i]);
    return values;
  }
  const bits = new Uint32Array(values.buffer);
  const from = new Uint16Array(buffer);
  if (type === 'BF16') for (let i = 0; i < count; i++) bits[i] = from[i] << 16;
  else for (let i = 0; i < count; i++) bits[i] = halfToSingle(from[i]);
  return values;
}

/** Bits of a float16 -> bits of the float32 of the same value (NaN keeps its payload). */
function halfToSingle(half: number): number {
  const sign = (half & 0x8000) << 16;
  let exponent = (half >> 10) & 31;
  let fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent === 0) {
    if (fraction === 0) return sign;
    // A subnormal: shifted until its leading 1 stands where the hidden bit goes.
    for (exponent = 1; !(fraction & 1024); exponent--) fraction <<= 1;
    fraction &= 1023;
  }
  return sign | ((exponent + 112) << 23) | (fraction << 13);
}

/** The same elements in the other byte order. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at + size <= copy.length; at += size) copy.subarray(at, at + size).reverse();
  return copy;
}
