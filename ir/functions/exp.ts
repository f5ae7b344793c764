// exp in f32, within 2 units in the last place. Results below the least normal number are 0, because some targets
// (WGSL) may flush such numbers.
import { type FloatArithmetic, polynomial } from './arithmetic.ts';

/** ln 2 as a part with 12 significant bits, whose product with any exponent is exact, and the rest. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;

/**
 * (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2: least maximal relative error of exp(r) (Remez exchange;
 * test/functions/minimax.ts finds the same numbers).
 */
export const expCoefficients = [0.49999994, 0.1666652, 0.041668393, 0.008368781, 0.0013814465];

/** exp(x) is at least 2^-126 from here on. */
const leastInput = -87.33654;

/**
 * x = n * ln 2 + r with n an integer and |r| <= ln(2) / 2; exp(x) = 2^n * exp(r) (Cody and Waite, Software Manual for
 * the Elementary Functions, 1980). 2^n is applied in two halves, since 2^128 is needed and no number.
 */
export function exp<V>(m: FloatArithmetic<V>, x: V): V {
  const inRange = m.max(m.min(x, 90), -90);
  const n = m.nearest(m.mul(inRange, Math.LOG2E));
  const high = m.sub(inRange, m.mul(n, ln2High));
  const low = m.mul(n, ln2Low);
  const r = m.sub(high, low);
  const curve = m.mul(m.mul(r, r), polynomial(m, r, expCoefficients));
  // 1 + r + curve, with r in its two parts: `high` is exact, and r was rounded.
  const fraction = m.add(m.add(m.sub(curve, low), high), 1);
  const exponent = m.toInteger(n);
  const half = m.shiftRight(exponent, 1);
  const scaled = m.mul(m.mul(fraction, powerOfTwo(m, half)), powerOfTwo(m, m.subInteger(exponent, half)));
  return m.select(m.less(x, leastInput), m.f32(0), scaled);
}

/** 2^n for n in [-126, 127], from its bits. */
export function powerOfTwo<V>(m: FloatArithmetic<V>, n: V): V {
  return m.fromBits(m.shiftLeft(m.addInteger(n, 127), 23));
}

/**
 * exp(x) - 1 for x up to 87, within 2 units in the last place: 2^n * (exp(r) - 1) + (2^n - 1), so that small x do not
 * cancel.
 */
export function expMinusOne<V>(m: FloatArithmetic<V>, x: V): V {
  const inRange = m.max(m.min(x, 87), -30);
  const n = m.nearest(m.mul(inRange, Math.LOG2E));
  const high = m.sub(inRange, m.mul(n, ln2High));
  const low = m.mul(n, ln2Low);
  const r = m.sub(high, low);
  const curve = m.mul(m.mul(r, r), polynomial(m, r, expCoefficients));
  const scale = powerOfTwo(m, m.toInteger(n));
  return m.add(m.mul(scale, m.add(m.sub(curve, low), high)), m.add(scale, -1));
}
