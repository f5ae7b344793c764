// The logistic function 1 / (1 + exp(-x)) in f32, within 2.5 units in the last place.
import type { FloatArithmetic } from './arithmetic.ts';
import { exp } from './exp.ts';

/** With e = exp(-|x|), which cannot overflow: 1 / (1 + e) on the positive side, e / (1 + e) on the negative. */
export function logistic<V>(m: FloatArithmetic<V>, x: V): V {
  const e = exp(m, m.neg(m.abs(x)));
  return m.div(m.select(m.less(x, 0), e, m.f32(1)), m.add(e, 1));
}
