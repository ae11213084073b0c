// How the weights of a model are stored in its ONNX file, and what computes with them.
import type { NamedTensors } from '../../model/engine.ts';
import { toFloat16 } from '../half-precision.ts';
import { bytesOf, dataType, type GraphBuilder, type Value } from './graph.ts';
import { quantizeRows, quantizeTable, rowScales, tableScale, transpose } from './quantize.ts';

/** fp32: as trained. fp16: stored in half, computed in float32. q8: products and embedding tables in 8 bits. */
export const onnxTypes = ['fp32', 'fp16', 'q8'] as const;
export type OnnxType = (typeof onnxTypes)[number];

/** The names under which transformers.js looks for them. */
export const onnxNames: Readonly<Record<OnnxType, string>> = {
  fp32: 'onnx/model.onnx',
  fp16: 'onnx/model_fp16.onnx',
  q8: 'onnx/model_quantized.onnx',
};

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

export function storedWeights(tensors: NamedTensors, graph: GraphBuilder, type: OnnxType): StoredWeights {
  if (type === 'q8') return quantizedWeights(tensors, graph);
  return plainWeights(graph, (name) =>
    type === 'fp16' ? half(tensors, graph, name) : single(tensors, graph, name),
  );
}

function tensorOf(tensors: NamedTensors, name: string) {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`no tensor ${name}`);
  return tensor;
}

function single(tensors: NamedTensors, graph: GraphBuilder, name: string): Value {
  const { shape } = tensorOf(tensors, name);
  return graph.constant(name, 'float', shape, () => bytesOf(tensorOf(tensors, name).data));
}

function half(tensors: NamedTensors, graph: GraphBuilder, name: string): Value {
  const { shape } = tensorOf(tensors, name);
  const stored = graph.constant(name, 'float16', shape, () =>
    bytesOf(toFloat16(tensorOf(tensors, name).data, name)),
  );
  return graph.add('Cast', [stored], { to: dataType.float });
}

function plainWeights(graph: GraphBuilder, float: (name: string) => Value): StoredWeights {
  return {
    float,
    table: float,
    kernel: float,
    rows: (name, indexes) => graph.add('Gather', [float(name), indexes]),
    linear: (x, name, bias = true) =>
      graph.add('Gemm', [x, float(`${name}.weight`), ...(bias ? [float(`${name}.bias`)] : [])], {
        transB: 1,
      }),
  };
}

/**
 * As quantize_dynamic does it: inputs of products in uint8, scaled as they come; sums in int32. What stays out of it is stored in half, so
 * that a small model is small too.
 */
function quantizedWeights(tensors: NamedTensors, graph: GraphBuilder): StoredWeights {
  const float = (name: string) => half(tensors, graph, name);
  const dataOf = (name: string) => tensorOf(tensors, name).data;

  /** int8 values of a weight [out, ...] with a scale and a zero point, which is 0, for each output. */
  const rowsOf = (name: string, shape: number[], arrange: (values: Int8Array) => Int8Array) => {
    const [out] = tensorOf(tensors, name).shape;
    const scales = () => rowScales(dataOf(name), out);
    return [
      graph.constant(`${name}_quantized`, 'int8', shape, () =>
        bytesOf(arrange(quantizeRows(dataOf(name), scales()))),
      ),
      graph.constant(`${name}_scale`, 'float', [out], () => bytesOf(scales())),
      graph.constant(`zero_points_${out}`, 'int8', [out], () => new Uint8Array(out)),
    ];
  };

  /** uint8 values of a table with its one scale and zero point. */
  const tableOf = (name: string, zeroType: 'uint8' | 'float') => {
    const scale = () => tableScale(dataOf(name));
    return [
      graph.constant(`${name}_quantized`, 'uint8', tensorOf(tensors, name).shape, () =>
        quantizeTable(dataOf(name), scale()),
      ),
      graph.constant(`${name}_scale`, 'float', [], () => bytesOf(Float32Array.of(scale().scale))),
      graph.constant(`${name}_zero_point`, zeroType, [], () => {
        const { zeroPoint } = scale();
        return bytesOf(zeroType === 'uint8' ? Uint8Array.of(zeroPoint) : Float32Array.of(zeroPoint));
      }),
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
      const [out, into] = tensorOf(tensors, weight).shape;
      const [stored, scale, zero] = rowsOf(weight, [into, out], (values) => transpose(values, out));
      const [values, valuesScale, valuesZero] = graph.addAll('DynamicQuantizeLinear', [x], 3);
      const sums = graph.add('MatMulInteger', [values, stored, valuesZero, zero]);
      const scales = graph.add('Mul', [valuesScale, scale]);
      const product = graph.add('Mul', [graph.add('Cast', [sums], { to: dataType.float }), scales]);
      return bias ? graph.add('Add', [product, float(`${name}.bias`)]) : product;
    },
    // ConvInteger takes one zero point and no scales in onnxruntime-web: stored in 8 bits, computed in float32.
    kernel: (name) => {
      const parts = rowsOf(name, tensorOf(tensors, name).shape, (values) => values);
      return graph.add('DequantizeLinear', parts, { axis: 0 });
    },
  };
}
