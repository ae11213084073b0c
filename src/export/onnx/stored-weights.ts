// How the weights of a model are stored in its ONNX file, and what computes with them.
import { parameterShapes } from '../../model/parameters.ts';
import type { DebertaConfig } from '../../model/config.ts';
import { toFloat16 } from '../half-precision.ts';
import { bytesOf, dataType, type GraphBuilder, type Value } from './graph.ts';
import type { OnnxType } from './onnx-types.ts';
import {
  quantizeRows,
  quantizeTable,
  rowScales,
  tableScale,
  transpose,
  type TableScale,
} from './quantize.ts';

/** Weights by their names in the checkpoint. */
export interface StoredWeights {
  /** A float32 value of the tensor's own shape. */
  float(name: string): Value;
  /** The same for a table that all of is used. */
  table(name: string): Value;
  /** Rows of a table [V, E] at int64 indexes. */
  rows(name: string, indexes: Value): Value;
  /** x [M, in] times the transposed `name.weight` [out, in] plus `name.bias`. */
  linear(x: Value, name: string, bias?: boolean): Value;
  /** A float32 convolution kernel [out, in, K]. */
  kernel(name: string): Value;
}

/** float32 values of a parameter, row-major. Each is asked for once, when the file reaches it. */
export type ReadParameter = (name: string) => Float32Array;

export function storedWeights(
  config: DebertaConfig,
  read: ReadParameter,
  graph: GraphBuilder,
  type: OnnxType,
): StoredWeights {
  const shapes = parameterShapes(config);
  const shapeOf = (name: string) => shapes.get(name) ?? [];
  const single = (name: string) => graph.constant(name, 'float', shapeOf(name), () => bytesOf(read(name)));
  const half = (name: string) => {
    const stored = graph.constant(name, 'float16', shapeOf(name), () => bytesOf(toFloat16(read(name), name)));
    return graph.add('Cast', [stored], { to: dataType.float });
  };
  if (type === 'q8') return quantizedWeights(shapeOf, read, graph, half);
  return plainWeights(graph, type === 'fp16' ? half : single);
}

function plainWeights(graph: GraphBuilder, float: (name: string) => Value): StoredWeights {
  return {
    float,
    table: float,
    kernel: float,
    rows: (name, indexes) => graph.add('Gather', [float(name), indexes]),
    linear: (x, name, bias = true) => {
      const inputs = [x, float(`${name}.weight`), ...(bias ? [float(`${name}.bias`)] : [])];
      return graph.add('Gemm', inputs, { transB: 1 });
    },
  };
}

/**
 * As quantize_dynamic does it: inputs of products in uint8, scaled as they come; sums in int32. What stays out of it is stored in half, so
 * that a small model is small too.
 */
function quantizedWeights(
  shapeOf: (name: string) => number[],
  read: ReadParameter,
  graph: GraphBuilder,
  float: (name: string) => Value,
): StoredWeights {
  /** int8 values of a weight [out, ...] with a scale and a zero point, which is 0, for each output. */
  const rowsOf = (name: string, shape: number[], arrange: (values: Int8Array) => Int8Array) => {
    const [out] = shapeOf(name);
    // Kept from the values, which come first in the file.
    let scales: Float32Array | null = null;
    const values = () => {
      const data = read(name);
      scales = rowScales(data, out);
      return bytesOf(arrange(quantizeRows(data, scales)));
    };
    return [
      graph.constant(`${name}_quantized`, 'int8', shape, values),
      graph.constant(`${name}_scale`, 'float', [out], () => bytesOf(scales ?? rowScales(read(name), out))),
      graph.constant(`zero_points_${out}`, 'int8', [out], () => new Uint8Array(out)),
    ];
  };

  /** uint8 values of a table with its one scale and zero point. */
  const tableOf = (name: string, zeroType: 'uint8' | 'float') => {
    let kept: TableScale | null = null;
    const scale = () => kept ?? tableScale(read(name));
    const values = () => {
      const data = read(name);
      kept = tableScale(data);
      return quantizeTable(data, kept);
    };
    const zero = () => {
      const { zeroPoint } = scale();
      return bytesOf(zeroType === 'uint8' ? Uint8Array.of(zeroPoint) : Float32Array.of(zeroPoint));
    };
    return [
      graph.constant(`${name}_quantized`, 'uint8', shapeOf(name), values),
      graph.constant(`${name}_scale`, 'float', [], () => bytesOf(Float32Array.of(scale().scale))),
      graph.constant(`${name}_zero_point`, zeroType, [], zero),
    ];
  };

  return {
    float,
    table: (name) => {
      // Runtimes compute constants when they load a model, but leave DequantizeLinear to every run.
      const [stored, scale, zero] = tableOf(name, 'float');
      const values = graph.add('Cast', [stored], { to: dataType.float });
      return graph.add('Mul', [graph.add('Sub', [values, zero]), scale]);
    },
    rows: (name, indexes) => {
      const [stored, scale, zero] = tableOf(name, 'uint8');
      return graph.add('DequantizeLinear', [graph.add('Gather', [stored, indexes]), scale, zero]);
    },
    linear: (x, name, bias = true) => {
      const weight = `${name}.weight`;
      const [out, into] = shapeOf(weight);
      const [stored, scale, zero] = rowsOf(weight, [into, out], (values) => transpose(values, out));
      const [values, valuesScale, valuesZero] = graph.addAll('DynamicQuantizeLinear', [x], 3);
      const sums = graph.add('MatMulInteger', [values, stored, valuesZero, zero]);
      const scales = graph.add('Mul', [valuesScale, scale]);
      const product = graph.add('Mul', [graph.add('Cast', [sums], { to: dataType.float }), scales]);
      return bias ? graph.add('Add', [product, float(`${name}.bias`)]) : product;
    },
    // ConvInteger takes one zero point and no scales in onnxruntime-web: stored in 8 bits, computed in float32.
    kernel: (name) => {
      const parts = rowsOf(name, shapeOf(name), (values) => values);
      return graph.add('DequantizeLinear', parts, { axis: 0 });
    },
  };
}
