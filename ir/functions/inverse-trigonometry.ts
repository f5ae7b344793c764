// atan, asin and acos in f32: within 2 units in the last place.
// Ranges: Cody and Waite, Software Manual for the Elementary Functions, 1980.
import { type FloatArithmetic, polynomial } from './arithmetic.ts';

/** (atan(x) / x - 1) / x^2 as a polynomial in x^2 on |x| <= tan(pi/8) (Remez exchange; test/functions/minimax.ts). */
export const atanCoefficients = [-0.33333331, 0.19999559, -0.14264515, 0.10748925, -0.064670101];

/** (asin(x) / x - 1) / x^2 as a polynomial in x^2 on |x| <= 1/2 (Remez exchange; test/functions/minimax.ts). */
export const asinCoefficients = [0.16666666, 0.075001024, 0.044596799, 0.031130338, 0.017012069, 0.033911996];

/** pi/2 as an f32 and what it leaves. */
const halfPiHigh = Math.fround(Math.PI / 2);
const halfPiLow = Math.PI / 2 - halfPiHigh;

/** x + x^3 * polynomial(x^2). */
function odd<V>(m: FloatArithmetic<V>, x: V, square: V, coefficients: readonly number[]): V {
  return m.add(x, m.mul(m.mul(x, square), polynomial(m, square, coefficients)));
}

/** Where x has another sign than a magnitude, the magnitude's negative. */
function withSign<V>(m: FloatArithmetic<V>, magnitude: V, x: V): V {
  return m.select(m.less(x, 0), m.neg(magnitude), magnitude);
}

/** Beside 0 a polynomial; elsewhere pi/4 or pi/2 and the angle that is left. */
export function atan<V>(m: FloatArithmetic<V>, x: V): V {
  const a = m.abs(x);
  const beyond = m.less(a, Math.tan((3 * Math.PI) / 8));
  const near = m.less(a, Math.tan(Math.PI / 8));
  const middle = m.div(m.sub(a, m.f32(1)), m.add(a, 1));
  const r = m.select(near, a, m.select(beyond, middle, m.div(-1, a)));
  const angle = odd(m, r, m.mul(r, r), atanCoefficients);
  const high = m.select(beyond, m.f32(halfPiHigh / 2), m.f32(halfPiHigh));
  const low = m.select(beyond, m.f32(halfPiLow / 2), m.f32(halfPiLow));
  const y = m.select(near, angle, m.add(high, m.add(angle, low)));
  return m.select(m.equal(a, 0), x, withSign(m, y, x));
}

/** asin of half the complement: asin(sqrt((1 - a) / 2)), which is (pi/2 - asin(a)) / 2. */
function complement<V>(m: FloatArithmetic<V>, a: V): V {
  const square = m.mul(m.sub(1, a), 0.5);
  return odd(m, m.sqrt(square), square, asinCoefficients);
}

/** NaN beyond 1. */
export function asin<V>(m: FloatArithmetic<V>, x: V): V {
  const a = m.abs(x);
  const rest = complement(m, a);
  const far = m.add(m.sub(halfPiHigh, m.add(rest, rest)), halfPiLow);
  const near = odd(m, a, m.mul(a, a), asinCoefficients);
  const y = m.select(m.less(a, 0.5), near, far);
  return m.select(m.equal(a, 0), x, withSign(m, y, x));
}

/** NaN beyond 1. */
export function acos<V>(m: FloatArithmetic<V>, x: V): V {
  const a = m.abs(x);
  const rest = complement(m, a);
  const twice = m.add(rest, rest);
  const far = m.select(m.less(x, 0), m.add(m.sub(2 * halfPiHigh, twice), 2 * halfPiLow), twice);
  const angle = withSign(m, odd(m, a, m.mul(a, a), asinCoefficients), x);
  const near = m.add(m.sub(halfPiHigh, angle), halfPiLow);
  return m.select(m.less(a, 0.5), near, far);
}
