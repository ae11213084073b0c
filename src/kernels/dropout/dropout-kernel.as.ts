import { binding, uniform, uniformFloat, variant } from '../call.as';
import { loadUpTo4, storeUpTo4 } from '../rows.as';
import { dropoutKept, dropoutMask4, dropoutThreshold, siteKey } from './mask.as';

export function dropout(call: usize, part: u32, _scratch: usize): void {
  const x = binding(call, 0);
  const y = binding(call, 1);
  const key = siteKey(binding(call, 2), uniform(call, 1));
  const threshold = dropoutThreshold(uniformFloat(call, 2));
  const kept = dropoutKept(uniformFloat(call, 2));
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), uniform(call, 0));
  for (let i = first; i < end; i += 4) {
    const at = (<usize>i) << 2;
    const bytes = (<usize>(end - i)) << 2;
    const mask = dropoutMask4(key, i, threshold, kept);
    storeUpTo4(y + at, f32x4.mul(loadUpTo4(x + at, bytes), mask), bytes);
  }
}
