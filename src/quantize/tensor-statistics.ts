// What calibration has seen of one tensor, in memory that does not grow with the number of samples.
import { fail, internalError } from '../../ir/diagnostics.ts';
import { ChannelStatistics } from './channel-statistics.ts';
import { Histogram } from './histogram.ts';
import { checkedRecord, type StatisticsRecord } from './statistics-record.ts';

export type { StatisticsRecord } from './statistics-record.ts';

/**
 * Statistics of one tensor over samples. Memory is bounded whatever their number. Merging is exact and independent of the
 * order for counts, extremes and the histogram; means come from sums in f64 and differ by those sums' rounding alone.
 *
 * NaN and infinities are counted apart ({@link nonFinite}) and enter nothing else.
 */
export class TensorStatistics {
  readonly histogram = new Histogram();
  readonly #byChannel: ChannelStatistics;
  #samples = 0;
  #nonFinite = 0;
  #sumMin = 0;
  #sumMax = 0;

  /** Statistics of nothing yet, for a tensor whose last dimension has `channels` elements (1 for a scalar). */
  constructor(channels: number) {
    if (!Number.isSafeInteger(channels) || channels < 1) internalError(`statistics of ${channels} channels`);
    this.#byChannel = new ChannelStatistics(channels);
  }

  /** Extent of the last dimension. */
  get channels(): number {
    return this.#byChannel.channels;
  }

  /** Least finite value; Infinity where none was seen. */
  get min(): number {
    return this.histogram.min;
  }

  /** Greatest finite value; -Infinity where none was seen. */
  get max(): number {
    return this.histogram.max;
  }

  /** Finite elements. */
  get count(): number {
    return this.#byChannel.count.reduce((a, b) => a + b, 0);
  }

  /** Tensors added that had a finite element. */
  get samples(): number {
    return this.#samples;
  }

  /** Elements that were NaN or infinite. */
  get nonFinite(): number {
    return this.#nonFinite;
  }

  /** Mean over the samples of each one's least value; 0 without samples. */
  get meanMin(): number {
    return this.#sumMin / Math.max(this.#samples, 1);
  }

  /** Mean over the samples of each one's greatest value; 0 without samples. */
  get meanMax(): number {
    return this.#sumMax / Math.max(this.#samples, 1);
  }

  /** Least value of each channel; Infinity where none was seen. Do not write to it. */
  get channelMin(): Float32Array {
    return this.#byChannel.min;
  }

  /** Greatest value of each channel; -Infinity where none was seen. Do not write to it. */
  get channelMax(): Float32Array {
    return this.#byChannel.max;
  }

  /** Mean of each channel; 0 where nothing was seen. */
  get channelMean(): Float64Array {
    return this.#perElement(this.#byChannel.sum);
  }

  /** Mean of the squares of each channel; 0 where nothing was seen. */
  get channelMeanSquare(): Float64Array {
    return this.#perElement(this.#byChannel.sumSquare);
  }

  /** Takes one sample: f32 elements, row-major, channels last, a whole number of rows. */
  add(data: Float32Array): void {
    if (data.length % this.channels !== 0) internalError(`${data.length} elements in rows of ${this.channels}`);
    const { statistics, finite } = ChannelStatistics.of(data, this.channels);
    this.#nonFinite += data.length - finite.length;
    if (finite.length === 0) return;
    const { least, greatest } = statistics;
    this.#byChannel.merge(statistics);
    this.histogram.add(finite, least, greatest);
    this.#samples++;
    this.#sumMin += least;
    this.#sumMax += greatest;
  }

  /** Takes all that other statistics of the same tensor have seen; I8C0402 where the numbers of channels differ. */
  merge(other: TensorStatistics): void {
    if (other.channels !== this.channels) {
      fail('I8C0402', `statistics of ${other.channels} channels cannot be merged with ones of ${this.channels}`, {
        hint: 'Merge statistics of one model only.',
      });
    }
    this.histogram.merge(other.histogram);
    this.#byChannel.merge(other.#byChannel);
    this.#samples += other.#samples;
    this.#nonFinite += other.#nonFinite;
    this.#sumMin += other.#sumMin;
    this.#sumMax += other.#sumMax;
  }

  /** Everything, as JSON holds it; {@link fromJSON} reads it back exactly. */
  toJSON(): StatisticsRecord {
    const { histogram } = this;
    const { count, min, max, sum, sumSquare } = this.#byChannel;
    const finiteOrNull = (x: number) => (Number.isFinite(x) ? x : null);
    return {
      samples: this.#samples,
      nonFinite: this.#nonFinite,
      extremes: this.#samples === 0 ? null : [histogram.min, histogram.max],
      sumOfExtremes: [this.#sumMin, this.#sumMax],
      zeros: histogram.zeros,
      bins: [...histogram.counts],
      channels: {
        count: [...count],
        min: [...min].map(finiteOrNull),
        max: [...max].map(finiteOrNull),
        sum: [...sum],
        sumSquare: [...sumSquare],
      },
    };
  }

  /** Statistics from what a file holds; I8C0002 where that cannot have come from {@link toJSON}. */
  static fromJSON(x: unknown): TensorStatistics {
    const { samples, nonFinite, extremes, sumOfExtremes, zeros, bins, channels } = checkedRecord(x);
    const s = new TensorStatistics(channels.count.length);
    s.#samples = samples;
    s.#nonFinite = nonFinite;
    [s.#sumMin, s.#sumMax] = sumOfExtremes;
    s.#byChannel.count.set(channels.count);
    s.#byChannel.min.set(channels.min.map((v) => v ?? Number.POSITIVE_INFINITY));
    s.#byChannel.max.set(channels.max.map((v) => v ?? Number.NEGATIVE_INFINITY));
    s.#byChannel.sum.set(channels.sum);
    s.#byChannel.sumSquare.set(channels.sumSquare);
    if (extremes !== null) s.histogram.merge(Histogram.from(extremes[0], extremes[1], zeros, bins));
    return s;
  }

  #perElement(sums: Float64Array): Float64Array {
    return sums.map((sum, c) => sum / Math.max(this.#byChannel.count[c] ?? 0, 1));
  }
}
