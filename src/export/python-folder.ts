import { savedConfigText } from '../checkpoint/saved-config.ts';
import { parameterShapes } from '../model/parameters.ts';
import type { ExportedModel } from './exported-model.ts';
import { bytesFile, textFile, type ExportFile } from './export-file.ts';
import { toBfloat16, toFloat16 } from './half-precision.ts';
import predictScript from './predict.py?raw';

export const pythonTypes = ['float32', 'float16', 'bfloat16'] as const;
/** torch's names. */
export type PythonType = (typeof pythonTypes)[number];

const elements: Record<
  PythonType,
  { dtype: string; bytes: number; convert: (values: Float32Array, name: string) => ArrayBufferView }
> = {
  float32: { dtype: 'F32', bytes: 4, convert: (values) => values },
  float16: { dtype: 'F16', bytes: 2, convert: toFloat16 },
  bfloat16: { dtype: 'BF16', bytes: 2, convert: toBfloat16 },
};

/** The folder that transformers' from_pretrained loads, with predict.py, which answers from a terminal. */
export function pythonFolder(model: ExportedModel, type: PythonType, card: string): ExportFile[] {
  const { config, files } = model;
  const tokenizer = Object.keys(files).filter((name) =>
    /^(tokenizer\.json|spm\.model|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json)$/.test(
      name,
    ),
  );
  return [
    textFile('config.json', savedConfigText(files['config.json'], config.vocab_size, type)),
    ...tokenizer.map((name) => bytesFile(name, files[name])),
    safetensorsFile(model, type),
    textFile('predict.py', predictScript),
    textFile('README.md', card),
  ];
}

/** model.safetensors, written from front to back with one tensor in memory at a time. */
export function safetensorsFile({ config, read }: ExportedModel, type: PythonType): ExportFile {
  const { dtype, bytes, convert } = elements[type];
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const shapes = parameterShapes(config);
  let at = 0;
  for (const [name, shape] of shapes) {
    const end = at + shape.reduce((product, size) => product * size, bytes);
    header[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  const parts = function* () {
    yield head;
    for (const name of shapes.keys()) {
      const { buffer, byteOffset, byteLength } = convert(read(name), name);
      yield new Uint8Array(buffer, byteOffset, byteLength);
    }
  };
  return { name: 'model.safetensors', size: head.length + at, parts };
}
