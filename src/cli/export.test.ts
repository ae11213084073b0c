import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../errors/en.ts';

const model = 'src/parity/fixtures/models/qa-trained';
let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'manabi-export-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** `npm run export -- ...` to its end. */
function runExport(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  return new Promise((resolve) => {
    const command = ['--import', 'tsx', 'src/cli/export.ts', ...args];
    const child = execFile(process.execPath, command, (_, out, errors) =>
      resolve({ code: child.exitCode ?? -1, out, errors }),
    );
  });
}

test('a model folder becomes one that transformers.js loads', { timeout: 60_000 }, async () => {
  const folder = join(scratch, 'made');
  const given = ['--model_name_or_path', model, '--output_dir', folder];
  expect(await runExport(...given)).toMatchObject({ code: 0, errors: '' });
  expect(readdirSync(scratch)).toEqual(['made']);
  const files = readdirSync(folder, { recursive: true }).map(String).toSorted();
  expect(files).toEqual([
    'README.md',
    'config.json',
    'onnx',
    'onnx/model.onnx',
    'onnx/model_quantized.onnx',
    'quantize_config.json',
    'special_tokens_map.json',
    'spm.model',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  for (const name of ['model', 'model_quantized']) {
    const { inputNames } = await ort.InferenceSession.create(join(folder, `onnx/${name}.onnx`));
    expect(inputNames).toEqual(['input_ids', 'attention_mask']);
  }

  expect(await runExport(...given, '--dtype', 'fp16')).toMatchObject({ code: 0 });
  expect(readdirSync(join(folder, 'onnx'))).toEqual([
    'model.onnx',
    'model_fp16.onnx',
    'model_quantized.onnx',
  ]);
});

test('what cannot be exported is told, and nothing half-made is left', { timeout: 60_000 }, async () => {
  const output = ['--output_dir', join(scratch, 'none')];
  const noHead = await runExport('--model_name_or_path', 'public/model', ...output);
  expect(noHead).toMatchObject({ code: 1 });
  expect(noHead.errors).toContain(en['export-no-head'].split('{')[0]);

  const unknown = join(scratch, 'unknown');
  cpSync(model, unknown, { recursive: true });
  const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as object;
  writeFileSync(join(unknown, 'config.json'), JSON.stringify({ ...config, hidden_act: 'relu' }));
  const refused = await runExport('--model_name_or_path', unknown, ...output);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.errors).toContain('hidden_act');

  writeFileSync(join(scratch, 'file'), '');
  const noPlace = await runExport(
    '--model_name_or_path',
    model,
    '--output_dir',
    join(scratch, 'file', 'made'),
  );
  expect(noPlace).toMatchObject({ code: 1 });
  expect(noPlace.errors).toContain(en['export-disk'].split('{')[0]);
  expect(existsSync(join(scratch, 'none'))).toBe(false);

  const usage = await runExport('--model_name_or_path', model, ...output, '--dtype', 'int4');
  expect(usage).toMatchObject({ code: 2 });
  expect(usage.errors).toContain('choose fp32, fp16, q8');
});
