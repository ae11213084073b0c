import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

/** Element types of initializers and casts: TensorProto.DataType. */
export const dataType = { float: 1, uint8: 2, int8: 3, int16: 5, int32: 6, int64: 7, float16: 10 } as const;
export type DataType = keyof typeof dataType;

const elementSize: Readonly<Record<DataType, number>> = {
  float: 4,
  uint8: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float16: 2,
};

/** A constant of the graph. Its bytes are made when the file reaches it, so that only one large tensor is in memory at a time. */
export interface Initializer {
  name: string;
  type: DataType;
  shape: readonly number[];
  /** Little-endian, row-major. */
  bytes: () => Uint8Array;
}

/** The name of a value in the graph: an input, an initializer or what a node gives. */
export type Value = string;

/** A number alone is an integer: ONNX keeps the two apart. */
type Attribute = number | { float: number } | readonly number[];

export function byteLength({ type, shape }: Initializer): number {
  return shape.reduce((product, size) => product * size, elementSize[type]);
}

/** Collects the nodes and initializers of an ONNX graph. Nodes are told apart by their attributes: no value is computed twice. */
export class GraphBuilder {
  readonly nodes: InstanceType<typeof onnx.NodeProto>[] = [];
  readonly initializers: Initializer[] = [];
  private readonly known = new Map<string, Value[]>();

  /** Adds an operation unless it is there; gives the name of its first output. */
  add(operator: string, inputs: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    return this.addAll(operator, inputs, 1, attributes)[0];
  }

  /** The same for operations with several outputs. */
  addAll(
    operator: string,
    inputs: readonly Value[],
    outputs: number,
    attributes: Record<string, Attribute> = {},
  ): Value[] {
    const key = JSON.stringify([operator, inputs, attributes]);
    const before = this.known.get(key);
    if (before) return before;
    const stem = String(this.nodes.length);
    const names = Array.from({ length: outputs }, (_, at) => (at === 0 ? stem : `${stem}.${at}`));
    this.nodes.push(node(operator, inputs, names, attributes));
    this.known.set(key, names);
    return names;
  }

  /** The last operation of an output, under the name that the output has outside. */
  addOutput(operator: string, inputs: readonly Value[], name: string): void {
    this.nodes.push(node(operator, inputs, [name], {}));
  }

  /** A small list of integers: shapes, axes. */
  integers(...values: number[]): Value {
    return this.constant(`[${values.join()}]`, 'int64', [values.length], () => int64Bytes(values));
  }

  integer(value: number): Value {
    return this.constant(`int64 ${value}`, 'int64', [], () => int64Bytes([value]));
  }

  float(value: number): Value {
    return this.constant(`float ${value}`, 'float', [], () => bytesOf(Float32Array.of(value)));
  }

  /** Adds a named constant unless it is there. */
  constant(name: string, type: DataType, shape: readonly number[], bytes: () => Uint8Array): Value {
    if (!this.initializers.some((other) => other.name === name)) {
      this.initializers.push({ name, type, shape, bytes });
    }
    return name;
  }
}

function node(
  opType: string,
  input: readonly Value[],
  output: readonly Value[],
  attributes: Record<string, Attribute>,
): InstanceType<typeof onnx.NodeProto> {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
  return onnx.NodeProto.create({ opType, input: [...input], output: [...output], attribute });
}

function attributeOf(name: string, value: Attribute) {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof value === 'number') {
    return onnx.AttributeProto.create({ name, type: AttributeType.INT, i: value });
  }
  if ('float' in value) {
    return onnx.AttributeProto.create({ name, type: AttributeType.FLOAT, f: value.float });
  }
  return onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...value] });
}

function int64Bytes(values: Iterable<number>): Uint8Array {
  return bytesOf(BigInt64Array.from(values, BigInt));
}

/** The bytes of a typed array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
