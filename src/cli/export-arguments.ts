import { parseArgs } from 'node:util';
import { onnxTypes, type OnnxType } from '../export/onnx/onnx-types.ts';
import { UsageError } from './train-arguments.ts';

export const usage = `Usage: npm run export -- --model_name_or_path DIR --output_dir OUT [--dtype ${onnxTypes.join('|')}]
  Without --dtype: fp32 and q8, the two that transformers.js looks for.`;

export interface ExportCommand {
  model_name_or_path: string;
  output_dir: string;
  types: OnnxType[];
}

/** Throws UsageError: unknown or missing options. */
export function readExportCommand(argv: readonly string[]): ExportCommand {
  const { model_name_or_path, output_dir, dtype } = readOptions(argv);
  if (model_name_or_path === undefined) throw new UsageError(`--model_name_or_path is missing.\n${usage}`);
  if (output_dir === undefined) throw new UsageError(`--output_dir is missing.\n${usage}`);
  const types = onnxTypes.filter((type) => (dtype === undefined ? type !== 'fp16' : type === dtype));
  if (types.length === 0) throw new UsageError(`--dtype ${dtype}: choose ${onnxTypes.join(', ')}.\n${usage}`);
  return { model_name_or_path, output_dir, types };
}

function readOptions(argv: readonly string[]) {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: { model_name_or_path: option, output_dir: option, dtype: option },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
}
