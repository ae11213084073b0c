import type { NamedTensors } from '../model/engine.ts';
import { joined, safetensorsParts } from './safetensors.ts';
import { storedZip, type FileParts } from './stored-zip.ts';

/** Weights in any form, their indexes, and what the Trainer keeps beside them: not to be copied beside other weights. */
const isWeightsOrState = (name: string) =>
  /\.(safetensors|bin|pt|pth)(\.index\.json)?$/.test(name) || name === 'trainer_state.json';

/**
 * The folder that transformers' from_pretrained loads, by file name: model.safetensors, config.json (all fields kept,
 * architecture set), the tokenizer files as they came, README.md.
 */
export function exportModelFiles(
  files: Readonly<Record<string, Uint8Array>>,
  weights: NamedTensors,
  card: string,
): Map<string, FileParts> {
  const text = (content: string) => [new TextEncoder().encode(content)];
  const config = JSON.parse(new TextDecoder().decode(files['config.json'])) as Record<string, unknown>;
  const exported = { ...config, architectures: ['DebertaV2ForQuestionAnswering'], dtype: 'float32' };
  const folder = new Map<string, FileParts>([
    ['model.safetensors', safetensorsParts(weights)],
    ['config.json', text(`${JSON.stringify(exported, null, 2)}\n`)],
    ['README.md', text(card)],
  ]);
  for (const [name, bytes] of Object.entries(files)) {
    if (!folder.has(name) && !isWeightsOrState(name)) folder.set(name, [bytes]);
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
