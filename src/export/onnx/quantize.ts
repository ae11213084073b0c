// 8 bits as onnxruntime's quantize_dynamic makes them (quant_utils.compute_scale_zp and quantize_nparray): weights of products in int8,
// symmetric, with a scale for each output; embedding tables in uint8 with one scale and zero point. The values are the same to the last bit.

const SMALLEST_NORMAL = 1.1754943508222875e-38;

export interface TableScale {
  scale: number;
  zeroPoint: number;
}

/** Scales [out] of a weight [out, in]. */
export function rowScales(data: Float32Array, out: number): Float32Array {
  const into = data.length / out;
  return Float32Array.from({ length: out }, (_, row) => {
    let largest = 0;
    for (let at = row * into; at < (row + 1) * into; at++) largest = Math.max(largest, Math.abs(data[at]));
    const scale = (2 * largest) / 254;
    return scale < SMALLEST_NORMAL ? 1 : scale;
  });
}

/** A weight [out, in] in int8. */
export function quantizeRows(data: Float32Array, scales: Float32Array): Int8Array {
  const into = data.length / scales.length;
  const values = new Int8Array(data.length);
  for (let row = 0, at = 0; row < scales.length; row++) {
    for (let end = at + into; at < end; at++) {
      values[at] = clamp(roundHalfEven(Math.fround(data[at] / scales[row])), -127, 127);
    }
  }
  return values;
}

/** One scale for all values; the range holds 0. */
export function tableScale(data: Float32Array): TableScale {
  let lowest = 0;
  let highest = 0;
  for (let at = 0; at < data.length; at++) {
    if (data[at] < lowest) lowest = data[at];
    if (data[at] > highest) highest = data[at];
  }
  const exact = (highest - lowest) / 255;
  if (exact < SMALLEST_NORMAL) return { scale: 1, zeroPoint: 0 };
  return { scale: Math.fround(exact), zeroPoint: roundHalfEven(-lowest / exact) };
}

export function quantizeTable(data: Float32Array, { scale, zeroPoint }: TableScale): Uint8Array {
  const values = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    values[at] = clamp(roundHalfEven(Math.fround(data[at] / scale)) + zeroPoint, 0, 255);
  }
  return values;
}

/** [out, in] -> [in, out], as MatMulInteger takes it. */
export function transpose(values: Int8Array, out: number): Int8Array {
  const into = values.length / out;
  const turned = new Int8Array(values.length);
  for (let row = 0; row < out; row++) {
    for (let at = 0; at < into; at++) turned[at * out + row] = values[row * into + at];
  }
  return turned;
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
