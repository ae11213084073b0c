import { zipSync } from 'fflate';
import type { NamedTensors } from '../model/engine.ts';
import { writeSafetensors } from './safetensors.ts';

/**
 * The folder that transformers' from_pretrained loads, by file name: model.safetensors, config.json (all fields kept,
 * architecture set), the tokenizer files as they came, README.md.
 */
export function exportModelFiles(
  files: Readonly<Record<string, Uint8Array>>,
  weights: NamedTensors,
  card: string,
): Record<string, Uint8Array> {
  const text = (content: string) => new TextEncoder().encode(content);
  const config = JSON.parse(new TextDecoder().decode(files['config.json'])) as Record<string, unknown>;
  const folder: Record<string, Uint8Array> = {
    'model.safetensors': writeSafetensors(weights),
    'config.json': text(
      `${JSON.stringify({ ...config, architectures: ['DebertaV2ForQuestionAnswering'], dtype: 'float32' }, null, 2)}\n`,
    ),
    'README.md': text(card),
  };
  for (const [name, bytes] of Object.entries(files)) {
    if (!(name in folder) && !/\.(safetensors|bin)$/.test(name)) folder[name] = bytes;
  }
  return folder;
}

/** The same folder as a zip. Stored, not compressed: weights do not shrink. */
export function exportModelZip(
  files: Readonly<Record<string, Uint8Array>>,
  weights: NamedTensors,
  card: string,
): Uint8Array<ArrayBuffer> {
  return zipSync(exportModelFiles(files, weights, card), { level: 0 });
}
