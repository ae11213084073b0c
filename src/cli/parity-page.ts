// The part of the parity command that runs in a page of Chromium: it opens the worker that trains and passes its lines on.
import { proxy, wrap, type Remote } from 'comlink';
import type { ParityCounts } from '../parity/run.ts';
import type { ServedGoldens } from '../parity/served.ts';
import type { Backend, Reply, TrainerWorker } from '../workers/protocol.ts';

declare global {
  /** On the terminal; given by the command. */
  function printLine(line: string): Promise<void>;
}

export function checkInWorker(backend: Backend, given: ServedGoldens): Promise<Reply<ParityCounts>> {
  const worker = new Worker(new URL('../workers/trainer.worker.ts', import.meta.url), { type: 'module' });
  // A worker that does not start answers nothing.
  const broken = new Promise<Reply<never>>((resolve) => {
    worker.addEventListener('error', ({ message }) => resolve({ ok: false, message }));
  });
  return Promise.race([broken, check(wrap<TrainerWorker>(worker), backend, given)]);
}

async function check(
  trainer: Remote<TrainerWorker>,
  backend: Backend,
  given: ServedGoldens,
): Promise<Reply<ParityCounts>> {
  const opened = await trainer.open(backend);
  if (!opened.ok) return opened;
  await printLine(`      in Chromium on ${opened.value.name}`);
  return trainer.checkParity(given, proxy(printLine));
}
