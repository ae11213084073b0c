/** dropoutKey and dropoutMask of dropout.ts. */
export const DROPOUT_WGSL = /* wgsl */ `
fn dropout_hash(value: u32) -> u32 {
  var x = value;
  x ^= x >> 16u; x *= 0x7feb352du;
  x ^= x >> 15u; x *= 0x846ca68bu;
  x ^= x >> 16u;
  return x;
}
fn dropout_key(seed: u32, micro_batch: u32, site: u32) -> u32 {
  return dropout_hash(
    dropout_hash(dropout_hash(seed) ^ ((micro_batch + 1u) * 0x9e3779b1u)) ^ ((site + 1u) * 0x85ebca6bu));
}
// 0 with probability p, else 1 / (1 - p).
fn dropout_scale(key: u32, index: u32, p: f32) -> f32 {
  let bits = dropout_hash(dropout_hash(index ^ key) + key);
  return select(1.0 / (1.0 - p), 0.0, bits < u32(p * 4294967296.0));
}
fn dropout_scale4(key: u32, index: u32, p: f32) -> vec4<f32> {
  return vec4<f32>(
    dropout_scale(key, index, p), dropout_scale(key, index + 1u, p),
    dropout_scale(key, index + 2u, p), dropout_scale(key, index + 3u, p));
}
`;
