// The masks of dropout.ts, four elements at once.
import { MICRO_BATCH, SEED, stateInteger } from '../step-state.as';

function hash(value: u32): u32 {
  let x = value;
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  return x ^ (x >> 16);
}

function hash4(value: v128): v128 {
  let x = v128.xor(value, i32x4.shr_u(value, 16));
  x = i32x4.mul(x, i32x4.splat(0x7feb352d));
  x = v128.xor(x, i32x4.shr_u(x, 15));
  x = i32x4.mul(x, i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** dropoutKey of dropout.ts. */
export function dropoutKey(seed: u32, microBatch: u32, site: u32): u32 {
  return hash(hash(hash(seed) ^ ((microBatch + 1) * 0x9e3779b1)) ^ ((site + 1) * 0x85ebca6b));
}

/** The key of a site in the micro-batch that the StepState tells. */
export function siteKey(state: usize, site: u32): u32 {
  return dropoutKey(stateInteger(state, SEED), stateInteger(state, MICRO_BATCH), site);
}

/** What a random u32 must be below for its element to be dropped. */
export function dropoutThreshold(p: f32): u32 {
  return <u32>(<f64>p * 4294967296.0);
}

/** 1 / (1 - p), four times. */
export function dropoutKept(p: f32): v128 {
  return f32x4.splat(1 / (1 - p));
}

/** The masks of elements index to index + 3: 0 or `kept` = 1 / (1 - p). */
export function dropoutMask4(key: u32, index: u32, threshold: u32, kept: v128): v128 {
  const indices = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
  const keys = i32x4.splat(key);
  const bits = hash4(i32x4.add(hash4(v128.xor(indices, keys)), keys));
  // Unsigned comparison: both sides with their highest bit turned.
  const top = i32x4.splat(0x80000000);
  const stays = i32x4.ge_s(v128.xor(bits, top), i32x4.splat(threshold ^ 0x80000000));
  return v128.and(stays, kept);
}

/** The mask of one element. */
export function dropoutMask1(key: u32, index: u32, threshold: u32, kept: v128): f32 {
  return f32x4.extract_lane(dropoutMask4(key, index, threshold, kept), 0);
}
