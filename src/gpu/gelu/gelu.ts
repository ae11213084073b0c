/**
 * Exact GELU: x Phi(x), and its derivative Phi(x) + x phi(x). erf is the ratio of polynomials that Eigen uses for float:
 * 2e-7 absolute and a few units in the last place near 0, where Abramowitz-Stegun 7.1.26 is 3 % off.
 */
export const GELU_WGSL = /* wgsl */ `
fn erf(value: f32) -> f32 {
  let x = clamp(value, -4.0, 4.0);
  let s = x * x;
  var p = fma(s, -2.72614225801306e-10, 2.77068142495902e-8);
  p = fma(p, s, -2.10102402082508e-6);
  p = fma(p, s, -5.69250639462346e-5);
  p = fma(p, s, -7.34990630326855e-4);
  p = fma(p, s, -2.95459980854025e-3);
  p = fma(p, s, -1.60960333262415e-2);
  var q = fma(s, -1.45660718464996e-5, -2.13374055278905e-4);
  q = fma(q, s, -1.68282697438203e-3);
  q = fma(q, s, -7.37332916720468e-3);
  q = fma(q, s, -1.42647390514189e-2);
  return clamp(x * p / q, -1.0, 1.0);
}
fn gelu(x: f32) -> f32 { return 0.5 * x * (1.0 + erf(x * 0.70710678118654752)); }
fn gelu_grad(x: f32) -> f32 {
  return 0.5 * (1.0 + erf(x * 0.70710678118654752)) + x * 0.3989422804014327 * exp(-0.5 * x * x);
}
`;
