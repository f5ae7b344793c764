// The part of a tensor's range that matters to the curves that read it: x * sigmoid(x) makes the same of -8 as of -100, so
// that levels for what lies below -8 are levels lost.
import type { Func, Value } from '../../ir/module.ts';
import { type Curve, longestCurves } from '../../passes/curves.ts';
import { evaluateCurve } from '../../passes/evaluate-curve.ts';
import type { NetworkStatistics } from './calibrate.ts';
import type { Range } from './estimators/index.ts';

/** Arguments at which a curve is looked at. */
const points = 4096;

/** A change of results by this share of their range is less than 8 bits tell apart. */
const tolerance = 0.25 / 255;

/**
 * By the names of tensors that nothing but curves reads: the range outside of which every one of the curves gives the same
 * as at its end.
 */
export function effectiveRanges(func: Func, statistics: NetworkStatistics): ReadonlyMap<string, Range> {
  const curves = new Map<Value, Set<Curve>>();
  const parts = longestCurves(func, () => true, 1);
  for (const curve of parts.values()) {
    const known = curves.get(curve.source) ?? new Set<Curve>();
    curves.set(curve.source, known.add(curve));
  }
  const ranges = new Map<string, Range>();
  for (const [source, readers] of curves) {
    const seen = statistics.get(source.name);
    const isOnlyRead = [...source.users].every((op) => parts.get(op)?.source === source) && !func.isReturned(source);
    if (seen === undefined || !isOnlyRead || !(seen.max > seen.min)) continue;
    if ([...readers].some((curve) => curve.channels > 1)) continue;
    const each = [...readers].map((curve) => effective(curve, seen.min, seen.max));
    const range = { low: Math.min(...each.map((r) => r.low)), high: Math.max(...each.map((r) => r.high)) };
    if (range.high > range.low) ranges.set(source.name, range);
  }
  return ranges;
}

/** Where the curve's results differ from those at the ends of the range. */
function effective(curve: Curve, min: number, max: number): Range {
  const x = Float32Array.from({ length: points }, (_, i) => min + ((max - min) * i) / (points - 1));
  const y = evaluateCurve(curve, x);
  const [least, most] = [Math.min(...y), Math.max(...y)];
  const same = (a: number | undefined, b: number | undefined) =>
    Math.abs((a ?? 0) - (b ?? 0)) <= tolerance * (most - least);
  let [first, last] = [0, points - 1];
  while (first < last && same(y[first + 1], y[0])) first++;
  while (last > first && same(y[last - 1], y[points - 1])) last--;
  return { low: x[first] ?? min, high: x[last] ?? max };
}

/** What of a range is within another. */
export function within(range: Range, limit: Range | undefined): Range {
  if (limit === undefined) return range;
  return { low: Math.max(range.low, limit.low), high: Math.min(range.high, limit.high) };
}
