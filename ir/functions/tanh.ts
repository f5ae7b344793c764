// tanh in f32, within 2 units in the last place.
import { type FloatArithmetic, polynomial } from './arithmetic.ts';
import { exp } from './exp.ts';

/** Below this magnitude 1 - 2 / (exp(2x) + 1) would cancel. */
const smallest = 0.625;

/**
 * (tanh(x) / x - 1) / x^2 as a polynomial in x^2 on |x| <= 0.625: least maximal relative error of tanh(x) (Remez
 * exchange; test/functions/minimax.ts finds the same numbers).
 */
export const tanhCoefficients = [-0.3333328, 0.13331442, -0.053739715, 0.020639088, -0.005704987];

/** An odd polynomial near 0, 1 - 2 / (exp(2|x|) + 1) with the sign of x elsewhere. */
export function tanh<V>(m: FloatArithmetic<V>, x: V): V {
  const square = m.mul(x, x);
  const near = m.add(m.mul(m.mul(square, polynomial(m, square, tanhCoefficients)), x), x);
  const magnitude = m.abs(x);
  const far = m.sub(1, m.div(2, m.add(exp(m, m.add(magnitude, magnitude)), 1)));
  const signed = m.select(m.less(x, 0), m.neg(far), far);
  return m.select(m.less(magnitude, smallest), near, signed);
}
