import { binding, uniform, uniformFloat, variant } from '../call.as';
import { dropoutKept, dropoutMask4, dropoutThreshold, siteKey } from '../dropout/mask.as';
import { gelu4, geluGrad4, tanh4 } from '../math.as';
import { loadUpTo4, storeUpTo4 } from '../rows.as';

export function convColumns(call: usize, part: u32, _scratch: usize): void {
  const x = binding(call, 0);
  const y = binding(call, 1);
  const N = uniform(call, 1);
  const width = <usize>uniform(call, 2);
  const kernel = uniform(call, 3);
  const reach = (kernel - 1) / 2;
  const step = (<usize>kernel) << 2;
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), uniform(call, 0));
  for (let token = first; token < end; token++) {
    const n = token % N;
    for (let k: u32 = 0; k < kernel; k++) {
      let to = y + <usize>token * width * step + ((<usize>k) << 2);
      const inside = n + k >= reach && n + k - reach < N;
      let from = x + ((<usize>(token + k - reach) * width) << 2);
      for (let c: usize = 0; c < width; c++, to += step, from += 4) {
        store<f32>(to, inside ? load<f32>(from) : 0);
      }
    }
  }
}

export function convColumnsGrad(call: usize, part: u32, _scratch: usize): void {
  const x = binding(call, 0);
  const y = binding(call, 1);
  const N = uniform(call, 1);
  const width = <usize>uniform(call, 2);
  const kernel = uniform(call, 3);
  const reach = (kernel - 1) / 2;
  const step = (<usize>kernel) << 2;
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), uniform(call, 0));
  for (let token = first; token < end; token++) {
    const n = token % N;
    for (let k: u32 = 0; k < kernel; k++) {
      if (n + reach < k || n + reach - k >= N) continue;
      let to = y + ((<usize>token * width) << 2);
      let from = x + <usize>(token + reach - k) * width * step + ((<usize>k) << 2);
      for (let c: usize = 0; c < width; c++, to += 4, from += step) {
        store<f32>(to, load<f32>(to) + load<f32>(from));
      }
    }
  }
}

/** What act is applied to, and what it was multiplied with, at `index`. */
function scaleOf(masked: f32, dropped: boolean, key: u32, index: u32, threshold: u32, kept: v128): v128 {
  const scale = f32x4.splat(masked);
  if (!dropped) return scale;
  return f32x4.mul(scale, dropoutMask4(key, index, threshold, kept));
}

export function convActivation(call: usize, part: u32, _scratch: usize): void {
  const x = binding(call, 0);
  const bias = binding(call, 1);
  const mask = binding(call, 2);
  const residual = binding(call, 4);
  const y = binding(call, 5);
  const dropout = uniformFloat(call, 3);
  const key = siteKey(binding(call, 3), uniform(call, 2));
  const threshold = dropoutThreshold(dropout);
  const kept = dropoutKept(dropout);
  const gelu = variant(call, 1) == 1;
  const width = uniform(call, 1);
  const rows = uniform(call, 0) / width;
  const bytes = (<usize>width) << 2;
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), rows);
  for (let row = first; row < end; row++) {
    const at = <usize>row * bytes;
    const masked = <f32>load<u32>(mask + ((<usize>row) << 2));
    for (let i: usize = 0; i < bytes; i += 16) {
      const left = bytes - i;
      const scale = scaleOf(masked, dropout > 0, key, row * width + ((<u32>i) >> 2), threshold, kept);
      const value = f32x4.mul(f32x4.add(loadUpTo4(x + at + i, left), loadUpTo4(bias + i, left)), scale);
      const activated = gelu ? gelu4(value) : tanh4(value);
      storeUpTo4(y + at + i, f32x4.add(loadUpTo4(residual + at + i, left), activated), left);
    }
  }
}

export function convActivationGrad(call: usize, part: u32, _scratch: usize): void {
  const x = binding(call, 0);
  const bias = binding(call, 1);
  const mask = binding(call, 2);
  const dy = binding(call, 4);
  const dx = binding(call, 5);
  const dResidual = binding(call, 6);
  const dropout = uniformFloat(call, 3);
  const key = siteKey(binding(call, 3), uniform(call, 2));
  const threshold = dropoutThreshold(dropout);
  const kept = dropoutKept(dropout);
  const gelu = variant(call, 1) == 1;
  const width = uniform(call, 1);
  const rows = uniform(call, 0) / width;
  const bytes = (<usize>width) << 2;
  const first = part * variant(call, 0);
  const end = min<u32>(first + variant(call, 0), rows);
  for (let row = first; row < end; row++) {
    const at = <usize>row * bytes;
    const masked = <f32>load<u32>(mask + ((<usize>row) << 2));
    for (let i: usize = 0; i < bytes; i += 16) {
      const left = bytes - i;
      const scale = scaleOf(masked, dropout > 0, key, row * width + ((<u32>i) >> 2), threshold, kept);
      const value = f32x4.mul(f32x4.add(loadUpTo4(x + at + i, left), loadUpTo4(bias + i, left)), scale);
      let slope = geluOrTanhGrad(gelu, value);
      const given = loadUpTo4(dy + at + i, left);
      storeUpTo4(dx + at + i, f32x4.mul(f32x4.mul(given, slope), scale), left);
      storeUpTo4(dResidual + at + i, given, left);
    }
  }
}

function geluOrTanhGrad(gelu: boolean, value: v128): v128 {
  if (gelu) return geluGrad4(value);
  const y = tanh4(value);
  return f32x4.sub(f32x4.splat(1), f32x4.mul(y, y));
}
