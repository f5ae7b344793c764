// The error function in f32, within 2 units in the last place.
import { type FloatArithmetic, polynomial } from './arithmetic.ts';
import { exp } from './exp.ts';

/** Where the two approximations meet, and from where on erf(x) rounds to 1. */
const middle = 0.9;
const end = 4;

/** erf(x) / x - 1 as a polynomial in x^2 on |x| <= 0.9 (Remez exchange; test/functions/minimax.ts). */
export const erfNearCoefficients = [0.12837915, -0.37612525, 0.11282141, -0.026778908, 0.0050119627, -0.00060903604];

/** log(1 - erf(x)) on [0.9, 4]: least maximal relative error of erf(x) (Remez exchange; test/functions/minimax.ts). */
export const erfFarCoefficients = [
  -0.0001664478, -1.1277972, -0.63697606, -0.10411368, 0.022315213, -0.0030654902, 0.00019821966,
];

/** An odd polynomial near 0, 1 - exp(polynomial) with the sign of x elsewhere. */
export function erf<V>(m: FloatArithmetic<V>, x: V): V {
  const near = m.add(x, m.mul(x, polynomial(m, m.mul(x, x), erfNearCoefficients)));
  const magnitude = m.abs(x);
  const far = m.sub(1, exp(m, polynomial(m, m.min(magnitude, end), erfFarCoefficients)));
  const signed = m.select(m.less(x, 0), m.neg(far), far);
  return m.select(m.less(magnitude, middle), near, signed);
}
