// Where a requantization steps. Both integer roundings grow with the accumulator, so a channel is a staircase: the least
// accumulator of each level says everything about it. Whatever also grows with the accumulator and has the same stairs is
// equal on every accumulator, which makes equality a matter of at most 255 numbers.
//
// The least accumulators come from inverting docs/numerics.md exactly. With m = multiplier * 2^left and right >= 0:
//
//   double: x = floor((acc * m + 2^30) / 2^31), y = x / 2^right to nearest, ties away from zero
//           y >= j  iff  x >= X = j * 2^right - (j > 0 ? 2^(right-1) : 2^(right-1) - 1)     (right > 0; else X = j)
//                   iff  acc * m >= (2X - 1) * 2^30
//   single: y = floor((acc * multiplier + 2^(30-shift)) / 2^(31-shift))
//           y >= j  iff  acc * multiplier >= (2j - 1) * 2^(30-shift)
import type { AccumulatorRange } from '../../../ir/loops/lowering.ts';

/** A factor with one of the integer roundings: multiplier * 2^(shift - 31). */
export interface IntegerFactor {
  readonly multiplier: number;
  readonly shift: number;
  readonly rounding: 'double' | 'single';
}

/** The results that accumulators of a range have, limited to the levels of a clamp. */
export interface Staircase {
  /** The result of the least accumulator. */
  readonly bottom: number;
  /** The least accumulators of results bottom + 1, bottom + 2, ... up to the result of the greatest accumulator. */
  readonly thresholds: Float64Array;
}

/**
 * The stairs between levels `low` and `high` (the clamp's limits without the zero point) of accumulators in a range.
 * Undefined where a result may wrap: then it does not grow with the accumulator.
 */
export function staircase(
  factor: IntegerFactor,
  { min, max }: AccumulatorRange,
  low: number,
  high: number,
): Staircase | undefined {
  const { multiplier, shift, rounding } = factor;
  if (multiplier < 0 || mayWrap(factor, Math.max(-min, max))) return undefined;
  const divisor = rounding === 'double' ? multiplier * 2 ** Math.max(0, shift) : multiplier;
  const productOf = leastProducts(shift, rounding);
  const thresholds: number[] = [];
  let bottom = low;
  for (let level = low + 1; level <= high; level++) {
    const product = productOf(level);
    if (product > (max + 1) * divisor) break;
    const threshold = product < (min - 1) * divisor ? min : roundUp(product, divisor);
    if (threshold <= min) bottom = level;
    else if (threshold <= max) thresholds.push(threshold);
  }
  return { bottom, thresholds: Float64Array.from(thresholds) };
}

/**
 * a / b rounded up, for an integer a and a positive one b. A quotient that is no integer is at least 1 / b away from one;
 * while a is below 2^53, that is more than a double's rounding moves it.
 */
function roundUp(a: number, b: number): number {
  if (Math.abs(a) < 2 ** 53) return Math.ceil(a / b);
  const [dividend, divisor] = [BigInt(a), BigInt(b)];
  const quotient = dividend / divisor;
  return Number(quotient * divisor < dividend ? quotient + 1n : quotient);
}

/** The least product of accumulator and multiplier whose result is at least a level: an integer that doubles hold. */
function leastProducts(shift: number, rounding: 'double' | 'single'): (level: number) => number {
  if (rounding === 'single' || shift >= 0) {
    const unit = rounding === 'single' ? 2 ** (30 - shift) : 2 ** 30;
    return (level) => (2 * level - 1) * unit;
  }
  const half = 2 ** (-shift - 1);
  return (level) => (2 * (2 * half * level - (level > 0 ? half : half - 1)) - 1) * 2 ** 30;
}

/** True where the left shift of `double` or the result of `single` might leave 32 bits. */
function mayWrap({ multiplier, shift, rounding }: IntegerFactor, magnitude: number): boolean {
  return rounding === 'double'
    ? magnitude * 2 ** Math.max(0, shift) >= 2 ** 31
    : magnitude * multiplier * 2 ** (shift - 31) >= 2 ** 30;
}
