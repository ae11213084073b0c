import type { DebertaConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { ReadParameter } from './onnx/stored-weights.ts';

/** A model as it is taken away. */
export interface ExportedModel {
  config: DebertaConfig;
  read: ReadParameter;
  /** Everything but the weights, as it came. */
  files: Readonly<Record<string, Uint8Array>>;
}

export function readerOf(weights: NamedTensors): ReadParameter {
  return (name) => {
    const tensor = weights.get(name);
    if (!tensor) throw new RangeError(`no tensor ${name}`);
    return tensor.data;
  };
}

/** Gives each tensor once and forgets it, so that a model is not in memory beside the file that it becomes. */
export function takerOf(weights: NamedTensors): ReadParameter {
  const read = readerOf(weights);
  return (name) => {
    const data = read(name);
    weights.delete(name);
    return data;
  };
}
