import { binding, uniform } from './call.as';

/** Bytes of a part. */
const PART: usize = 1 << 18;

/** Fills a buffer of uniform(0) bytes with zeros: the device's own call, before a step adds up its gradients. */
export function clear(call: usize, part: u32, _scratch: usize): void {
  const from = <usize>part * PART;
  memory.fill(binding(call, 0) + from, 0, min<usize>(PART, <usize>uniform(call, 0) - from));
}
