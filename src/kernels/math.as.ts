// Functions of four float32 at once, by polynomials held to the float64 values (math.test.ts).

/** a b + c; fused in the relaxed build where the processor can. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** p x + c. */
export function horner(p: v128, x: v128, c: f32): v128 {
  return madd(p, x, f32x4.splat(c));
}

/** The sum of the four, in pairs. */
export function sumOf(v: v128): f32 {
  const pairs = f32x4.add(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

export function largestOf(v: v128): f32 {
  const pairs = f32x4.pmax(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/**
 * e^x to about a unit in the last place (Cephes' expf); exactly 0 below -87, NaN for NaN. The reduction subtracts ln 2 in two parts; without fused
 * operations the first is exact since n has few bits. Adding 1.5 * 2^23 rounds to a whole number and leaves it in the lowest bits.
 */
export function exp4(value: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(value, f32x4.splat(-87.0)), f32x4.splat(88.3));
  const magic = f32x4.splat(12582912);
  const rounded = madd(x, f32x4.splat(Mathf.LOG2E), magic);
  const n = f32x4.sub(rounded, magic);
  const r = madd(n, f32x4.splat(2.1219444e-4), madd(n, f32x4.splat(-0.693359375), x));
  let p = horner(f32x4.splat(1.98756915e-4), r, 1.3981999507e-3);
  p = horner(p, r, 8.3334519073e-3);
  p = horner(p, r, 4.1665795894e-2);
  p = horner(p, r, 1.6666665459e-1);
  p = horner(p, r, 5.0000001201e-1);
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(rounded, i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(value, f32x4.splat(-87.0)));
}

/** ln of a positive number, to float32: 2 artanh((m - 1) / (m + 1)) by its series in float64, m between 1 / sqrt(2) and sqrt(2). */
export function log(value: f64): f32 {
  const bits = reinterpret<u64>(value);
  let exponent = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  const series = 1 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11)))));
  return <f32>(<f64>exponent * Math.LN2 + 2 * s * series);
}

/**
 * The error function as x P(x^2) / Q(x^2), fitted to the float64 values on [-3.93, 3.93]; beyond it is 1 in float32. Within 4e-7, with neither a branch
 * nor an exponential: GELU is a quarter of what the built-in model's products take.
 */
export function erf4(value: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(value, f32x4.splat(-3.93)), f32x4.splat(3.93));
  const s = f32x4.mul(x, x);
  let p = horner(f32x4.splat(2.0270172118687777e-6), s, 2.875046702309928e-4);
  p = horner(p, s, 3.8843011189265736e-3);
  p = horner(p, s, 5.3108167894355365e-2);
  p = horner(p, s, 0.19318041883889744);
  p = horner(p, s, 1.1283790173025865);
  let q = horner(f32x4.splat(3.799236860175021e-5), s, 1.1913787832308158e-3);
  q = horner(q, s, 1.5204372373108937e-2);
  q = horner(q, s, 0.11525006152997744);
  q = horner(q, s, 0.5045332987451634);
  q = horner(q, s, 1);
  return f32x4.div(f32x4.mul(x, p), q);
}

/** x Phi(x). */
export function gelu4(x: v128): v128 {
  const half = f32x4.mul(f32x4.splat(0.5), x);
  return madd(half, erf4(f32x4.mul(x, f32x4.splat(Mathf.SQRT1_2))), half);
}

/** Phi(x) + x phi(x). */
export function geluGrad4(x: v128): v128 {
  const half = f32x4.splat(0.5);
  const phi = exp4(f32x4.mul(f32x4.mul(f32x4.splat(-0.5), x), x));
  const cumulative = madd(half, erf4(f32x4.mul(x, f32x4.splat(Mathf.SQRT1_2))), half);
  return madd(f32x4.mul(x, f32x4.splat(0.3989422804014327)), phi, cumulative);
}

export function tanh4(x: v128): v128 {
  const s = f32x4.mul(x, x);
  let near = horner(f32x4.splat(0.021869488536), s, -0.053968253968);
  near = horner(near, s, 0.13333333333);
  near = horner(near, s, -0.33333333333);
  near = madd(f32x4.mul(near, s), x, x);
  const t = f32x4.pmin(f32x4.abs(x), f32x4.splat(20));
  const denominator = f32x4.add(exp4(f32x4.add(t, t)), f32x4.splat(1));
  const far = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), denominator));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.bitselect(near, v128.or(far, sign), f32x4.lt(t, f32x4.splat(0.25)));
}
