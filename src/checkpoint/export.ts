import type { NamedTensors } from '../model/engine.ts';
import { joined, safetensorsParts } from './safetensors.ts';
import { belongsToOtherWeights, savedConfigText } from './saved-config.ts';
import { storedZip, type FileParts } from './stored-zip.ts';

/**
 * The folder that transformers' from_pretrained loads, by file name: model.safetensors, config.json (held to these weights), the
 * tokenizer files as they came, README.md.
 */
export function exportModelFiles(
  files: Readonly<Record<string, Uint8Array>>,
  weights: NamedTensors,
  card: string,
): Map<string, FileParts> {
  const text = (content: string) => [new TextEncoder().encode(content)];
  const vocabSize = weights.get('deberta.embeddings.word_embeddings.weight')?.shape[0];
  const folder = new Map<string, FileParts>([
    ['model.safetensors', safetensorsParts(weights)],
    ['config.json', text(savedConfigText(files['config.json'], vocabSize))],
    ['README.md', text(card)],
  ]);
  for (const [name, bytes] of Object.entries(files)) {
    if (!folder.has(name) && !belongsToOtherWeights(name)) folder.set(name, [bytes]);
  }
  return folder;
}

/** The same folder as a zip. Stored, not compressed: weights do not shrink. */
export function exportModelZip(
  files: Readonly<Record<string, Uint8Array>>,
  weights: NamedTensors,
  card: string,
): Uint8Array<ArrayBuffer> {
  return joined(storedZip(exportModelFiles(files, weights, card)));
}
