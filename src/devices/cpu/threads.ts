/** What src/devices/cpu/thread.mjs is started with. */
export interface ThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  wide: boolean;
  /** Addresses: where the threads meet, and this thread's scratch memory. */
  meeting: number;
  scratch: number;
  /** The count of calls when it begins. */
  generation: number;
}

/** A thread that runs. */
export interface Thread {
  terminate(): void;
}

/** The cores that this machine tells; one is left for the page where there are more than two. */
export function defaultThreads(): number {
  const cores =
    globalThis.process?.getBuiltinModule?.('node:os').availableParallelism() ??
    navigator.hardwareConcurrency ??
    1;
  return Math.max(1, cores > 2 && !globalThis.process ? cores - 1 : cores);
}

/** Whether threads can share a memory: always in Node; in a page when it is cross-origin isolated. (WebKitGTK calls pages so and shares nothing.) */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return globalThis.process?.getBuiltinModule !== undefined || globalThis.crossOriginIsolated === true;
}

/** Starts a thread and waits until it serves. `fail` is called when it dies, now or later. Rejects where it dies before it serves. */
export async function startThread(start: ThreadStart, fail: (reason: string) => void): Promise<Thread> {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  return new Promise((resolve, reject) => {
    const died = (reason: string) => {
      fail(reason);
      reject(new Error(reason));
    };
    if (node) {
      const worker = new node.Worker(new URL('./thread.mjs', import.meta.url));
      worker.once('message', () => {
        // The event loop may end while it serves.
        worker.unref();
        resolve({ terminate: () => void worker.terminate() });
      });
      worker.once('error', ({ message }) => died(message));
      worker.postMessage(start, []);
      return;
    }
    const worker = new Worker(new URL('./thread.mjs', import.meta.url), { type: 'module' });
    worker.addEventListener('message', () => resolve(worker), { once: true });
    worker.addEventListener('error', (event) => died(event.message || event.type));
    worker.postMessage(start, []);
  });
}
