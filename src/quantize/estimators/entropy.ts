// Ranges of least information loss: the Kullback-Leibler divergence of the values from what is left of them.
import type { Histogram } from '../histogram.ts';
import { type Grid, gridOf, isSymmetric, leastSpan, type Range, type RangeOptions, rangeOf } from './range.ts';

/** Ranges tried for one end at a time. */
const candidates = 32;

/** How often both ends are tried in turn. */
const rounds = 2;

/**
 * The range for which the distribution of the values loses least by being quantized (Migacz 2017, "8-bit Inference with
 * TensorRT"): the reference is the histogram, what lies outside counted into the last bins inside; against it stands the
 * same histogram with the bins of each quantized level flattened. Each end of an asymmetric range is moved by itself, in
 * turn, where others look at magnitudes only.
 *
 * Three things differ from that publication, as the divergence misleads where a histogram is thin or has a peak:
 * - exact zeros take no part: they are represented exactly by every range, and would outweigh the rest of a ReLU;
 * - flattening m occupied bins costs (m - 1) / 2 counts by chance alone, however smooth the distribution is (the mean of
 *   the G statistic), and this is taken off: otherwise few samples would always speak for narrow ranges;
 * - of ranges with equal loss the widest is taken.
 *
 * 16 bits have more levels than there are bins: they get the range from least to greatest.
 */
export function entropyRange(h: Histogram, options: RangeOptions): Range {
  let best = rangeOf(h.min, h.max, options);
  if (options.bits === 16 || h.width === 0) return best;
  const table = new LossTable(h);
  let least = table.loss(gridOf(best, options.bits));
  const offer = (low: number, high: number) => {
    const range = rangeOf(low, high, options);
    const loss = table.loss(gridOf(range, options.bits));
    if (loss < least) {
      least = loss;
      best = range;
    }
  };
  const { low, high } = best;
  // Levels of less than a bin would be flattened to themselves: no range is tried that has them.
  const thinnest = Math.max(h.width * 2 ** options.bits, leastSpan);
  for (let i = 1; i < candidates && isSymmetric(options); i++) {
    const magnitude = (high * (candidates - i)) / candidates;
    if (2 * magnitude >= thinnest) offer(-magnitude, magnitude);
  }
  for (let round = 0; round < rounds && !isSymmetric(options); round++) {
    for (let i = 0; i < candidates; i++) {
      const end = (high * (candidates - i)) / candidates;
      if (end - best.low >= thinnest) offer(best.low, end);
    }
    for (let i = 0; i < candidates; i++) {
      const end = (low * (candidates - i)) / candidates;
      if (best.high - end >= thinnest) offer(end, best.high);
    }
  }
  return best;
}

/** Sums over the bins of a histogram up to each, from which the loss of a grid follows level by level. */
class LossTable {
  /** Counts below bin k. */
  readonly #counts: Float64Array;
  /** Occupied bins below bin k. */
  readonly #occupied: Float64Array;
  /** Sum of n log n below bin k. */
  readonly #logs: Float64Array;

  constructor(readonly h: Histogram) {
    const { counts } = h;
    this.#counts = new Float64Array(counts.length + 1);
    this.#occupied = new Float64Array(counts.length + 1);
    this.#logs = new Float64Array(counts.length + 1);
    counts.forEach((n, k) => {
      this.#counts[k + 1] = this.#counts[k]! + n;
      this.#occupied[k + 1] = this.#occupied[k]! + (n > 0 ? 1 : 0);
      this.#logs[k + 1] = this.#logs[k]! + nLogN(n);
    });
  }

  /**
   * The divergence times the number of values. With n values in a bin, N in all, M inside, S values in the b occupied bins
   * of a level, the reference has n / N and the quantized distribution S / (b M), so that the sum over the bins of
   * n log(n b M / (S N)) falls apart into sums over levels and into N log(M / N).
   */
  loss({ step, least, greatest }: Grid): number {
    const bins = this.h.counts.length;
    const all = this.#counts[bins]!;
    // Bins belong to the level that is nearest to most of them.
    const edge = (k: number) =>
      Math.min(bins, Math.max(0, Math.round(((k - 0.5) * step) / this.h.width) - this.h.first));
    const start = edge(least);
    const end = edge(greatest + 1);
    const inside = this.#counts[end]! - this.#counts[start]!;
    if (inside === 0) return all === 0 ? 0 : Number.POSITIVE_INFINITY;
    let sum = this.#logs[end]! - this.#logs[start]! + all * Math.log(inside / all);
    let chance = 0;
    let lowest = 0;
    let highest = 0;
    for (let k = least, from = start; k <= greatest; k++) {
      const to = edge(k + 1);
      const values = this.#counts[to]! - this.#counts[from]!;
      if (values > 0) {
        const occupied = this.#occupied[to]! - this.#occupied[from]!;
        const height = Math.log(values / occupied);
        sum -= values * height;
        chance += (occupied - 1) / 2;
        if (this.#counts[from] === this.#counts[start]) lowest = height;
        highest = height;
      }
      from = to;
    }
    const below = this.#counts[start]!;
    const above = all - this.#counts[end]!;
    sum +=
      this.#clipped(this.#firstOccupied(start), below, lowest) + this.#clipped(this.#lastOccupied(end), above, highest);
    return sum - chance;
  }

  /** What the loss gains where `outside` values are counted into a bin of a level whose log height is given. */
  #clipped(bin: number, outside: number, height: number): number {
    const n = this.h.counts[bin] ?? 0;
    return outside === 0 ? 0 : nLogN(n + outside) - nLogN(n) - outside * height;
  }

  #firstOccupied(start: number): number {
    let k = start;
    while (this.#counts[k + 1] === this.#counts[start]) k++;
    return k;
  }

  #lastOccupied(end: number): number {
    let k = end - 1;
    while (this.#counts[k] === this.#counts[end]) k--;
    return k;
  }
}

function nLogN(n: number): number {
  return n === 0 ? 0 : n * Math.log(n);
}
