// Reciprocals of fixed-point numbers by Newton-Raphson, as gemmlowp (fixedpoint/fixedpoint.h) and TensorFlow Lite
// (kernels/internal/common.h) define them.
import { almostOne, countLeadingZeros, type FixedArithmetic, saturatingShiftLeft } from './arithmetic.ts';

/** 48/17, -32/17 and 1 with 2 integer bits: the least-error linear estimate of 1/d on [1/2, 1]. */
const start = 1515870810;
const slope = -1010580540;
const one = 2 ** 29;

/**
 * 1 / ((1 + a) / 2) with 2 integer bits for a in [0, 1] with 31 fraction bits. Three steps x += x * (1 - d * x). The
 * corrections stay below 1/8, so the change of format in a step, a saturating one in gemmlowp, never saturates.
 */
function reciprocalOfHalfOnePlus<V>(m: FixedArithmetic<V>, a: V): V {
  // (a + 1) / 2: gemmlowp's RoundingHalfSum with the greatest number below one.
  const d = m.add(m.shiftRight(a, 1), 2 ** 30);
  let x = m.add(m.highMultiply(d, slope), start);
  for (let i = 0; i < 3; i++) {
    const missing = m.sub(one, m.highMultiply(d, x));
    x = m.add(x, m.shiftLeft(m.highMultiply(x, missing), 2));
  }
  return x;
}

/** 1 / (1 + a) for a in [0, 1], 31 fraction bits (one_over_one_plus_x_for_x_in_0_1). */
export function oneOverOnePlus<V>(m: FixedArithmetic<V>, a: V): V {
  return saturatingShiftLeft(m, reciprocalOfHalfOnePlus(m, a), 1);
}

/** (1 - a) / (1 + a) for a in [0, 1], 31 fraction bits (one_minus_x_over_one_plus_x_for_x_in_0_1). */
export function oneMinusOverOnePlus<V>(m: FixedArithmetic<V>, a: V): V {
  return saturatingShiftLeft(m, m.sub(reciprocalOfHalfOnePlus(m, a), one), 2);
}

/** 1 / x as mantissa * 2^-exponent. */
export interface Reciprocal<V> {
  /** In (1/2, 1], with 31 fraction bits. */
  readonly mantissa: V;
  readonly exponent: V;
}

/** 1 / x for x > 0 with `integerBits` integer bits (GetReciprocal). */
export function reciprocal<V>(m: FixedArithmetic<V>, x: V, integerBits: number): Reciprocal<V> {
  const zeros = countLeadingZeros(m, x);
  // x shifted so that its leading one is the sign bit, which is then dropped: x / 2^k - 1 in [0, 1).
  const fraction = m.and(m.shiftLeft(x, zeros), almostOne);
  return { mantissa: oneOverOnePlus(m, fraction), exponent: m.sub(integerBits, zeros) };
}
