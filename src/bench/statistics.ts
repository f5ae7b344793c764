// What a set of times comes to. Times have a long tail to one side (whatever else the machine does makes a run longer,
// never shorter), so they are told by quantiles, not by mean and deviation.

export interface Spread {
  readonly minimum: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
}

/** The spread of one or more numbers. */
export function spreadOf(numbers: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(numbers).sort();
  return {
    minimum: quantile(sorted, 0),
    lowerQuartile: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    upperQuartile: quantile(sorted, 0.75),
  };
}

export function medianOf(numbers: ArrayLike<number>): number {
  return quantile(Float64Array.from(numbers).sort(), 0.5);
}

/** Between the two nearest of the sorted numbers in proportion (Hyndman and Fan's definition 7); NaN for none. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const [low = Number.NaN, high = low] = sorted.subarray(below, below + 2);
  return low + (at - below) * (high - low);
}
