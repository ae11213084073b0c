// An ONNX file in pieces. Its messages are protobuf: a submessage is a tag, its length and its bytes, and all lengths are known from the
// shapes, so that the file is written from front to back with one tensor in memory at a time.
import onnxProto from 'onnx-proto';
import protobuf from 'protobufjs/minimal.js';
import type { ExportFile } from '../export-file.ts';
import { dataFileOf, MAX_MESSAGE_BYTES } from './two-files.ts';
import { byteLength, dataType, type GraphBuilder, type Initializer } from './graph.ts';

const { onnx } = onnxProto;

/** LayerNormalization is an operator since opset 17; onnxruntime-web 1.14 runs opsets up to 18 and IR versions up to 8. */
const OPSET = 17;
const IR_VERSION = 8;
/** onnxruntime maps external data that begins at a page. */
const PAGE_BYTES = 4096;
/** onnx reads shapes and axes while it checks a model, before it knows of other files. */
const MIN_EXTERNAL_BYTES = 1024;

export interface ValueInfo {
  name: string;
  type: 'int64' | 'float';
  /** A size, or the name of one that is known when the model runs. */
  shape: readonly (string | number)[];
}

export interface OnnxModel {
  name: string;
  graph: GraphBuilder;
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
}

/**
 * The files of a model: `name` alone, or with its large tensors in `name_data` where it would not fit into one message (2 GiB).
 * `limit` is for tests.
 */
export function onnxFiles(model: OnnxModel, name: string, limit = MAX_MESSAGE_BYTES): ExportFile[] {
  const { initializers } = model.graph;
  const whole = modelFile(model, name, initializers.map(inlineTensor));
  if (whole.size <= limit) return [whole];
  const dataName = dataFileOf(name);
  let at = 0;
  const stored: { initializer: Initializer; offset: number }[] = [];
  const tensors = initializers.map((initializer) => {
    const length = byteLength(initializer);
    if (length < MIN_EXTERNAL_BYTES) return inlineTensor(initializer);
    const offset = Math.ceil(at / PAGE_BYTES) * PAGE_BYTES;
    stored.push({ initializer, offset });
    at = offset + length;
    return externalTensor(initializer, dataName, offset, length);
  });
  const parts = function* () {
    let written = 0;
    for (const { initializer, offset } of stored) {
      yield new Uint8Array(offset - written);
      yield initializer.bytes();
      written = offset + byteLength(initializer);
    }
  };
  return [modelFile(model, name, tensors), { name: dataName, size: at, parts }];
}

/** One field of the graph: what stands before the tensor's values, and those. */
interface TensorField {
  head: Uint8Array;
  values: Initializer | null;
}

const GRAPH_TAG = (7 << 3) | 2;
const INITIALIZER_TAG = (5 << 3) | 2;
const RAW_DATA_TAG = (9 << 3) | 2;

function modelFile({ name, graph, inputs, outputs }: OnnxModel, file: string, tensors: TensorField[]) {
  const outer = onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: 'manabi',
    opsetImport: [{ domain: '', version: OPSET }],
  }).finish();
  const inner = onnx.GraphProto.encode({
    name,
    node: graph.nodes,
    input: inputs.map(valueInfo),
    output: outputs.map(valueInfo),
  }).finish();
  const sizeOf = ({ head, values }: TensorField) => head.length + (values ? byteLength(values) : 0);
  const graphSize = inner.length + tensors.reduce((sum, field) => sum + sizeOf(field), 0);
  const graphHead = protobuf.Writer.create().uint32(GRAPH_TAG).uint32(graphSize).finish();
  const parts = function* () {
    yield outer;
    yield graphHead;
    yield inner;
    for (const { head, values } of tensors) {
      yield head;
      if (values) yield values.bytes();
    }
  };
  return { name: file, size: outer.length + graphHead.length + graphSize, parts };
}

function inlineTensor(initializer: Initializer): TensorField {
  const length = byteLength(initializer);
  const message = onnx.TensorProto.encode(describe(initializer)).finish();
  const raw = protobuf.Writer.create().uint32(RAW_DATA_TAG).uint32(length).finish();
  const head = protobuf.Writer.create()
    .uint32(INITIALIZER_TAG)
    .uint32(message.length + raw.length + length)
    .finish();
  return { head: concatenate(head, message, raw), values: initializer };
}

function externalTensor(initializer: Initializer, location: string, offset: number, length: number) {
  const entries = { location, offset, length };
  const message = onnx.TensorProto.encode({
    ...describe(initializer),
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
  }).finish();
  const head = protobuf.Writer.create().uint32(INITIALIZER_TAG).uint32(message.length).finish();
  return { head: concatenate(head, message), values: null };
}

function describe({ name, type, shape }: Initializer) {
  return { name, dims: [...shape], dataType: dataType[type] };
}

function valueInfo({ name, type, shape }: ValueInfo) {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: dataType[type], shape: { dim } } } };
}

function concatenate(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
