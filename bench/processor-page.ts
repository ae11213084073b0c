// The part of the processor's bench that runs in Chromium's page.
import * as Comlink from 'comlink';
import type { ProcessorWorker } from './processor-worker.ts';

const script = new URL('./processor-worker.ts', import.meta.url);

export const steps = Comlink.wrap<ProcessorWorker>(new Worker(script, { type: 'module' }));
