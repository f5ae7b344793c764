// Percentile ranges: the least and the greatest of the values are given up so that the others get finer steps.
import type { Histogram } from '../histogram.ts';
import { isSymmetric, isZero, type Range, type RangeOptions, rangeOf } from './range.ts';

/** What is kept unless told: the percentage that Wu et al. 2020, "Integer Quantization for Deep Learning Inference", keep. */
const defaultPercentile = 99.99;

/**
 * The range that keeps `options.percentile` percent of the values: as many are given up at either end, or those of the
 * greatest magnitude where the range is symmetric.
 */
export function percentileRange(h: Histogram, options: RangeOptions): Range {
  const { percentile = defaultPercentile } = options;
  const widest = rangeOf(h.min, h.max, options);
  if (isZero(h.min, h.max)) return widest;
  const share = Math.min(Math.max(1 - percentile / 100, 0), 0.5);
  const total = h.counts.reduce((a, b) => a + b, h.zeros);
  const high = isSymmetric(options) ? magnitudeAt(h, total * (1 - share)) : valueAt(h, total * (1 - share / 2));
  const low = isSymmetric(options) ? -high : valueAt(h, (total * share) / 2);
  // Where nearly all values are zero, the few others are all that there is to represent.
  return isZero(low, high) ? widest : rangeOf(low, high, options);
}

/** The value below which `rank` values lie, taken as spread evenly within each bin. */
function valueAt(h: Histogram, rank: number): number {
  const { counts, first, width, min, max, zeros } = h;
  let below = 0;
  for (let k = 0; k < counts.length; k++) {
    if (first + k === 0) {
      if (rank <= below + zeros && rank > below) return 0;
      below += zeros;
    }
    const n = counts[k] ?? 0;
    if (n > 0 && rank <= below + n) {
      const start = Math.max((first + k) * width, min);
      const end = Math.min((first + k + 1) * width, max);
      return start + ((end - start) * Math.max(rank - below, 0)) / n;
    }
    below += n;
  }
  return max;
}

/** The magnitude below which `rank` values lie: bisection on the number of values between -m and m. */
function magnitudeAt(h: Histogram, rank: number): number {
  let low = 0;
  let high = Math.max(-h.min, h.max, 0);
  // 50 halvings: more than the 24 bits that an f32 has.
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (countWithin(h, middle) < rank) low = middle;
    else high = middle;
  }
  return high;
}

function countWithin(h: Histogram, magnitude: number): number {
  const { counts, first, width, min, max } = h;
  let sum = h.zeros;
  for (let k = 0; k < counts.length; k++) {
    const n = counts[k] ?? 0;
    if (n === 0) continue;
    const start = Math.max((first + k) * width, min);
    const end = Math.min((first + k + 1) * width, max);
    const inside = Math.min(end, magnitude) - Math.max(start, -magnitude);
    if (end > start) sum += n * Math.min(Math.max(inside / (end - start), 0), 1);
    else if (inside >= 0) sum += n;
  }
  return sum;
}
