// How kernels read and write float arrays in memory. All arithmetic is in float32.

/**
 * One float32 at a time, four at once, or four float16. The last is two u32 of packed pairs: WGSL packs and unpacks float16
 * without the feature shader-f16, which many adapters lack.
 */
export type Access = 'scalar' | 'vector' | 'half';

export const elementType: Record<Access, string> = {
  scalar: 'f32',
  vector: 'vec4<f32>',
  half: 'vec2<u32>',
};

/** Beyond float16's range, and for NaN, infinity is written: the scaling of the loss looks for it in the gradients. */
export const HALF_WGSL = /* wgsl */ `
fn pack_halves(v: vec2<f32>) -> u32 {
  let bits = bitcast<vec2<u32>>(v);
  let packed = pack2x16float(clamp(v, vec2<f32>(-65504.0), vec2<f32>(65504.0)));
  let infinity = ((bits >> vec2<u32>(16u)) & vec2<u32>(0x8000u)) | vec2<u32>(0x7c00u);
  let beyond = (bits & vec2<u32>(0x7fffffffu)) > vec2<u32>(0x477fe000u);
  let halves = select(vec2<u32>(packed & 0xffffu, packed >> 16u), infinity, beyond);
  return halves.x | (halves.y << 16u);
}
fn pack_half4(v: vec4<f32>) -> vec2<u32> { return vec2<u32>(pack_halves(v.xy), pack_halves(v.zw)); }
fn unpack_half4(v: vec2<u32>) -> vec4<f32> { return vec4<f32>(unpack2x16float(v.x), unpack2x16float(v.y)); }
`;

/** The WGSL of a value of four read from, or written to, an array of `vector` or `half`. */
export function loaded(access: Access, element: string): string {
  return access === 'half' ? `unpack_half4(${element})` : element;
}

export function stored(access: Access, value: string): string {
  return access === 'half' ? `pack_half4(${value})` : value;
}

/** x_at(index): one value, of an array of f32 or, for float16, of u32 pairs. */
export function valueReader(name: string, half: boolean): string {
  return half
    ? /* wgsl */ `
fn ${name}_at(at: u32) -> f32 {
  let pair = unpack2x16float(${name}[at >> 1u]);
  return select(pair.x, pair.y, (at & 1u) == 1u);
}`
    : /* wgsl */ `
fn ${name}_at(at: u32) -> f32 { return ${name}[at]; }`;
}

/** set_x(index, value). Both float16 of a pair must belong to one thread. Needs HALF_WGSL. */
export function valueWriter(name: string, half: boolean): string {
  return half
    ? /* wgsl */ `
fn set_${name}(at: u32, value: f32) {
  let old = ${name}[at >> 1u];
  let packed = pack_halves(vec2<f32>(value));
  let mask = select(0x0000ffffu, 0xffff0000u, (at & 1u) == 1u);
  ${name}[at >> 1u] = (old & ~mask) | (packed & mask);
}`
    : /* wgsl */ `
fn set_${name}(at: u32, value: f32) { ${name}[at] = value; }`;
}
