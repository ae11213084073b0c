// Functions of four float32 at once, by polynomials held to the float64 values (math.test.ts).

/** a b + c; fused in the relaxed build where the processor can. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Polynomials, highest power first, in static memory: of a constant in the code V8 makes a vector anew wherever it is used, which took longer than the
 * polynomial itself.
 */
const EXP = memory.data<f32>([
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
]);
const PHI = memory.data<f32>([
  -0.023094215832466902, 0.13202541843199575, -0.2788975838778402, 0.23044889731529908, -0.0608455970114188,
  0.12316887376500472, 0.11135694226122853, 0.13328442264076296, 0.13255286052414003,
]);
const TANH = memory.data<f32>([0.021869488536, -0.053968253968, 0.13333333333, -0.33333333333]);
/** lowest and highest argument of exp, log2(e), 1.5 * 2^23, -ln 2 in two parts, 1 */
const EXP_PARTS = memory.data<f32>([
  // oxlint-disable-next-line approx-constant -- only literals can stand here
  -87.0, 88.3, 1.4426950408889634, 12582912.0, -0.693359375, 2.1219444e-4, 1.0,
]);
/** 0.47 / sqrt(2), 1, -1 / 2, 1 / sqrt(2 pi) */
const GELU_PARTS = memory.data<f32>([0.33234018715767727, 1.0, -0.5, 0.3989422804014327]);

function constant(table: usize, i: usize): v128 {
  return v128.load_splat<f32>(table + (i << 2));
}

/** p x + coefficient i of a polynomial. */
function horner(p: v128, x: v128, polynomial: usize, i: usize): v128 {
  return madd(p, x, constant(polynomial, i));
}

/** The polynomial of the first six coefficients, degree 5. */
function quintic(polynomial: usize, x: v128): v128 {
  let p = horner(constant(polynomial, 0), x, polynomial, 1);
  p = horner(p, x, polynomial, 2);
  p = horner(p, x, polynomial, 3);
  p = horner(p, x, polynomial, 4);
  return horner(p, x, polynomial, 5);
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
  const lowest = constant(EXP_PARTS, 0);
  const x = f32x4.pmin(f32x4.pmax(value, lowest), constant(EXP_PARTS, 1));
  const magic = constant(EXP_PARTS, 3);
  const rounded = madd(x, constant(EXP_PARTS, 2), magic);
  const n = f32x4.sub(rounded, magic);
  const r = madd(n, constant(EXP_PARTS, 5), madd(n, constant(EXP_PARTS, 4), x));
  const p = f32x4.add(madd(quintic(EXP, r), f32x4.mul(r, r), r), constant(EXP_PARTS, 6));
  // The exponent of 1 is in the bits of 1.
  const power = i32x4.add(i32x4.shl(rounded, 23), constant(EXP_PARTS, 6));
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(value, lowest));
}

/** ln of a positive normal number, to float32: 2 artanh((m - 1) / (m + 1)) by its series in float64, m between 1 / sqrt(2) and sqrt(2). */
export function log(value: f64): f64 {
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
  return <f64>exponent * Math.LN2 + 2 * s * series;
}

/** e^(-x^2 / 2). */
export function bell4(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(constant(GELU_PARTS, 2), x), x));
}

/**
 * The normal distribution from `bell` = e^(-x^2 / 2): Phi(-|x|) = bell u P(u) with u = 1 / (1 + c |x|), P fitted to the float64 values with
 * c = 0.47 / sqrt(2). The relative error stays small in the tail, where erf + 1 would lose all digits.
 */
export function phi4(x: v128, bell: v128): v128 {
  const one = constant(GELU_PARTS, 1);
  const u = f32x4.div(one, madd(f32x4.abs(x), constant(GELU_PARTS, 0), one));
  let p = quintic(PHI, u);
  p = horner(p, u, PHI, 6);
  p = horner(p, u, PHI, 7);
  p = horner(p, u, PHI, 8);
  const tail = f32x4.mul(f32x4.mul(p, u), bell);
  // A NaN is neither above nor below, and stays one.
  return v128.bitselect(f32x4.sub(one, tail), tail, f32x4.gt(x, f32x4.splat(0)));
}

/** x Phi(x). */
export function gelu4(x: v128): v128 {
  return f32x4.mul(x, phi4(x, bell4(x)));
}

/** The derivative Phi(x) + x phi(x), from `bell` = e^(-x^2 / 2) and `below` = Phi(x). */
export function geluSlope4(x: v128, bell: v128, below: v128): v128 {
  return madd(f32x4.mul(x, constant(GELU_PARTS, 3)), bell, below);
}

export function geluGrad4(x: v128): v128 {
  const bell = bell4(x);
  return geluSlope4(x, bell, phi4(x, bell));
}

export function tanh4(x: v128): v128 {
  const one = constant(EXP_PARTS, 6);
  const s = f32x4.mul(x, x);
  let near = horner(constant(TANH, 0), s, TANH, 1);
  near = horner(near, s, TANH, 2);
  near = horner(near, s, TANH, 3);
  near = madd(f32x4.mul(near, s), x, x);
  const t = f32x4.pmin(f32x4.abs(x), f32x4.splat(20));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(exp4(f32x4.add(t, t)), one)));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.bitselect(near, v128.or(far, sign), f32x4.lt(t, f32x4.splat(0.25)));
}
