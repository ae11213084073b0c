import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// `npm run train` to its end, with a small model on the processor.
const model = 'src/parity/fixtures/models/qa-trained';
let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'manabi-train-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

function train(name: string, options: Record<string, string | number>) {
  const given = Object.entries({ model_name_or_path: model, output_dir: join(scratch, name), ...options });
  const words = given.flatMap(([option, value]) => [`--${option}`, String(value)]);
  return new Promise<{ code: number; out: string; errors: string }>((resolve) => {
    const settings = [
      '--backend',
      'cpu',
      '--max_steps',
      '1',
      '--max_seq_length',
      '96',
      '--save_strategy',
      'no',
    ];
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', 'src/cli/train.ts', ...settings, ...words],
      (_, out, errors) => resolve({ code: child.exitCode ?? -1, out, errors }),
    );
  });
}

function put(name: string, content: string): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

const context = '山手線の新しい駅は二〇二〇年に開業した。';
const row = (id: string, answer: string | null, question = 'いつ開業したか。') => ({
  id,
  question,
  context,
  answers: answer === null ? null : [{ text: answer, answer_start: context.indexOf(answer) }],
});
const json = (rows: object[]) => JSON.stringify({ data: rows });

test('evaluation data without a usable row ends the run before it begins', { timeout: 60_000 }, async () => {
  const train_file = put('good.json', json([row('a', '二〇二〇年')]));
  const validation_file = put('none.json', json([{ ...row('m', null), is_impossible: true }]));
  const { code, errors } = await train('none', { train_file, validation_file });
  expect([code, errors]).toEqual([1, expect.stringContaining('None of its 1 questions has an answer')]);
  const faulty = put('faulty.json', json([row('a', '大阪')]));
  const other = await train('faulty', { train_file, validation_file: faulty });
  expect([other.code, other.errors]).toEqual([
    1,
    expect.stringContaining('data[0]: answer_start is no whole'),
  ]);
});

test(
  'a file with faults and questions without an answer trains a classifier’s body, and what is saved is a reader',
  { timeout: 60_000 },
  async () => {
    const folder = join(scratch, 'classifier');
    cpSync(model, folder, { recursive: true });
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as object;
    const labels = { id2label: { 0: 'x', 1: 'y', 2: 'z' }, num_labels: 3 };
    writeFileSync(join(folder, 'config.json'), `\uFEFF${JSON.stringify({ ...config, ...labels })}`);
    const rows = [row('a', '二〇二〇年'), row('b', null), row('c', '二〇二〇年', '長い質問か。'.repeat(40))];
    const lines = [...rows.map((line) => JSON.stringify(line)), 'no json'].join('\n');
    const train_file = put('rows.jsonl', lines);
    const { code, out, errors } = await train('reader', {
      model_name_or_path: folder,
      train_file,
      validation_file: train_file,
      return_overflowing_tokens: 'true',
      doc_stride: 16,
    });
    expect([code, errors]).toEqual([0, '']);
    expect(out).toContain('JSON Lines (2 questions, 1 without an answer)');
    expect(out).toContain('1 left out: Line that is not JSON');
    expect(out).toMatch(/left out: c: The question is too long/);
    const results = JSON.parse(readFileSync(join(scratch, 'reader/eval_results.json'), 'utf8')) as object;
    expect(results).toMatchObject({ eval_HasAns_total: 1, eval_NoAns_total: 1, eval_samples: 2 });
    expect(results).toHaveProperty('eval_best_f1_thresh');
    const card = readFileSync(join(scratch, 'reader/README.md'), 'utf8');
    expect(card).toContain('- train: rows.jsonl (');
    expect(card).toMatch(/JGLUE EM \/ F1: [\d.]+ %/);
    const saved = JSON.parse(readFileSync(join(scratch, 'reader/config.json'), 'utf8')) as object;
    expect(saved).not.toHaveProperty('id2label');
    expect(saved).not.toHaveProperty('num_labels');
  },
);

test('a threshold may be negative, and a file that is not there is said', { timeout: 60_000 }, async () => {
  const missing = await train('missing', { train_file: 'no-such.json', null_score_diff_threshold: -2 });
  expect([missing.code, missing.errors]).toEqual([1, expect.stringContaining('There is no such file')]);
  const flag = await train('flag', { train_file: 'x', version_2_with_negative: 'maybe' });
  expect([flag.code, flag.errors]).toEqual([2, expect.stringContaining('maybe')]);
});
