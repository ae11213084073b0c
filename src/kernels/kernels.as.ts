// The module of all kernels. A kernel is exported by its name, and the device puts each into the function table at the place that a call's record
// names. Threads share the memory and meet in a block of it: the first one begins calls, all take parts of them until none is left. A thread
// that comes late finds no part and harms nothing, so nobody waits for a thread that the system has put aside.
import { kernelOf } from './call.as';

export { adamW } from './adamw/adamw.as';
export { attentionGrad } from './attention/backward.as';
export { attention } from './attention/forward.as';
export { clear } from './clear.as';
export { convActivation, convActivationGrad, convColumns, convColumnsGrad } from './conv/conv.as';
export { dropout } from './dropout/dropout-kernel.as';
export { embed, embedGrad, positionGrad } from './embedding/embedding.as';
export { clipFactor, squareSums } from './grad-norm/grad-norm.as';
export { addNormPartials, layerNormGrad } from './layer-norm/layer-norm-grad.as';
export { layerNorm } from './layer-norm/layer-norm.as';
export { matmul } from './linear/matmul.as';
export { spanLoss } from './span-loss/span-loss.as';

/** Offsets in the block where the threads meet, 64 apart so that no two share a cache line. */
const TICKET: usize = 0; // u64: parts of the call, then the next part to be taken, 32 bits each
const GENERATION: usize = 64; // u32: moves when a call begins
const DONE: usize = 128; // u32: parts that are done
const CALL: usize = 192; // u64: the call's record; 0 when the threads shall end

/** How often a waiting thread looks before it sleeps: a call follows the last within microseconds. */
const LOOKS: i32 = 4000;

/**
 * Does parts of the call until none is left. The number of parts is in the ticket itself: a part that is taken is certainly of the call whose record
 * stands in CALL, since that call cannot end before it.
 */
export function work(meeting: usize, scratch: usize): void {
  for (;;) {
    const ticket = atomic.add<u64>(meeting + TICKET, 1);
    const part = <u32>ticket;
    const parts = <u32>(ticket >> 32);
    if (part >= parts) return;
    const call = <usize>load<u64>(meeting + CALL);
    call_indirect<void>(kernelOf(call), call, part, scratch);
    if (atomic.add<u32>(meeting + DONE, 1) + 1 == parts) atomic.notify(meeting + DONE, 1);
  }
}

/** Begins a call and wakes `others` threads for it. A call of 0 ends them. */
export function begin(call: usize, parts: u32, meeting: usize, others: u32): void {
  store<u64>(meeting + CALL, <u64>call);
  atomic.store<u32>(meeting + DONE, 0);
  atomic.store<u64>(meeting + TICKET, (<u64>parts) << 32);
  if (others == 0) return;
  atomic.add<u32>(meeting + GENERATION, 1);
  atomic.notify(meeting + GENERATION, others);
}

/** Whether all parts are done; waits for `nanoseconds` at most. */
export function ended(parts: u32, meeting: usize, nanoseconds: i64): bool {
  for (let look = 0; look < LOOKS; look++) if (atomic.load<u32>(meeting + DONE) == parts) return true;
  const done = atomic.load<u32>(meeting + DONE);
  if (done == parts) return true;
  atomic.wait<i32>(meeting + DONE, done, nanoseconds);
  return atomic.load<u32>(meeting + DONE) == parts;
}

/** What every thread but the first does until the device ends. `seen`: the generation when the thread was made. */
export function serve(meeting: usize, scratch: usize, seen: u32): void {
  for (;;) {
    let generation = atomic.load<u32>(meeting + GENERATION);
    for (let look = 0; look < LOOKS && generation == seen; look++) {
      generation = atomic.load<u32>(meeting + GENERATION);
    }
    while (generation == seen) {
      atomic.wait<i32>(meeting + GENERATION, seen, -1);
      generation = atomic.load<u32>(meeting + GENERATION);
    }
    seen = generation;
    if (load<u64>(meeting + CALL) == 0) return;
    work(meeting, scratch);
  }
}
