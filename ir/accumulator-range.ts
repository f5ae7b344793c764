// Which accumulators can occur: proved from element types, zero points, and constant weights and biases. Schedules choose
// cheaper forms of a requantization by it.
import type { AccumulatorRange } from './loops/lowering.ts';
import { INT32_MAX, INT32_MIN } from './numerics.ts';
import type { ChannelLayout } from './quantized-contraction.ts';
import type { TensorArray } from './tensor-data.ts';
import { type ElementType, integerRange } from './types.ts';

/** Integers of a type after their zero point is taken off; 0 is among them, for what padding leaves out. */
export function differenceRange(element: ElementType, zero: number): AccumulatorRange {
  const { min, max } = integerRange(element);
  return { min: Math.min(0, min - zero), max: Math.max(0, max - zero) };
}

/** Products of one number of each range. */
export function productRange(a: AccumulatorRange, b: AccumulatorRange): AccumulatorRange {
  const ends = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
  return { min: Math.min(...ends), max: Math.max(...ends) };
}

/** Sums of at most `count` numbers of a range that holds 0. */
export function sumRange({ min, max }: AccumulatorRange, count: number): AccumulatorRange {
  return { min: min * count, max: max * count };
}

/** The least range that holds all of these. */
export function hullRange(ranges: readonly AccumulatorRange[]): AccumulatorRange {
  return ranges.reduce((a, b) => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }));
}

/** True where accumulators of 32 bits hold the range. */
export function fitsI32({ min, max }: AccumulatorRange): boolean {
  return min >= INT32_MIN && max <= INT32_MAX;
}

/** bias + sum of x * (w - zero) for each output channel, x being any numbers of a range that holds 0. */
export function accumulatorRanges(
  x: AccumulatorRange,
  weights: { readonly data: TensorArray; readonly zero: number },
  { stacks = 1, before = 1, channels, behind = 1 }: ChannelLayout,
  bias: TensorArray | undefined,
): AccumulatorRange[] {
  const data = weights.data as Int8Array;
  const { zero } = weights;
  const least = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const greatest = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);
  let at = 0;
  for (let s = 0; s < stacks; s++) {
    // Sums of the weights above and below zero.
    const above = new Float64Array(channels);
    const below = new Float64Array(channels);
    for (let p = 0; p < before; p++) {
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < behind; i++) {
          const w = data[at++]! - zero;
          if (w > 0) above[c]! += w;
          else below[c]! += w;
        }
      }
    }
    for (let c = 0; c < channels; c++) {
      const start = bias === undefined ? 0 : Number(bias[c]);
      least[c] = Math.min(least[c]!, start + above[c]! * x.min + below[c]! * x.max);
      greatest[c] = Math.max(greatest[c]!, start + above[c]! * x.max + below[c]! * x.min);
    }
  }
  return Array.from(least, (min, c) => ({ min, max: greatest[c]! }));
}
