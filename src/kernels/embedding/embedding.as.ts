import { binding, uniform, variant } from '../call.as';
import { addRow, clearRow, copyRow, wholeBytes } from '../rows.as';

export function embed(call: usize, part: u32, _scratch: usize): void {
  const ids = binding(call, 0);
  const word = binding(call, 1);
  const y = binding(call, 2);
  const positioned = variant(call, 1) == 1;
  const typed = variant(call, 2) == 1;
  const next: usize = positioned ? 4 : 3;
  const N = uniform(call, 1);
  const width = <usize>uniform(call, 2);
  const bytes = width << 2;
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), uniform(call, 0));
  for (let token = first; token < end; token++) {
    const to = y + <usize>token * bytes;
    copyRow(to, word + <usize>load<u32>(ids + ((<usize>token) << 2)) * bytes, width);
    if (positioned) addRow(to, binding(call, 3) + <usize>(token % N) * bytes, width);
    if (!typed) continue;
    const type = load<u32>(binding(call, next) + ((<usize>token) << 2));
    addRow(to, binding(call, next + 1) + <usize>type * bytes, width);
  }
}

/** Positions that are summed at once: a long sequential sum loses digits. */
const RUN: u32 = 64;

/** A part: some columns of some slots. Scratch holds the sum of a slot and of a run. */
export function embedGrad(call: usize, part: u32, scratch: usize): void {
  const dy = binding(call, 0);
  const sorted = binding(call, 1);
  const table = binding(call, 2);
  const T = <usize>uniform(call, 0);
  const stride = (<usize>uniform(call, 1)) << 2;
  const slots = variant(call, 0);
  const columns = variant(call, 1);
  const chunks = variant(call, 2);
  const column = (part % chunks) * columns;
  const width = <usize>min<u32>(columns, uniform(call, 1) - column);
  const offset = (<usize>column) << 2;
  const rows = sorted + 4;
  const starts = rows + (T << 2);
  const positions = starts + ((T + 1) << 2);
  const sum = scratch;
  const run = scratch + ((<usize>columns) << 2);
  const first = (part / chunks) * slots;
  const end = min<u32>(first + slots, load<u32>(sorted));
  for (let slot = first; slot < end; slot++) {
    const at = (<usize>slot) << 2;
    const to = table + <usize>load<u32>(rows + at) * stride + offset;
    const last = load<u32>(starts + at + 4);
    clearRow(sum, width);
    for (let start = load<u32>(starts + at); start < last; start += RUN) {
      const runEnd = min<u32>(last, start + RUN);
      clearRow(run, width);
      for (let i = start; i < runEnd; i++) {
        addRow(run, dy + <usize>load<u32>(positions + ((<usize>i) << 2)) * stride + offset, width);
      }
      addRow(sum, run, width);
    }
    addRow(to, sum, width);
  }
}

export function positionGrad(call: usize, part: u32, _scratch: usize): void {
  const dy = binding(call, 0);
  const table = binding(call, 1);
  const B = uniform(call, 0);
  const length = <usize>uniform(call, 1);
  const first = <usize>part * variant(call, 0);
  const count = min<usize>(variant(call, 0), length - first);
  const whole = wholeBytes(count);
  const to = table + (first << 2);
  const from = dy + (first << 2);
  let i: usize = 0;
  for (; i < whole; i += 16) {
    let sum = f32x4.splat(0);
    let at = from + i;
    for (let b: u32 = 0; b < B; b++, at += length << 2) sum = f32x4.add(sum, v128.load(at));
    v128.store(to + i, f32x4.add(v128.load(to + i), sum));
  }
  for (; i < count << 2; i += 4) {
    let sum: f32 = 0;
    let at = from + i;
    for (let b: u32 = 0; b < B; b++, at += length << 2) sum += load<f32>(at);
    store<f32>(to + i, load<f32>(to + i) + sum);
  }
}
