// The part of the parity command that runs in a page of Chromium: it opens the worker that trains and passes its lines on.
import { proxy, wrap } from 'comlink';
import type { ParityCounts } from '../parity/run.ts';
import type { ServedGoldens } from '../parity/served.ts';
import type { Backend, Reply, TrainerWorker } from '../workers/protocol.ts';

declare global {
  /** On the terminal; given by the command. */
  function printLine(line: string): Promise<void>;
}

export async function checkInWorker(backend: Backend, given: ServedGoldens): Promise<Reply<ParityCounts>> {
  const worker = wrap<TrainerWorker>(
    new Worker(new URL('../workers/trainer.worker.ts', import.meta.url), { type: 'module' }),
  );
  const opened = await worker.open(backend);
  if (!opened.ok) return opened;
  await printLine(`      in Chromium on ${opened.value.name}`);
  return worker.checkParity(given, proxy(printLine));
}
