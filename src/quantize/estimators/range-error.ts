// The error that a range costs a tensor, expected from its histogram.
import { integerRange } from '../../../ir/types.ts';
import type { Histogram } from '../histogram.ts';
import type { TensorStatistics } from '../tensor-statistics.ts';
import { quantizationOf, type Range } from './range.ts';

/**
 * Expected squared error |real - quantized|^2 per element when the tensor is quantized by a range in 8 or 16 bits:
 * rounding inside of what the integers reach, clipping outside. Exact zeros cost nothing. 0 for an empty tensor.
 */
export function rangeError(s: TensorStatistics, range: Range, bits: 8 | 16): number {
  const element = bits === 8 ? 'i8' : 'i16';
  const { min, max } = integerRange(element);
  const { scale, zero } = quantizationOf(range, element);
  const step = scale[0] ?? 1;
  const offset = zero[0] ?? 0;
  return s.count === 0 ? 0 : squaredError(s.histogram, step, min - offset, max - offset) / s.count;
}

/**
 * Sum of the squared errors of rounding every value to the nearest of step * least, ..., step * greatest (integers on both
 * sides of 0), values being spread evenly within their bins.
 */
export function squaredError(h: Histogram, step: number, least: number, greatest: number): number {
  const { counts, first, width, min, max } = h;
  let sum = 0;
  let start = Math.max(first * width, min) / step;
  let below = errorIntegral(start, least, greatest);
  for (let k = 0; k < counts.length; k++) {
    const end = Math.min((first + k + 1) * width, max) / step;
    const upTo = errorIntegral(end, least, greatest);
    const n = counts[k] ?? 0;
    if (n > 0) sum += end - start > narrow ? (n * (upTo - below)) / (end - start) : n * errorAt(end, least, greatest);
    start = end;
    below = upTo;
  }
  return sum * step * step;
}

/** Bins of fewer steps than this (the last may end where it begins) are taken as one point: differences would cancel. */
const narrow = 1e-6;

/** (u - q(u))^2, q(u) being the integer of [least, greatest] nearest to u. */
function errorAt(u: number, least: number, greatest: number): number {
  const d = u - Math.min(greatest, Math.max(least, Math.round(u)));
  return d * d;
}

/** The integral of {@link errorAt} from 0 to u: 1/12 per integer passed, and the rest of a parabola. */
function errorIntegral(u: number, least: number, greatest: number): number {
  const q = Math.min(greatest, Math.max(least, Math.round(u)));
  const d = u - q;
  return q / 12 + (d * d * d) / 3;
}
