// How the weights of a model are stored in its ONNX file, and what computes with them.
import type { NamedTensors } from '../../model/engine.ts';
import { toFloat16 } from '../element-conversion.ts';
import { bytesOf, dataType, type GraphBuilder, type Value } from './graph.ts';
import { quantizeColumns, quantizeTensor } from './quantize.ts';

/** fp32: as trained. fp16: stored in half, computed in float32. q8: products and embedding tables in 8 bits. */
export const onnxTypes = ['fp32', 'fp16', 'q8'] as const;
export type OnnxType = (typeof onnxTypes)[number];

/** Weights by their names in the checkpoint. */
export interface StoredWeights {
  /** A float32 value of the tensor's own shape. */
  float(name: string): Value;
  /** Rows of a table [V, E] at int64 indexes. */
  rows(name: string, indexes: Value): Value;
  /** x [M, in] times the transposed `name.weight` [out, in] plus `name.bias`. */
  linear(x: Value, name: string, bias?: boolean): Value;
  /** A float32 convolution kernel [out, in, K]. */
  kernel(name: string): Value;
}

export function storedWeights(tensors: NamedTensors, graph: GraphBuilder, type: OnnxType): StoredWeights {
  if (type === 'q8') return quantizedWeights(tensors, graph);
  return plainWeights(graph, (name) => (type === 'fp16' ? half(tensors, graph, name) : single(tensors, graph, name)));
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
    kernel: float,
    rows: (name, indexes) => graph.add('Gather', [float(name), indexes]),
    linear: (x, name, bias = true) =>
      graph.add('Gemm', [x, float(`${name}.weight`), ...(bias ? [float(`${name}.bias`)] : [])], { transB: 1 }),
  };
}

/** As onnxruntime's quantize_dynamic does it: int8 weights, one scale for each output of a product; inputs in uint8, scaled as they come. */
function quantizedWeights(tensors: NamedTensors, graph: GraphBuilder): StoredWeights {
  const float = (name: string) => single(tensors, graph, name);
  const scalesOf = (name: string, shape: number[], scale: () => Float32Array) => [
    graph.constant(`${name}_scale`, 'float', shape, () => bytesOf(scale())),
    graph.constant(`${name}_zero_point`, 'int8', shape, () => new Uint8Array(shape[0] ?? 1)),
  ];
  return {
    float,
    rows: (name, indexes) => {
      const { shape } = tensorOf(tensors, name);
      const made = () => quantizeTensor(tensorOf(tensors, name).data);
      const [scale, zero] = scalesOf(name, [], () => Float32Array.of(made().scale));
      const stored = graph.constant(`${name}_quantized`, 'int8', shape, () => bytesOf(made().values));
      return graph.add('DequantizeLinear', [graph.add('Gather', [stored, indexes]), scale, zero]);
    },
    linear: (x, name, bias = true) => {
      const weight = `${name}.weight`;
      const { shape } = tensorOf(tensors, weight);
      const [out, into] = shape;
      const made = () => quantizeColumns(tensorOf(tensors, weight).data, out, into);
      const [scale, zero] = scalesOf(weight, [out], () => made().scales);
      const stored = graph.constant(`${weight}_quantized`, 'int8', [into, out], () => bytesOf(made().transposed()));
      const [values, valuesScale, valuesZero] = graph.addAll('DynamicQuantizeLinear', [x], 3);
      const sums = graph.add('MatMulInteger', [values, stored, valuesZero, zero]);
      const scales = graph.add('Mul', [valuesScale, scale]);
      const product = graph.add('Mul', [graph.add('Cast', [sums], { to: dataType.float }), scales]);
      return bias ? graph.add('Add', [product, float(`${name}.bias`)]) : product;
    },
    // onnxruntime-web has no ConvInteger with a scale for each channel: stored in 8 bits, computed in float32.
    kernel: (name) => {
      const { shape } = tensorOf(tensors, name);
      const [out, into, size] = shape;
      const made = () => quantizeColumns(tensorOf(tensors, name).data, out, into * size);
      const [scale, zero] = scalesOf(name, [out], () => made().scales);
      const stored = graph.constant(`${name}_quantized`, 'int8', shape, () => bytesOf(made().values));
      return graph.add('DequantizeLinear', [stored, scale, zero], { axis: 0 });
    },
  };
}
