// sinh, cosh and the inverses of sinh, cosh and tanh in f32: within 3 units in the last place.
import { type FloatArithmetic, polynomial } from './arithmetic.ts';
import { exp } from './exp.ts';
import { log } from './log.ts';

/** (sinh(x) / x - 1) / x^2 as a polynomial in x^2 on |x| <= 1 (Remez exchange; test/functions/minimax.ts). */
export const sinhCoefficients = [0.16666667, 0.0083333394, 0.00019838099, 0.0000028063007];

/** From here on exp(-x) is nothing beside exp(x), and exp(x) itself passes the greatest number before half of it does. */
const large = 80;
/** Taken off large exponents; the difference is exact, because they are multiples of 2^-17. */
const step = 0.6875;

/** exp(x) / 2 for large x, without passing the greatest number too early. */
function halfExp<V>(m: FloatArithmetic<V>, x: V): V {
  return m.mul(exp(m, m.sub(x, m.f32(step))), Math.exp(step) / 2);
}

export function sinh<V>(m: FloatArithmetic<V>, x: V): V {
  const a = m.abs(x);
  const square = m.mul(x, x);
  const near = m.add(x, m.mul(m.mul(x, square), polynomial(m, square, sinhCoefficients)));
  const e = exp(m, m.min(a, large));
  const middle = m.mul(m.sub(e, m.div(1, e)), 0.5);
  const far = m.select(m.less(a, large), middle, halfExp(m, a));
  return m.select(m.less(a, 1), near, m.select(m.less(x, 0), m.neg(far), far));
}

export function cosh<V>(m: FloatArithmetic<V>, x: V): V {
  const a = m.abs(x);
  const e = exp(m, m.min(a, large));
  return m.select(m.less(a, large), m.mul(m.add(e, m.div(1, e)), 0.5), halfExp(m, a));
}

/**
 * log(1 + u) without losing small u: the logarithm of the rounded sum, corrected by what rounding did to u (Kahan; see
 * Goldberg, What Every Computer Scientist Should Know About Floating-Point Arithmetic, 1991, theorem 4).
 */
function logOfOneAnd<V>(m: FloatArithmetic<V>, u: V): V {
  const w = m.add(u, 1);
  const corrected = m.mul(log(m, w), m.div(u, m.sub(w, m.f32(1))));
  // An infinite sum has no difference to correct by.
  const finite = m.less(w, Number.POSITIVE_INFINITY);
  return m.select(m.equal(w, 1), u, m.select(finite, corrected, log(m, w)));
}

/** From here on x^2 + 1 and x^2 - 1 are x^2. */
const squareOnly = 2 ** 13;

export function asinh<V>(m: FloatArithmetic<V>, x: V): V {
  const a = m.abs(x);
  const square = m.mul(a, a);
  const small = logOfOneAnd(m, m.add(a, m.div(square, m.add(m.sqrt(m.add(square, 1)), 1))));
  const y = m.select(m.less(a, squareOnly), small, m.add(log(m, a), Math.LN2));
  return m.select(m.less(x, 0), m.neg(y), y);
}

/** NaN below 1. */
export function acosh<V>(m: FloatArithmetic<V>, x: V): V {
  const t = m.sub(x, m.f32(1));
  const small = logOfOneAnd(m, m.add(t, m.sqrt(m.mul(t, m.add(t, 2)))));
  return m.select(m.less(x, squareOnly), small, m.add(log(m, x), Math.LN2));
}

/** NaN beyond 1. */
export function atanh<V>(m: FloatArithmetic<V>, x: V): V {
  const a = m.abs(x);
  const y = m.mul(logOfOneAnd(m, m.div(m.add(a, a), m.sub(1, a))), 0.5);
  return m.select(m.less(x, 0), m.neg(y), y);
}
