import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../errors/en.ts';
import type { ErrorCode } from '../errors/manabi-error.ts';

const fixtures = 'src/parity/fixtures';
let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'manabi-parity-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Ended {
  code: number;
  lines: string[];
  errors: string;
}

/** `npm run parity -- ...` to its end. */
function parity(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', 'src/cli/parity.ts', ...args],
      { env: { ...process.env, ...env } },
      (_, out, errors) => resolve({ code: child.exitCode ?? -1, lines: out.trimEnd().split('\n'), errors }),
    );
  });
}

test('every part of the fixtures passes on the processor', { timeout: 180_000 }, async () => {
  const given = ['--jsquad', 'public/sample/valid.json', '--tokenizers', 'public', '--backend', 'cpu'];
  const { code, lines, errors } = await parity([fixtures, ...given]);
  expect(lines.filter((line) => !line.startsWith('pass'))).toEqual(['121 passed, 0 failed']);
  expect([code, errors]).toEqual([0, '']);
});

test(
  'a value that differs is a failure; what is missing or unknown is named',
  { timeout: 60_000 },
  async () => {
    cpSync(`${fixtures}/metrics.json`, join(scratch, 'altered', 'metrics.json'));
    const file = join(scratch, 'altered', 'metrics.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"jglue_f1": 1.0', '"jglue_f1": 0.5'));
    mkdirSync(join(scratch, 'altered', 'surprise'));
    writeFileSync(join(scratch, 'altered', 'surprise', 'x.txt'), '');
    const { code, lines } = await parity([join(scratch, 'altered'), '--only', 'metrics,models']);
    expect(code).toBe(1);
    expect(lines).toEqual([
      'pass  metrics seed_correct: 12 of 12 equal',
      'FAIL  metrics jglue: 5.00e-1 (bound 1e-9)',
      'pass  metrics squad_v1: 0.00e+0 (bound 1e-9)',
      'pass  metrics squad_v2: 0.00e+0 (bound 1e-9)',
      '      models: not in this folder',
      '      surprise: not a part that is known here',
      '3 passed, 1 failed',
    ]);
  },
);

test('what a folder lacks is taken from the goldens beside the questions', { timeout: 60_000 }, async () => {
  const [folder, home] = [join(scratch, 'training-only'), join(scratch, 'home')];
  for (const path of ['training/data.safetensors', 'training/fast']) {
    cpSync(join(fixtures, path), join(folder, path), { recursive: true });
  }
  cpSync(join(fixtures, 'models/ku-like'), join(home, 'golden/models/ku-like'), { recursive: true });
  cpSync('public/sample/valid.json', join(home, 'jsquad/valid.json'));
  const { code, lines } = await parity([
    folder,
    '--jsquad',
    join(home, 'jsquad/valid.json'),
    '--backend',
    'cpu',
  ]);
  expect([code, lines.at(-1)]).toEqual([0, '6 passed, 0 failed']);
});

test('what cannot run says why and what to do', { timeout: 60_000 }, async () => {
  mkdirSync(join(scratch, 'empty'));
  const beginning = (code: ErrorCode) => en[code].split('{')[0];
  const metrics = [fixtures, '--only', 'metrics'];
  const cases: [string[], string][] = [
    [[join(scratch, 'nowhere')], en['parity-folder']],
    [[join(scratch, 'empty')], beginning('parity-nothing')],
    [[fixtures, '--only', 'metric'], `metric: ${beginning('parity-part')}metrics, tokenization`],
    [[...metrics, '--backend', 'gpu'], '--backend gpu: choose webgpu or cpu.'],
    [[], 'npm run parity -- FOLDER'],
    [[...metrics, '--browser'], beginning('parity-no-chromium')],
  ];
  for (const [args, message] of cases) {
    const { code, errors } = await parity(args, { CHROMIUM_PATH: join(scratch, 'no-chromium') });
    expect([args, code, errors.includes(message) ? message : errors]).toEqual([args, 2, message]);
  }
});
