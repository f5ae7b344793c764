// The natural logarithm of fixed-point numbers, as TensorFlow Lite defines it for LOG_SOFTMAX (kernels/internal/common.h,
// log_x_for_x_greater_than_or_equal_to_1_impl).
import { countLeadingZeros, type FixedArithmetic, saturatingShiftLeft } from './arithmetic.ts';
import { oneOverOnePlus } from './reciprocal.ts';

/** log 2, sqrt(1/2) and (1/2)^(1/4) with 31 fraction bits. */
const log2 = 1488522236;
const sqrtHalf = 1518500250;
const fourthRootHalf = 1805811301;
/** Coefficients of the rational approximation, 31 fraction bits, in powers of the fourth root of two. */
const numeratorCubic = 117049297;
const denominatorSquare = 127690142;
const denominatorConstant = 1057819769;
const denominatorLinear = 638450708;

/** Scales r in about [0.7, 1.2] times (1/2)^(1/4) to its logarithm's numerator and denominator; 31 fraction bits. */
function rational<V>(m: FixedArithmetic<V>, r: V): { numerator: V; denominatorMinusOne: V } {
  // Half of the rounded sum; the constant is odd, so the rounding term is 1 for every r.
  const p = m.add(m.shiftRight(r, 1), (fourthRootHalf >> 1) + 1);
  const difference = m.sub(r, fourthRootHalf);
  const q = m.add(difference, difference);
  const square = m.highMultiply(q, q);
  const cubic = m.highMultiply(m.highMultiply(q, square), numeratorCubic);
  const inner = m.add(m.add(q, denominatorConstant), m.highMultiply(square, denominatorSquare));
  return {
    numerator: m.add(m.highMultiply(q, r), cubic),
    denominatorMinusOne: m.add(m.highMultiply(p, inner), m.highMultiply(q, denominatorLinear)),
  };
}

/**
 * log(x) with `outputBits` integer bits for x > 0 with `inputBits` integer bits. x = 2^k * r, where k is a multiple of a
 * half chosen by two candidates: x itself and x * sqrt(1/2), each normalized.
 */
export function fixedLog<V>(m: FixedArithmetic<V>, x: V, inputBits: number, outputBits: number): V {
  // One more integer bit than the result has, so that the two terms of the sum cannot saturate.
  const bits = outputBits + 1;
  const quarter = 2 ** (29 - bits);
  const exponentUnit = 31 - bits;
  const zerosA = countLeadingZeros(m, x);
  const normalized = m.shiftLeft(x, m.sub(zerosA, 1));
  const a = saturatingShiftLeft(m, m.highMultiply(normalized, sqrtHalf), 1);
  const exponentA = m.add(m.shiftLeft(m.sub(inputBits, zerosA), exponentUnit), quarter);
  const zerosB = m.sub(countLeadingZeros(m, m.highMultiply(x, sqrtHalf)), 1);
  const b = saturatingShiftLeft(m, x, zerosB);
  const exponentB = m.sub(m.shiftLeft(m.sub(inputBits, zerosB), exponentUnit), quarter);
  const { numerator, denominatorMinusOne } = rational(m, m.min(a, b));
  const whole = m.highMultiply(m.max(exponentA, exponentB), log2);
  const fraction = m.highMultiply(m.roundingShiftRight(numerator, bits), oneOverOnePlus(m, denominatorMinusOne));
  return saturatingShiftLeft(m, m.add(whole, fraction), 1);
}
