// The range estimators by name: from the statistics of a tensor to the range that its quantization holds.
import type { TensorStatistics } from '../tensor-statistics.ts';
import { entropyRange } from './entropy.ts';
import { leastErrorRange } from './least-error.ts';
import { meanRange } from './mean.ts';
import type { Estimator } from './methods.ts';
import { percentileRange } from './percentile.ts';
import { type Range, type RangeOptions, rangeOf } from './range.ts';
import { rangeError } from './range-error.ts';

export { type Estimator, type Method, methods } from './methods.ts';
export { quantizationOf, type Range, type RangeOptions } from './range.ts';
export { rangeError } from './range-error.ts';
export { type ChannelLayout, weightScales } from './weight-scales.ts';

/** The methods that look at something else than the error, the simplest first. */
const simpler = ['minmax', 'percentile', 'mean', 'entropy'] as const;

/**
 * The range of a tensor by one method: finite, containing 0, not empty, within the extremes (or their greater magnitude
 * on both sides, where it is symmetric). A tensor without values, or of zeros, gets the range of 1.
 */
export function estimateRange(s: TensorStatistics, method: Estimator, options: RangeOptions): Range {
  switch (method) {
    case 'minmax':
      return rangeOf(s.min, s.max, options);
    case 'mean':
      return meanRange(s, options);
    case 'percentile':
      return percentileRange(s.histogram, options);
    case 'entropy':
      return entropyRange(s.histogram, options);
    case 'mse':
    case 'grid':
      return leastErrorRange(s.histogram, options, [...simplerRanges(s, options).values()]);
  }
}

/** The range of least expected error for a tensor, and the simplest method that finds it: what `auto` begins with. */
export function bestRange(s: TensorStatistics, options: RangeOptions): { range: Range; method: Estimator } {
  const ranges = simplerRanges(s, options);
  ranges.set('mse', leastErrorRange(s.histogram, options, [...ranges.values()]));
  const errors = [...ranges].map(([method, range]) => ({ method, range, error: rangeError(s, range, options.bits) }));
  const { range, method } = errors.reduce((best, other) => (other.error < best.error ? other : best));
  return { range, method };
}

function simplerRanges(s: TensorStatistics, options: RangeOptions): Map<Estimator, Range> {
  return new Map(simpler.map((method) => [method, estimateRange(s, method, options)]));
}
