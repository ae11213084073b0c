import { ManabiError } from '../errors/manabi-error.ts';

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** float32 -> float16, rounded to nearest, ties to even. Throws ManabiError export-float16-range for a value that float16 has not. */
export function toFloat16(values: Float32Array, tensor: string): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let at = 0; at < bits.length; at++) {
    const half = singleToHalf(bits[at]);
    if ((half & 0x7c00) === 0x7c00 && Number.isFinite(values[at])) {
      throw new ManabiError('export-float16-range', tensor, { value: values[at] });
    }
    halves[at] = half;
  }
  return halves;
}

function singleToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // A subnormal half is a multiple of 2^-24: adding 0.5 in float32 rounds to that grid, ties to even.
    scratchBits[0] = magnitude;
    scratch[0] += 0.5;
    return sign | (scratchBits[0] - 0x3f000000);
  }
  return sign | roundedShift(magnitude - 0x38000000, 13);
}

/** float32 -> bfloat16, rounded to nearest, ties to even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (value) =>
    (value & 0x7fffffff) > 0x7f800000 ? (value >>> 16) | 0x40 : roundedShift(value, 16) & 0xffff,
  );
}

/** bits / 2^shift, rounded to nearest, ties to even. */
function roundedShift(bits: number, shift: number): number {
  const half = 2 ** (shift - 1);
  return Math.floor((bits + half - 1 + ((bits >>> shift) & 1)) / 2 ** shift);
}
