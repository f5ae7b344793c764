// logistic and tanh on fixed-point numbers with 31 fraction bits in the result, as gemmlowp defines them
// (fixedpoint/fixedpoint.h). TensorFlow Lite's int8 LOGISTIC and TANH are tables of these.
import type { FixedArithmetic } from './arithmetic.ts';
import { almostOne } from './arithmetic.ts';
import { expOnNegativeValues } from './exp.ts';
import { oneMinusOverOnePlus, oneOverOnePlus } from './reciprocal.ts';

/** 1 / (1 + exp(-a)) for a with `integerBits` (at most 5) integer bits. */
export function fixedLogistic<V>(m: FixedArithmetic<V>, a: V, integerBits: number): V {
  const positive = m.less(m.constant(0), a);
  const negativeMagnitude = m.select(positive, m.sub(0, a), a);
  const upper = oneOverOnePlus(m, expOnNegativeValues(m, negativeMagnitude, integerBits));
  const either = m.select(positive, upper, m.sub(almostOne, upper));
  return m.select(m.equal(a, 0), 2 ** 30, either);
}

/** tanh(a) for a with `integerBits` (at most 4) integer bits: (1 - e) / (1 + e) with e = exp(-2 |a|). */
export function fixedTanh<V>(m: FixedArithmetic<V>, a: V, integerBits: number): V {
  const negative = m.less(a, 0);
  const negativeMagnitude = m.select(negative, a, m.sub(0, a));
  // The same bits with one more integer bit are twice the number.
  const magnitude = oneMinusOverOnePlus(m, expOnNegativeValues(m, negativeMagnitude, integerBits + 1));
  return m.select(m.equal(a, 0), 0, m.select(negative, m.sub(0, magnitude), magnitude));
}
