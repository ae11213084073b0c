import type { ExportedModel } from '../exported-model.ts';
import { textFile, type ExportFile } from '../export-file.ts';
import { ManabiError } from '../../errors/manabi-error.ts';
import { onnxNames, type OnnxType } from '../onnx/onnx-types.ts';
import { typesInTwoFiles } from '../onnx/two-files.ts';
import { transformersFolder } from '../transformers-folder.ts';

export interface WebPageSettings {
  /** Shown as the page's heading. */
  name: string;
  language: 'ja' | 'en';
  type: OnnxType;
}

/** What index.html runs: transformers.min.js and onnxruntime's WebAssembly files, by name. */
export type Runtime = readonly { name: string; bytes: Uint8Array }[];

/**
 * `page`, which is index.html beside this file, with the model and what runs it: no network and no build step. Throws ManabiError
 * export-two-files, and what transformersFolder throws.
 */
export function webPage(
  model: ExportedModel,
  settings: WebPageSettings,
  page: string,
  runtime: Runtime,
): ExportFile[] {
  const needed = /^(config|tokenizer|tokenizer_config)\.json$|^onnx\//;
  const folder = transformersFolder(model, [settings.type], '').filter(({ name }) => needed.test(name));
  const [beyond] = typesInTwoFiles(folder);
  if (beyond) throw new ManabiError('export-two-files', onnxNames[beyond]);
  return [
    textFile('index.html', withSettings(page, settings)),
    ...runtime.map(({ name, bytes }) => ({ name, size: bytes.length, parts: () => [bytes] })),
    ...folder.map((file) => ({ ...file, name: `model/${file.name}` })),
  ];
}

const place = /(<script type="application\/json" id="settings">)[^<]*(<\/script>)/;

function withSettings(page: string, { name, language, type }: WebPageSettings): string {
  const quantized = type === 'q8';
  const file = onnxNames[type].slice('onnx/'.length, -'.onnx'.length);
  const modelFile = quantized ? file.replace(/_quantized$/, '') : file;
  // No name ends the script element.
  const json = JSON.stringify({ name, language, quantized, modelFile }).replaceAll('<', '\\u003c');
  if (!place.test(page)) throw new RangeError('index.html has no settings');
  return page.replace(place, (_, open: string, close: string) => `${open}${json}${close}`);
}
