import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'manabi-train-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Ended {
  code: number;
  out: string;
}

/** `npm run train -- ...` with the built-in model and sample to its end, without any GPU driver. */
function trainHere(output: string, ...args: string[]): Promise<Ended> {
  const files = ['--model_name_or_path', 'public/model', '--train_file', 'public/sample/train.json'];
  const short = ['--max_train_samples', '16', '--num_train_epochs', '1', '--eval_strategy', 'no'];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', 'src/cli/train.ts', ...files, ...short, '--output_dir', output, ...args],
      { env: { ...process.env, VK_ICD_FILENAMES: join(scratch, 'no-driver.json') } },
      (_, out) => resolve({ code: child.exitCode ?? -1, out }),
    );
  });
}

const losses = (output: string) => readFileSync(join(output, 'trainer_log.jsonl'), 'utf8');

test(
  'without a GPU the processor trains on all cores, says so, and the number of threads changes nothing',
  { timeout: 120_000 },
  async () => {
    const [all, one] = [join(scratch, 'all'), join(scratch, 'one')];
    const { code, out } = await trainHere(all, '--recipe', 'sample');
    expect(code).toBe(0);
    expect(out).toContain(`No GPU found: the processor computes, on ${availableParallelism()} thread`);
    expect(out).toContain('16 training rows from 16 questions on CPU');
    const alone = await trainHere(one, '--recipe', 'sample', '--backend', 'cpu', '--threads', '1');
    expect([alone.code, alone.out.includes('No GPU found')]).toEqual([0, false]);
    expect(losses(one)).toBe(losses(all));
    expect(losses(all).trimEnd().split('\n')).toHaveLength(3);
  },
);
