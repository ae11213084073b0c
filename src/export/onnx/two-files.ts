// A model beyond 2 GiB is two files. onnxruntime reads them; @xenova/transformers 2 reads the first alone, and fails.
import { onnxNames, onnxTypes, type OnnxType } from './onnx-types.ts';

/** A protobuf message ends at 2 GiB. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 1;
/** Where the large tensors are of a model that does not fit into one message. */
export const dataFileOf = (name: string) => `${name}_data`;

const bytesPerParameter: Readonly<Record<OnnxType, number>> = { fp32: 4, fp16: 2, q8: 1 };

/** The types in which a model of so many parameters takes two files, before it is made. */
export function typesOfTwoFiles(parameters: number): OnnxType[] {
  return onnxTypes.filter((type) => parameters * bytesPerParameter[type] > MAX_MESSAGE_BYTES);
}

/** The types that take two of these files. */
export function typesInTwoFiles(files: readonly { name: string }[]): OnnxType[] {
  return onnxTypes.filter((type) => files.some(({ name }) => name === dataFileOf(onnxNames[type])));
}
