import type { NamedTensors } from '../model/engine.ts';

/** A file of named tensors whose directory has been read and checked, and whose values are read when asked for. */
export interface WeightFile {
  shapes: ReadonlyMap<string, readonly number[]>;
  /** Element types by their safetensors names. */
  types: ReadonlyMap<string, string>;
  /** Keys under which the file keeps the dict of tensors. */
  nestedIn?: readonly string[];
  /** float32 values of the named tensors. Tensors that are one in the file share their array. */
  read(names: Iterable<string>): Promise<NamedTensors>;
}
