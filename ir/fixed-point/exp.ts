// exp on fixed-point numbers, as gemmlowp defines it (fixedpoint/fixedpoint.h).
import { almostOne, type FixedArithmetic } from './arithmetic.ts';

/** exp(-2^exponent) with 31 fraction bits, for the exponents that 5 integer bits can hold (gemmlowp's constants). */
const powers: readonly (readonly [exponent: number, factor: number])[] = [
  [-2, 1672461947],
  [-1, 1302514674],
  [0, 790015084],
  [1, 290630308],
  [2, 39332535],
  [3, 720401],
  [4, 242],
];

/** exp(-1/8), 1/3 with 31 fraction bits. */
const expMinusEighth = 1895147668;
const third = 715827883;

/**
 * exp(a) for a in [-1/4, 0), both with 31 fraction bits: the Taylor polynomial of degree four around -1/8
 * (exp_on_interval_between_negative_one_quarter_and_0_excl).
 */
function expAboveMinusQuarter<V>(m: FixedArithmetic<V>, a: V): V {
  const x = m.add(a, 1 << 28);
  const x2 = m.highMultiply(x, x);
  const x3 = m.highMultiply(x2, x);
  const x4 = m.highMultiply(x2, x2);
  const cubicAndQuartic = m.highMultiply(m.add(m.roundingShiftRight(x4, 2), x3), third);
  const higher = m.roundingShiftRight(m.add(cubicAndQuartic, x2), 1);
  return m.add(m.highMultiply(m.add(x, higher), expMinusEighth), expMinusEighth);
}

/**
 * exp(a) with 31 fraction bits for a <= 0 with `integerBits` (at most 5) integer and 31 - integerBits fraction bits
 * (exp_on_negative_values). The part of a below 1/4 goes through a polynomial, each bit above it is one product.
 */
export function expOnNegativeValues<V>(m: FixedArithmetic<V>, a: V, integerBits: number): V {
  const fractionBits = 31 - integerBits;
  const quarter = 2 ** (fractionBits - 2);
  const low = m.sub(m.and(a, quarter - 1), quarter);
  let result = expAboveMinusQuarter(m, m.shiftLeft(low, integerBits));
  const remainder = m.sub(low, a);
  for (const [exponent, factor] of powers) {
    if (integerBits <= exponent) continue;
    const absent = m.equal(m.and(remainder, 1 << (fractionBits + exponent)), 0);
    result = m.select(absent, result, m.highMultiply(result, factor));
  }
  return m.select(m.equal(a, 0), almostOne, result);
}
