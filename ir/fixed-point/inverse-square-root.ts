// 1 / sqrt(x) of an integer as a multiplier and a shift, as TensorFlow Lite defines it for L2_NORMALIZATION
// (kernels/internal/common.h, GetInvSqrtQuantizedMultiplierExp).
import { almostOne, countLeadingZeros, type FixedArithmetic, saturatingShiftLeft } from './arithmetic.ts';

/** 1 and 3/2 with 3 integer bits, sqrt(2)/2 with none. */
const one = 2 ** 28;
const threeHalves = 3 * 2 ** 27;
const halfSqrtTwo = 1518500250;

/** 1 / sqrt(x) = multiplier * 2^(shift - 31). */
export interface InverseSquareRoot<V> {
  readonly multiplier: V;
  /** At most 0. */
  readonly shift: V;
}

/** Of an integer x >= 0, where 0 counts as 1. Five steps y = y * (3 - x * y^2) / 2 from y = 1. */
export function inverseSquareRoot<V>(m: FixedArithmetic<V>, x: V): InverseSquareRoot<V> {
  // x = d * 4^k with d in [2^27, 2^29), which is [1/2, 2) with 3 integer bits once more halved.
  const large = m.less(m.constant(2 ** 29 - 1), x);
  const positive = m.max(x, 2);
  const reduced = m.select(large, m.shiftRight(positive, 2), positive);
  const pairs = m.sub(m.shiftRight(m.sub(countLeadingZeros(m, reduced), 1), 1), 1);
  const d = m.shiftRight(m.shiftLeft(reduced, m.add(pairs, pairs)), 1);
  const halfD = m.roundingShiftRight(d, 1);
  let y = m.constant(one);
  for (let i = 0; i < 5; i++) {
    const cube = saturatingShiftLeft(m, m.highMultiply(m.highMultiply(y, y), y), 6);
    const next = m.sub(m.highMultiply(y, threeHalves), m.highMultiply(cube, halfD));
    y = saturatingShiftLeft(m, next, 3);
  }
  const root = m.highMultiply(y, halfSqrtTwo);
  const right = m.sub(m.select(large, 12, 11), pairs);
  // A right shift below zero goes into the multiplier.
  const left = m.max(m.sub(0, right), 0);
  const tiny = m.less(x, 2);
  return {
    multiplier: m.select(tiny, almostOne, m.shiftLeft(root, left)),
    shift: m.select(tiny, 0, m.sub(0, m.max(right, 0))),
  };
}
