// The processor's bench in a page: its device blocks, so it lives in a worker.
import * as Comlink from 'comlink';
import { ProcessorSteps } from './processor-steps.ts';

let steps: ProcessorSteps | null = null;

function opened(): ProcessorSteps {
  if (!steps) throw new Error('not open');
  return steps;
}

const worker = {
  open: async (...values: Parameters<typeof ProcessorSteps.open>) => {
    steps = await ProcessorSteps.open(...values);
  },
  time: (...values: Parameters<ProcessorSteps['time']>) => opened().time(...values),
  timeJavaScript: (count: number) => opened().timeJavaScript(count),
  facts: () => opened().facts(),
};

export type ProcessorWorker = typeof worker;

Comlink.expose(worker);
