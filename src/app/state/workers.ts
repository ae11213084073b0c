import { transfer, wrap, type Remote } from 'comlink';
import { ManabiError } from '../../errors/manabi-error.ts';
import type { TokenizerWorker, TrainerWorker } from '../../workers/protocol.ts';

const tokenizerWorker = new Worker(new URL('../../workers/tokenizer.worker.ts', import.meta.url), {
  type: 'module',
});
const trainerWorker = new Worker(new URL('../../workers/trainer.worker.ts', import.meta.url), {
  type: 'module',
});
export const tokenizer: Remote<TokenizerWorker> = wrap(tokenizerWorker);
export const trainer: Remote<TrainerWorker> = wrap(trainerWorker);

/** Rejects where the script of a worker cannot be loaded: nothing that is asked of it would ever be answered. */
export const unloaded: Promise<never> = new Promise((_, reject) => {
  for (const worker of [tokenizerWorker, trainerWorker]) {
    // An error of a script that was loaded is an ErrorEvent.
    worker.addEventListener('error', (event) => {
      if (!(event instanceof ErrorEvent && event.message)) reject(new ManabiError('page-incomplete', ''));
    });
  }
});

// Rows go from one to the other without passing through the page.
const { port1, port2 } = new MessageChannel();
void tokenizer.serve(transfer(port1, [port1]));
void trainer.connect(transfer(port2, [port2]));
