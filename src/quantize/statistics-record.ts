// The form in which statistics of a tensor stand in a file, and the checks that bytes from elsewhere must pass.
import { fail } from '../../ir/diagnostics.ts';
import { binWidth, maxBins } from './histogram.ts';

/** Statistics of one tensor in JSON. All numbers are finite; counts are integers. */
export interface StatisticsRecord {
  readonly samples: number;
  readonly nonFinite: number;
  /** Least and greatest value; empty without samples. The width and place of the bins follow from them. */
  readonly extremes: readonly number[];
  /** Sum over the samples of each one's least value, and of each one's greatest. */
  readonly sumOfExtremes: readonly [number, number];
  readonly zeros: number;
  /** Values per bin without exact zeros, the lowest bin first. */
  readonly counts: readonly number[];
  /** One entry per channel; `min` and `max` are null where a channel had no finite value. */
  readonly channels: {
    readonly count: readonly number[];
    readonly min: readonly (number | null)[];
    readonly max: readonly (number | null)[];
    readonly sum: readonly number[];
    readonly sumSquare: readonly number[];
  };
}

function refuse(what: string): never {
  fail('I8C0002', `statistics of a tensor are damaged: ${what}`, { hint: 'Run the calibration again.' });
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) refuse(what);
}

function objectOf(x: unknown, what: string): Readonly<Record<string, unknown>> {
  check(typeof x === 'object' && x !== null && !Array.isArray(x), `${what} is no object`);
  return x as Readonly<Record<string, unknown>>;
}

function numbers(x: unknown, what: string): readonly number[] {
  check(Array.isArray(x), `${what} is no list`);
  check(
    x.every((v) => typeof v === 'number' && Number.isFinite(v)),
    `${what} holds something else than numbers`,
  );
  return x;
}

function isCount(x: unknown): x is number {
  return typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;
}

function count(x: unknown, what: string): number {
  check(isCount(x), `${what} is no count`);
  return x;
}

function countList(x: unknown, what: string): readonly number[] {
  const list = numbers(x, what);
  check(list.every(isCount), `${what} holds something else than counts`);
  return list;
}

const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

/** True where a sum of n values from `low` to `high` can be `sum`, f64 rounding granted. */
function canSumTo(sum: number, n: number, low: number, high: number): boolean {
  const slack = 1e-6 * n * Math.max(Math.abs(low), Math.abs(high));
  return sum >= n * low - slack && sum <= n * high + slack;
}

/** A list of f32 numbers, or null where `counts` says that there was no value. */
function extremeList(x: unknown, counts: readonly number[], what: string): readonly (number | null)[] {
  check(Array.isArray(x) && x.length === counts.length, `${what} has not one entry per channel`);
  const fits = (v: unknown, c: number) =>
    counts[c] === 0 ? v === null : typeof v === 'number' && Number.isFinite(v) && Math.fround(v) === v;
  check(x.every(fits), `${what} holds something else than f32 numbers`);
  return x;
}

/** The record that `x` is; I8C0002 where a part is missing, of another type, or contradicts another part. */
export function checkedRecord(x: unknown): StatisticsRecord {
  const record = objectOf(x, 'the record');
  const samples = count(record.samples, 'samples');
  const nonFinite = count(record.nonFinite, 'nonFinite');
  const zeros = count(record.zeros, 'zeros');
  const counts = countList(record.counts, 'counts');
  const channels = checkedChannels(record.channels);
  const elements = total(channels.count);
  check(Number.isSafeInteger(elements), 'more elements than can be counted');
  check(total(counts) + zeros === elements, 'bins and channels have counted differently');
  check(samples <= elements, 'more samples than elements');

  const extremes = numbers(record.extremes, 'extremes');
  const [sumMin, sumMax, ...more] = numbers(record.sumOfExtremes, 'sumOfExtremes');
  check(sumMin !== undefined && sumMax !== undefined && more.length === 0, 'sumOfExtremes is no pair');
  const rest = { samples, nonFinite, zeros, counts, channels, extremes, sumOfExtremes: [sumMin, sumMax] as const };
  if (elements === 0) {
    check(samples === 0 && extremes.length === 0 && counts.length === 0, 'there are extremes of nothing');
    check(sumMin === 0 && sumMax === 0, 'sums of nothing');
    return rest;
  }
  const [min, max] = extremes;
  check(extremes.length === 2 && min !== undefined && max !== undefined, 'extremes is no pair');
  check(samples > 0, 'elements without samples');
  checkBins(min, max, counts, zeros);
  const seen = (list: readonly (number | null)[]) => list.filter((v) => v !== null);
  check(least(seen(channels.min)) === min && -least(seen(channels.max).map((v) => -v)) === max, 'extremes differ');
  check(canSumTo(sumMin, samples, min, max) && canSumTo(sumMax, samples, min, max), 'sums are out of the extremes');
  return rest;
}

const least = (list: readonly number[]) => list.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

function checkBins(min: number, max: number, counts: readonly number[], zeros: number): void {
  check(min <= max && Math.fround(min) === min && Math.fround(max) === max, 'the extremes are no f32 interval');
  const width = binWidth(min, max);
  const first = Math.floor(min / width);
  const last = Math.floor(max / width);
  check(counts.length <= maxBins && counts.length === last - first + 1, 'the bins do not reach from end to end');
  check(min === 0 || (counts[0] ?? 0) > 0, 'the lowest bin is empty');
  check(max === 0 || (counts[last - first] ?? 0) > 0, 'the highest bin is empty');
  check(zeros === 0 || (min <= 0 && max >= 0), 'zeros lie outside of the extremes');
}

function checkedChannels(x: unknown): StatisticsRecord['channels'] {
  const channels = objectOf(x, 'channels');
  const counts = countList(channels.count, 'the count of channels');
  check(counts.length > 0, 'there is no channel');
  const min = extremeList(channels.min, counts, 'the least of channels');
  const max = extremeList(channels.max, counts, 'the greatest of channels');
  const sum = numbers(channels.sum, 'the sum of channels');
  const sumSquare = numbers(channels.sumSquare, 'the sum of squares of channels');
  check(sum.length === counts.length && sumSquare.length === counts.length, 'sums have not one entry per channel');
  counts.forEach((n, c) => {
    const low = min[c] ?? 0;
    const high = max[c] ?? 0;
    const square = Math.max(low * low, high * high);
    check(low <= high, 'a least value is above the greatest');
    check(canSumTo(sum[c] ?? 0, n, low, high), 'a sum of a channel is out of its extremes');
    check(canSumTo(sumSquare[c] ?? 0, n, 0, square), 'a sum of squares of a channel is out of its extremes');
  });
  return { count: counts, min, max, sum, sumSquare };
}
