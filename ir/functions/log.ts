// The natural logarithm in f32, within 2 units in the last place.
import { type FloatArithmetic, polynomial } from './arithmetic.ts';

/** ln 2 as a part whose product with any exponent is exact, and the rest. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;

/** The bits of sqrt(1/2), the least mantissa. */
const leastMantissa = 0x3f3504f3;
const leastNormal = 2 ** -126;

/**
 * (log(1 + f) - f + f^2 / 2) / f^3 on sqrt(1/2) <= 1 + f <= sqrt(2): least maximal relative error of log(1 + f) (Remez
 * exchange; test/functions/minimax.ts finds the same numbers).
 */
export const logCoefficients = [
  0.33333313, -0.25000009, 0.20002119, -0.16667996, 0.14219552, -0.12405588, 0.11888162, -0.11675653, 0.067466423,
];

/** x = 2^e * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); e as f32. For positive finite x. */
export function splitMantissa<V>(m: FloatArithmetic<V>, x: V): { f: V; e: V } {
  // Numbers below the least normal one have no exponent of their own; 2^23 times them do. Their bits are that number of
  // steps of 2^-149: a product with x itself would be 0 on devices that take such numbers for it.
  const tiny = m.less(x, leastNormal);
  const raised = m.mul(m.toFloat(m.bits(x)), leastNormal);
  const bits = m.bits(m.select(tiny, raised, x));
  const above = m.addInteger(bits, -leastMantissa);
  const mantissa = m.fromBits(m.addInteger(m.andInteger(above, 0x7fffff), leastMantissa));
  const exponent = m.toFloat(m.shiftRight(above, 23));
  return { f: m.add(mantissa, -1), e: m.select(tiny, m.add(exponent, -23), exponent) };
}

/** log(x); -inf for 0, NaN below. */
export function log<V>(m: FloatArithmetic<V>, x: V): V {
  const { f, e } = splitMantissa(m, x);
  const square = m.mul(f, f);
  const curve = m.mul(m.mul(square, f), polynomial(m, f, logCoefficients));
  const small = m.sub(m.add(curve, m.mul(e, ln2Low)), m.mul(square, 0.5));
  const finite = m.add(m.add(small, f), m.mul(e, ln2High));
  const defined = m.select(m.less(x, 0), m.f32(Number.NaN), finite);
  // Infinity and NaN are their own logarithms.
  const kept = m.select(m.less(m.abs(x), Number.POSITIVE_INFINITY), defined, m.add(x, defined));
  return m.select(m.equal(x, 0), m.f32(Number.NEGATIVE_INFINITY), kept);
}
