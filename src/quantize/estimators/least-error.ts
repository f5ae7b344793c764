// Ranges of least expected squared error: both ends are moved inwards until clipping costs more than finer steps gain.
import type { Histogram } from '../histogram.ts';
import { gridOf, isSymmetric, isZero, type Range, type RangeOptions, rangeOf } from './range.ts';
import { squaredError } from './range-error.ts';

/** The ends are moved by these shares of their distance from 0, one after the other. */
const shares = [0.5, 0.3, 0.2, 0.12, 0.08, 0.05, 0.03, 0.02, 0.01, 0.005, 0.0025];

/**
 * The range with the least {@link squaredError} that a nested search finds: from the best of `starts`, one end or both are
 * moved in or out by a share of its distance from 0 as long as that helps, then by a smaller one.
 *
 * Rounding noise of step^2 / 12 and clipping of either side are convex in both ends, so that the search has one valley to
 * find; where single levels matter (few values, many zeros) the valley is rough, and the starts keep the result from
 * being worse than any of them.
 */
export function leastErrorRange(h: Histogram, options: RangeOptions, starts: readonly Range[]): Range {
  const widest = rangeOf(h.min, h.max, options);
  if (isZero(h.min, h.max)) return widest;
  const error = (range: Range) => squaredError(h, gridOf(range, options.bits));
  let best = widest;
  let least = error(widest);
  const improves = (range: Range): boolean => {
    const e = error(range);
    if (e >= least) return false;
    least = e;
    best = range;
    return true;
  };
  for (const range of starts) improves(range);
  const moved = (low: number, high: number) =>
    rangeOf(Math.max(best.low * low, widest.low), Math.min(best.high * high, widest.high), options);
  for (const share of shares) {
    const inwards = 1 - share;
    const outwards = 1 / inwards;
    const moves = movesOf(inwards, outwards, isSymmetric(options), widest);
    // The bound keeps rough valleys from taking long; two or three rounds are usual.
    for (let round = 0, found = true; found && round < 8; round++) {
      found = false;
      for (const [low, high] of moves) found = improves(moved(low, high)) || found;
    }
  }
  return best;
}

function movesOf(inwards: number, outwards: number, symmetric: boolean, widest: Range): readonly [number, number][] {
  const both: [number, number][] = [
    [inwards, inwards],
    [outwards, outwards],
  ];
  if (symmetric || widest.low === 0 || widest.high === 0) return both;
  return [...both, [inwards, 1], [1, inwards], [outwards, 1], [1, outwards]];
}
