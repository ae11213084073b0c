// A thread of the processor device, in a page's worker or in Node's. It is plain JavaScript because Node runs it as it is. The first message brings the
// kernels and the memory; after that it lives inside `serve`, where it waits for calls in the shared memory.
import { instantiate } from './instance.mjs';

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = node?.parentPort ?? globalThis;

const start = ({ module, memory, wide, meeting, scratch, generation }) => {
  const { exports } = instantiate(module, memory);
  const address = wide ? BigInt : Number;
  port.postMessage('ready');
  exports.serve(address(meeting), address(scratch), generation);
};

if (node) port.once('message', start);
else port.addEventListener('message', ({ data }) => start(data), { once: true });
