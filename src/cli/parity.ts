// npm run parity -- FOLDER [--jsquad FILE] [--tokenizers DIR] [--models DIR] [--backend webgpu|cpu] [--only a,b] [--browser]
// Exits with 1 where a check failed, with 2 where it could not run.
import { readFile } from 'node:fs/promises';
import '../errors/in-english.ts';
import { Report } from '../parity/report.ts';
import { runParity, type ParityCounts } from '../parity/run.ts';
import { sourcesOf } from '../parity/sources.ts';
import { parseSquad } from '../squad/read-file.ts';
import type { Backend } from '../workers/protocol.ts';
import type { CreateEngine } from './backend.ts';
import { openFolder } from './disk-folder.ts';
import { readParityCommand, type ParityCommand } from './parity-arguments.ts';

// The device and all that belongs to it are loaded by the first check that needs them: most need none.
function engines(backend: Backend): CreateEngine {
  let opened: Promise<CreateEngine> | null = null;
  const open = async () => {
    const { openCpu, openWebGpu } = await import('./backend.ts');
    return backend === 'cpu' ? openCpu() : openWebGpu();
  };
  return async (config, weights) => {
    opened ??= open();
    return (await opened)(config, weights);
  };
}

async function checkInChromium(command: ParityCommand): Promise<ParityCounts> {
  const browser = await import('./parity-browser.ts');
  return browser.checkInChromium(command);
}

async function checkHere(command: ParityCommand): Promise<ParityCounts> {
  const { folder, tokenizers, models, rest, jsquad, backend, only } = command;
  const opened = (path: string | null) => (path === null ? null : openFolder(path));
  const sources = sourcesOf(await openFolder(folder), {
    tokenizers: await opened(tokenizers),
    models: await opened(models),
    rest: await opened(rest),
    jsquad: jsquad === null ? null : parseSquad(await readFile(jsquad, 'utf8'), jsquad).examples,
    createEngine: engines(backend),
  });
  return runParity(sources, only, new Report((line) => console.log(line)));
}

try {
  const command = readParityCommand(process.argv.slice(2));
  const { passed, failed } = await (command.browser ? checkInChromium(command) : checkHere(command));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
