// The form in which statistics of a tensor stand in a file, and the checks that bytes from elsewhere must pass.
import { fail } from '../../ir/diagnostics.ts';
import { binWidth } from './histogram.ts';

/** Statistics of one tensor in JSON. All numbers are finite; counts are integers. */
export interface StatisticsRecord {
  readonly samples: number;
  readonly nonFinite: number;
  /** Least and greatest value; null without samples. The width and place of the bins follow from them. */
  readonly extremes: readonly [number, number] | null;
  /** Sum over the samples of each one's least value, and of each one's greatest. */
  readonly sumOfExtremes: readonly [number, number];
  readonly zeros: number;
  /** Values per bin without exact zeros, the lowest bin first. */
  readonly bins: readonly number[];
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

function pairOf(x: unknown, what: string): readonly [number, number] {
  const [a, b, ...more] = numbers(x, what);
  check(a !== undefined && b !== undefined && more.length === 0, `${what} is no pair`);
  return [a, b];
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
function extremeList(x: unknown, counts: readonly number[], what: string): Extremes {
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
  const bins = countList(record.bins, 'bins');
  const sums = pairOf(record.sumOfExtremes, 'sumOfExtremes');
  const channels = checkedChannels(record.channels);
  const elements = total(channels.count);
  check(Number.isSafeInteger(elements + nonFinite), 'it has more elements than can be counted');
  check(total(bins) + zeros === elements, 'bins and channels have counted differently');
  check(samples <= elements && samples > 0 === elements > 0, 'the samples do not fit the elements');
  const extremes = record.extremes === null ? null : pairOf(record.extremes, 'extremes');
  const result = { samples, nonFinite, extremes, sumOfExtremes: sums, zeros, bins, channels };
  if (extremes === null) {
    check(elements === 0 && bins.length === 0 && sums[0] === 0 && sums[1] === 0, 'there are values without extremes');
    return result;
  }
  const [min, max] = extremes;
  check(least(channels.min) === min && greatest(channels.max) === max, 'extremes of tensor and channels differ');
  checkBins(min, max, bins, zeros);
  check(canSumTo(sums[0], samples, min, max) && canSumTo(sums[1], samples, min, max), 'sums are out of the extremes');
  return result;
}

type Extremes = readonly (number | null)[];

function least(list: Extremes): number {
  return list.reduce<number>((a, b) => Math.min(a, b ?? a), Number.POSITIVE_INFINITY);
}

function greatest(list: Extremes): number {
  return list.reduce<number>((a, b) => Math.max(a, b ?? a), Number.NEGATIVE_INFINITY);
}

/** Checks that the bins are those that values with these extremes (f32, the first not above the second) fall into. */
function checkBins(min: number, max: number, bins: readonly number[], zeros: number): void {
  const width = binWidth(min, max);
  const first = Math.floor(min / width);
  const last = Math.floor(max / width);
  check(bins.length === last - first + 1, 'the bins do not reach from end to end');
  check(min === 0 || (bins[0] ?? 0) > 0, 'the lowest bin is empty');
  check(max === 0 || (bins[last - first] ?? 0) > 0, 'the highest bin is empty');
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
