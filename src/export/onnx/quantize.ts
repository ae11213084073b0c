// int8 as onnxruntime's quantize_dynamic makes it for weights (quant_utils.quantize_data with symmetric QInt8): values are divided by a
// float32 scale, rounded half to even, and zero stays zero.

const MAX_INT8 = 127;

function scaleOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const scale = Math.fround(Math.fround(2 * largest) / (2 * MAX_INT8));
  // As quantize_dynamic has it: a range that float32 cannot tell from none gets 1.
  return scale < 1.1754943508222875e-38 ? 1 : scale;
}

function quantizeInto(values: Float32Array, scale: number, into: Int8Array): void {
  for (let at = 0; at < values.length; at++) {
    const value = roundHalfEven(Math.fround(values[at] / scale));
    into[at] = Math.min(MAX_INT8, Math.max(-MAX_INT8, value));
  }
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** One scale for the whole tensor. */
export function quantizeTensor(data: Float32Array): { values: Int8Array; scale: number } {
  const scale = scaleOf(data);
  const values = new Int8Array(data.length);
  quantizeInto(data, scale, values);
  return { values, scale };
}

export interface QuantizedRows {
  /** [out, in] */
  values: Int8Array;
  scales: Float32Array;
  /** [in, out], as MatMulInteger takes it. */
  transposed: () => Int8Array;
}

/** A weight [out, in] with one scale for each output. */
export function quantizeColumns(data: Float32Array, out: number, into: number): QuantizedRows {
  const values = new Int8Array(data.length);
  const scales = new Float32Array(out);
  for (let row = 0; row < out; row++) {
    const [from, to] = [row * into, (row + 1) * into];
    scales[row] = scaleOf(data.subarray(from, to));
    quantizeInto(data.subarray(from, to), scales[row], values.subarray(from, to));
  }
  const transposed = () => {
    const turned = new Int8Array(data.length);
    for (let row = 0; row < out; row++) {
      for (let at = 0; at < into; at++) turned[at * out + row] = values[row * into + at];
    }
    return turned;
  };
  return { values, scales, transposed };
}
