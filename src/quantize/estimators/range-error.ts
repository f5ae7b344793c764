// The error that quantization costs a tensor, expected from its histogram.
import type { Histogram } from '../histogram.ts';
import type { TensorStatistics } from '../tensor-statistics.ts';
import { type Grid, gridOf, type Range } from './range.ts';

/**
 * Expected squared error |real - quantized|^2 per element when a tensor is quantized by a range in 8 or 16 bits: rounding
 * where the integers reach, clipping outside. Exact zeros cost nothing. 0 for a tensor without elements.
 */
export function rangeError(s: TensorStatistics, range: Range, bits: 8 | 16): number {
  return squaredError(s.histogram, gridOf(range, bits)) / Math.max(s.count, 1);
}

/** Bins of fewer steps than this (the last may end where it begins) are taken as a point: differences would cancel. */
const narrow = 1e-6;

/** Sum of the squared errors of taking every value to the nearest number of a grid, values spread evenly in each bin. */
export function squaredError(h: Histogram, { step, least, greatest }: Grid): number {
  const { counts, first, width, min, max } = h;
  let sum = 0;
  let start = Math.max(first * width, min) / step;
  let below = errorIntegral(start, least, greatest);
  for (let k = 0; k < counts.length; k++) {
    const end = Math.min((first + k + 1) * width, max) / step;
    const upTo = errorIntegral(end, least, greatest);
    const n = counts[k] ?? 0;
    if (n > 0) sum += n * (end - start > narrow ? (upTo - below) / (end - start) : errorAt(end, least, greatest));
    start = end;
    below = upTo;
  }
  return sum * step * step;
}

/** (u - q(u))^2, q(u) being the integer of [least, greatest] nearest to u. */
function errorAt(u: number, least: number, greatest: number): number {
  const d = u - Math.min(greatest, Math.max(least, Math.round(u)));
  return d * d;
}

/** The integral of {@link errorAt} from 0 to u: 1/12 for each integer passed, and a part of the parabola around q(u). */
function errorIntegral(u: number, least: number, greatest: number): number {
  const q = Math.min(greatest, Math.max(least, Math.round(u)));
  const d = u - q;
  return q / 12 + (d * d * d) / 3;
}
