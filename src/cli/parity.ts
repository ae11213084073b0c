// npm run parity -- FOLDER [--jsquad FILE] [--tokenizers DIR] [--models DIR] [--backend webgpu|cpu] [--only a,b]
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkFormats } from '../parity/formats.ts';
import { checkMetrics } from '../parity/metrics.ts';
import { checkModels } from '../parity/models.ts';
import { checkPipeline } from '../parity/pipeline.ts';
import { checkResume } from '../parity/resume.ts';
import { checkTokenization } from '../parity/tokenization.ts';
import { checkTraining } from '../parity/training.ts';
import type { GoldenFolder } from '../parity/golden-folder.ts';
import { Report } from '../parity/report.ts';
import type { Sources } from '../parity/sources.ts';
import { parseSquad } from '../squad/parse.ts';
import { openCpu, openWebGpu, type CreateEngine } from './backend.ts';

const parts = {
  metrics: { needs: 'metrics.json', check: (s: Sources, r: Report) => checkMetrics(s.folder, r) },
  tokenization: { needs: 'tokenization/', check: checkTokenization },
  models: { needs: 'models/', check: checkModels },
  formats: { needs: 'formats/', check: (s: Sources, r: Report) => checkFormats(s.folder, r) },
  training: { needs: 'training/', check: checkTraining },
  resume: { needs: 'training/resume/', check: checkResume },
  pipeline: { needs: 'pipeline/answers.jsonl.gz', check: checkPipeline },
};

async function openFolder(root: string): Promise<GoldenFolder> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(resolve(root).length + 1)
        .replaceAll('\\', '/'),
    );
  return { paths, bytes: async (path) => new Uint8Array(await readFile(join(root, path))) };
}

/** `sub` of the folder, or the folder named on the command line. */
async function part(
  root: string,
  folder: GoldenFolder,
  sub: string,
  given?: string,
): Promise<GoldenFolder | null> {
  if (given) return openFolder(resolve(given));
  return folder.paths.some((path) => path.startsWith(`${sub}/`)) ? openFolder(join(root, sub)) : null;
}

/** The device is opened by the first check that needs one: most need none. */
function lazily(open: () => Promise<CreateEngine>): CreateEngine {
  let opened: Promise<CreateEngine> | null = null;
  return async (config, weights) => {
    opened ??= open();
    return (await opened)(config, weights);
  };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      jsquad: { type: 'string' },
      tokenizers: { type: 'string' },
      models: { type: 'string' },
      backend: { type: 'string', default: 'webgpu' },
      only: { type: 'string' },
    },
  });
  if (positionals.length !== 1)
    throw new Error('Usage: npm run parity -- FOLDER [--jsquad FILE] [--only PARTS]');
  if (values.backend !== 'cpu' && values.backend !== 'webgpu') {
    throw new Error(`--backend ${values.backend}: choose webgpu or cpu.`);
  }
  const root = resolve(positionals[0]);
  const folder = await openFolder(root);
  const sources: Sources = {
    folder,
    tokenizers: await part(root, folder, 'tokenizers', values.tokenizers),
    models: await part(root, folder, 'models', values.models),
    jsquad: values.jsquad ? parseSquad(await readFile(values.jsquad, 'utf8'), values.jsquad).examples : null,
    createEngine: lazily(values.backend === 'cpu' ? openCpu : openWebGpu),
  };
  const only = values.only?.split(',') ?? Object.keys(parts);
  const report = new Report((line) => console.log(line));
  for (const [name, { needs, check }] of Object.entries(parts)) {
    if (!only.includes(name)) continue;
    if (folder.paths.some((path) => path.startsWith(needs))) await check(sources, report);
    else report.note(`${name}: not in this folder`);
  }
  for (const name of only) if (!(name in parts)) report.note(`${name}: no such part`);
  console.log(`${report.passed} passed, ${report.failed} failed`);
  return report.failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
