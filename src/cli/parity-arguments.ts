import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { partNames, readPartNames, type PartName } from '../parity/run.ts';
import type { Backend } from '../workers/protocol.ts';

const usage =
  'npm run parity -- FOLDER [--jsquad FILE] [--tokenizers DIR] [--models DIR] [--backend webgpu|cpu] [--browser]\n' +
  `  [--only PARTS] with commas between them: ${partNames.join(', ')}`;

export interface ParityCommand {
  /** Absolute paths. */
  folder: string;
  tokenizers: string | null;
  models: string | null;
  /** A whole folder of goldens, for the tokenizers and models that are nowhere else: `golden` beside the folder of the JSQuAD file. */
  rest: string | null;
  jsquad: string | null;
  backend: Backend;
  only: PartName[];
  /** In Chromium, in the worker that trains. */
  browser: boolean;
}

/** Throws Error with the usage, and ManabiError parity-part. */
export function readParityCommand(argv: readonly string[]): ParityCommand {
  const { values, positionals } = readOptions(argv);
  const { backend, browser, only } = values;
  if (positionals.length !== 1) throw new Error(`Name one folder.\n${usage}`);
  if (backend !== 'cpu' && backend !== 'webgpu') {
    throw new Error(`--backend ${backend}: choose webgpu or cpu.\n${usage}`);
  }
  const path = (given: string | undefined) => (given === undefined ? null : resolve(given));
  const jsquad = path(values.jsquad);
  const beside = jsquad === null ? null : resolve(dirname(jsquad), '../golden');
  return {
    folder: resolve(positionals[0]),
    tokenizers: path(values.tokenizers),
    models: path(values.models),
    rest: beside !== null && existsSync(beside) ? beside : null,
    jsquad,
    backend,
    only: only === undefined ? partNames : readPartNames(only),
    browser,
  };
}

function readOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        jsquad: { type: 'string' },
        tokenizers: { type: 'string' },
        models: { type: 'string' },
        backend: { type: 'string', default: 'webgpu' },
        only: { type: 'string' },
        browser: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`, { cause: error });
  }
}
