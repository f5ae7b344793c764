// The range estimators by name: from the statistics of a tensor to the range that its quantization holds.
import type { TensorStatistics } from '../tensor-statistics.ts';
import type { Estimator } from './methods.ts';
import { type Range, type RangeOptions, rangeOf } from './range.ts';

export { type Estimator, type Method, methods } from './methods.ts';
export { quantizationOf, type Range, type RangeOptions } from './range.ts';
export { rangeError } from './range-error.ts';
export { type ChannelLayout, weightScales } from './weight-scales.ts';

/** The range of a tensor by one method: finite, containing 0, not empty. */
export function estimateRange(s: TensorStatistics, _method: Estimator, options: RangeOptions): Range {
  return rangeOf(s.min, s.max, options);
}

/** The range of least expected error for a tensor, and the method that found it. */
export function bestRange(s: TensorStatistics, options: RangeOptions): { range: Range; method: Estimator } {
  return { range: estimateRange(s, 'minmax', options), method: 'minmax' };
}
