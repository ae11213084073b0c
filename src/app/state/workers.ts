import { transfer, wrap, type Remote } from 'comlink';
import type { TokenizerWorker, TrainerWorker } from '../../workers/protocol.ts';

export const tokenizer: Remote<TokenizerWorker> = wrap(
  new Worker(new URL('../../workers/tokenizer.worker.ts', import.meta.url), { type: 'module' }),
);
export const trainer: Remote<TrainerWorker> = wrap(
  new Worker(new URL('../../workers/trainer.worker.ts', import.meta.url), { type: 'module' }),
);

// Rows go from one to the other without passing through the page.
const { port1, port2 } = new MessageChannel();
void tokenizer.serve(transfer(port1, [port1]));
void trainer.connect(transfer(port2, [port2]));
