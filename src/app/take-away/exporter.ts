import { transfer, wrap, type Remote } from 'comlink';
import type { ExportWorker } from '../../workers/protocol.ts';
import { work } from '../state/work.svelte.ts';
import { trainer } from '../state/workers.ts';

let started: Remote<ExportWorker> | null = null;

/** The worker that makes files from the trainer's model. It is started at its first use: most visits make none. */
export function exporter(): Remote<ExportWorker> {
  if (started) return started;
  const worker: Remote<ExportWorker> = wrap(
    new Worker(new URL('../../workers/export.worker.ts', import.meta.url), { type: 'module' }),
  );
  // Weights go from one worker to the other without passing through the page.
  const { port1, port2 } = new MessageChannel();
  void trainer.serveModel(transfer(port1, [port1]));
  void worker.connect(transfer(port2, [port2]));
  work.onStop.add(() => void worker.cancel());
  started = worker;
  return worker;
}
