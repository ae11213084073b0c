/**
 * Exact GELU: x Phi(x), and its derivative Phi(x) + x phi(x). erf by two polynomials fitted to float64 values: below 0.92 one of
 * erf(x)/x in x^2, above it one of log(erfc(x)) + x^2. The error is 1e-7 absolute and a few units in the last place near 0,
 * where Abramowitz-Stegun 7.1.26 is 3 % off.
 */
export const GELU_WGSL = /* wgsl */ `
fn erf(value: f32) -> f32 {
  let t = min(abs(value), 4.0);
  let s = t * t;
  if (t < 0.92) {
    var p = fma(s, 8.404849359067157e-5, -8.151340298354626e-4);
    p = fma(p, s, 5.2018375135958195e-3);
    p = fma(p, s, -2.6859745383262634e-2);
    p = fma(p, s, 0.11283702403306961);
    p = fma(p, s, -0.37612634897232056);
    p = fma(p, s, 0.12837916612625122);
    return fma(p, value, value);
  }
  var p = fma(t, -2.1161933545954525e-5, 4.3521917541511357e-4);
  p = fma(p, t, -4.174644127488136e-3);
  p = fma(p, t, 2.5128627195954323e-2);
  p = fma(p, t, -0.10829395055770874);
  p = fma(p, t, 0.3666653633117676);
  p = fma(p, t, -1.1295207738876343);
  p = fma(p, t, 1.7587495676707476e-4);
  return sign(value) * (1.0 - exp(p - s));
}
fn phi(x: f32) -> f32 { return 0.5 * (1.0 + erf(x * 0.70710678118654752)); }
fn gelu(x: f32) -> f32 { return x * phi(x); }
// The derivative from x and Phi(x).
fn gelu_slope(x: vec4<f32>, below: vec4<f32>) -> vec4<f32> {
  return below + x * 0.3989422804014327 * exp(-0.5 * x * x);
}
fn gelu_grad(x: f32) -> f32 { return gelu_slope(vec4<f32>(x), vec4<f32>(phi(x))).x; }
`;
