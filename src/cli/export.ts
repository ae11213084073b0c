// npm run export -- --model_name_or_path DIR --output_dir OUT [--dtype fp32|fp16|q8]
import { basename, resolve } from 'node:path';
import { readCardHeader } from '../checkpoint/card-header.ts';
import '../errors/in-english.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { readerOf } from '../export/exported-model.ts';
import { modelCard } from '../export/model-card.ts';
import { onnxNames } from '../export/onnx/onnx-types.ts';
import { typesInTwoFiles } from '../export/onnx/two-files.ts';
import { transformersFolder } from '../export/transformers-folder.ts';
import { readExportCommand } from './export-arguments.ts';
import { readModelToExport } from './model-folder.ts';
import { UsageError } from './train-arguments.ts';
import { writeFolder } from './write-folder.ts';

async function main(): Promise<void> {
  const { model_name_or_path, output_dir, types } = readExportCommand(process.argv.slice(2));
  const { config, tensors, missing, files } = await readModelToExport(model_name_or_path);
  if (missing.length > 0) {
    throw new ManabiError('export-no-head', model_name_or_path, { tensor: missing.join(', ') });
  }
  const card = modelCard({
    base: basename(resolve(model_name_or_path)),
    isFromHub: false,
    header: readCardHeader(files['README.md']),
    id: basename(resolve(output_dir)),
    run: null,
    scores: null,
    types,
  });
  const made = transformersFolder({ config, read: readerOf(tensors), files }, types, card);
  for (const type of typesInTwoFiles(made)) {
    console.log(
      `${onnxNames[type]} is above 2 GB, with its weights in a second file: onnxruntime reads it, transformers.js 2 does not. For that one choose a smaller --dtype.`,
    );
  }
  await writeFolder(output_dir, made);
  if (!made.some(({ name }) => name === 'tokenizer.json')) {
    console.log(`${model_name_or_path} has no tokenizer: transformers.js needs one beside the model.`);
  }
  for (const { name, size } of made) console.log(`${String(size).padStart(12)}  ${name}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  const expected = error instanceof ManabiError || error instanceof UsageError;
  if (!expected && error instanceof Error && !('code' in error)) console.error(error.stack);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
