import { ManabiError } from '../errors/manabi-error.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { ByteSource } from './byte-source.ts';
import { readSafetensors } from './safetensors.ts';

export interface LoadedWeights {
  tensors: NamedTensors;
  /** Only the question-answering head may be missing: a pretrained checkpoint has none. */
  missing: string[];
  unexpected: string[];
}

/**
 * Reads the weight files of a model (safetensors, single or sharded) and holds them to the shapes the config asks for.
 * Throws ManabiError: weights-format, weights-missing (names the tensor), weights-shape (found and wanted), safetensors-broken.
 */
export async function loadWeights(
  sources: readonly ByteSource[],
  expected: ReadonlyMap<string, readonly number[]>,
): Promise<LoadedWeights> {
  const tensors: NamedTensors = new Map();
  const unexpected: string[] = [];
  for (const source of sources) {
    if (!source.name.endsWith('.safetensors')) throw new ManabiError('weights-format', source.name);
    for (const [name, tensor] of await readSafetensors(source)) {
      const wanted = expected.get(name);
      if (!wanted) unexpected.push(name);
      else if (wanted.join() !== tensor.shape.join()) {
        const details = { tensor: name, found: `[${tensor.shape.join()}]`, wanted: `[${wanted.join()}]` };
        throw new ManabiError('weights-shape', source.name, details);
      } else tensors.set(name, tensor);
    }
  }
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  const backbone = missing.find((name) => !name.startsWith('qa_outputs.'));
  if (backbone) throw new ManabiError('weights-missing', sources[0]?.name ?? '', { tensor: backbone });
  return { tensors, missing, unexpected: unexpected.sort() };
}
