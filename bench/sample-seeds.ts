// The built-in model after the preset `sample` on the sample that comes with the page, from the terminal, on the processor: the exact match and the
// time of each seed, and their means.
//   npx tsx bench/sample-seeds.ts [--seeds 1,2,3,4,5]
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { presets } from '../src/app/settings/presets.ts';

interface Outcome {
  eval_exact_match: number;
  eval_f1: number;
  eval_samples: number;
  seconds: number;
}

const pathOf = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

async function trainWith(seed: number): Promise<Outcome> {
  const output = await mkdtemp(join(tmpdir(), 'manabi-seed-'));
  const given = {
    model_name_or_path: pathOf('public/model'),
    train_file: pathOf('public/sample/train.json'),
    validation_file: pathOf('public/sample/valid.json'),
    output_dir: output,
    backend: 'cpu',
    ...presets.sample,
    seed,
  };
  // What is null is all of a file's questions, or left to the data.
  const options = Object.entries(given).flatMap(([name, value]) =>
    value !== null || name.endsWith('_samples') ? [`--${name}=${value ?? 'all'}`] : [],
  );
  const start = performance.now();
  try {
    const script = ['--import', import.meta.resolve('tsx'), pathOf('src/cli/train.ts')];
    await promisify(execFile)(process.execPath, [...script, ...options], { maxBuffer: 2 ** 26 });
    const seconds = (performance.now() - start) / 1000;
    const results = await readFile(join(output, 'eval_results.json'), 'utf8');
    return { ...(JSON.parse(results) as Omit<Outcome, 'seconds'>), seconds };
  } finally {
    await rm(output, { recursive: true });
  }
}

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1,2,3,4,5' } } });
const outcomes: Outcome[] = [];
for (const seed of values.seeds.split(',').map(Number)) {
  const outcome = await trainWith(seed);
  const { eval_exact_match, eval_f1, eval_samples, seconds } = outcome;
  console.log(JSON.stringify({ seed, eval_exact_match, eval_f1, eval_samples, seconds }));
  outcomes.push(outcome);
}
const mean = (name: keyof Outcome) =>
  outcomes.reduce((sum, outcome) => sum + outcome[name], 0) / outcomes.length;
console.log(JSON.stringify({ mean_exact_match: mean('eval_exact_match'), mean_seconds: mean('seconds') }));
