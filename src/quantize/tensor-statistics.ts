// What calibration has seen of one tensor, in memory that does not grow with the number of samples.
import { fail, internalError } from '../../ir/diagnostics.ts';
import { Histogram } from './histogram.ts';
import { checkedRecord, type StatisticsRecord } from './statistics-record.ts';

export type { StatisticsRecord } from './statistics-record.ts';

/** Accumulators of one sample at least: short rows are taken several at a time, so that additions do not wait. */
const leastLanes = 32;

/**
 * Statistics of one tensor over samples. Memory is bounded whatever their number. Merging is exact and independent of the
 * order for counts, extremes and the histogram; means are sums in f64 and differ by their rounding alone.
 *
 * NaN and infinities are counted apart ({@link nonFinite}) and enter nothing else.
 */
export class TensorStatistics {
  /** Extent of the last dimension. */
  readonly channels: number;
  readonly histogram = new Histogram();
  /** Least value of each channel; Infinity where none was seen. */
  readonly channelMin: Float32Array;
  /** Greatest value of each channel; -Infinity where none was seen. */
  readonly channelMax: Float32Array;
  readonly #channelCount: Float64Array;
  readonly #channelSum: Float64Array;
  readonly #channelSumSquare: Float64Array;
  #samples = 0;
  #nonFinite = 0;
  #sumMin = 0;
  #sumMax = 0;

  /** Statistics of nothing yet, for a tensor whose last dimension has `channels` elements (1 for a scalar). */
  constructor(channels: number) {
    if (!Number.isSafeInteger(channels) || channels < 1) internalError(`${channels} channels`);
    this.channels = channels;
    this.channelMin = new Float32Array(channels).fill(Number.POSITIVE_INFINITY);
    this.channelMax = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
    this.#channelCount = new Float64Array(channels);
    this.#channelSum = new Float64Array(channels);
    this.#channelSumSquare = new Float64Array(channels);
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
    return this.#channelCount.reduce((a, b) => a + b, 0);
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
    return this.#samples === 0 ? 0 : this.#sumMin / this.#samples;
  }

  /** Mean over the samples of each one's greatest value; 0 without samples. */
  get meanMax(): number {
    return this.#samples === 0 ? 0 : this.#sumMax / this.#samples;
  }

  /** Mean of each channel; 0 where nothing was seen. */
  get channelMean(): Float64Array {
    return this.#channelSum.map((sum, c) => sum / Math.max(this.#channelCount[c] ?? 0, 1));
  }

  /** Mean of the squares of each channel; 0 where nothing was seen. */
  get channelMeanSquare(): Float64Array {
    return this.#channelSumSquare.map((sum, c) => sum / Math.max(this.#channelCount[c] ?? 0, 1));
  }

  /** Takes one sample: f32 elements, row-major, channels last. Throws where they are no whole number of rows. */
  add(data: Float32Array): void {
    const { channels } = this;
    if (data.length % channels !== 0) internalError(`${data.length} elements in rows of ${channels}`);
    if (data.length === 0) return;
    const lanes = channels * Math.ceil(leastLanes / channels);
    const lane = laneStatistics(data, lanes);
    if (lane.sumSquare.some((x) => !Number.isFinite(x))) {
      this.#addSifted(data);
      return;
    }
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < lanes; j++) {
      const c = j % channels;
      min = Math.min(min, lane.min[j]!);
      max = Math.max(max, lane.max[j]!);
      this.channelMin[c] = Math.min(this.channelMin[c]!, lane.min[j]!);
      this.channelMax[c] = Math.max(this.channelMax[c]!, lane.max[j]!);
      this.#channelSum[c]! += lane.sum[j]!;
      this.#channelSumSquare[c]! += lane.sumSquare[j]!;
    }
    for (let c = 0; c < channels; c++) this.#channelCount[c]! += data.length / channels;
    this.#addSample(data, min, max);
  }

  /** Takes all that other statistics of the same tensor have seen; I8C0402 where the channels differ. */
  merge(other: TensorStatistics): void {
    if (other.channels !== this.channels) {
      fail('I8C0402', `statistics of ${other.channels} channels cannot be merged with ones of ${this.channels}`, {
        hint: 'Merge statistics of one model only.',
      });
    }
    this.histogram.merge(other.histogram);
    for (let c = 0; c < this.channels; c++) {
      this.channelMin[c] = Math.min(this.channelMin[c]!, other.channelMin[c]!);
      this.channelMax[c] = Math.max(this.channelMax[c]!, other.channelMax[c]!);
      this.#channelCount[c]! += other.#channelCount[c]!;
      this.#channelSum[c]! += other.#channelSum[c]!;
      this.#channelSumSquare[c]! += other.#channelSumSquare[c]!;
    }
    this.#samples += other.#samples;
    this.#nonFinite += other.#nonFinite;
    this.#sumMin += other.#sumMin;
    this.#sumMax += other.#sumMax;
  }

  /** Everything, as JSON holds it; {@link fromJSON} reads it back to the bit. */
  toJSON(): StatisticsRecord {
    const seen = this.#samples > 0;
    return {
      samples: this.#samples,
      nonFinite: this.#nonFinite,
      extremes: seen ? [this.min, this.max] : [],
      sumOfExtremes: [this.#sumMin, this.#sumMax],
      zeros: this.histogram.zeros,
      counts: [...this.histogram.counts],
      channels: {
        count: [...this.#channelCount],
        min: [...this.channelMin].map((x) => (Number.isFinite(x) ? x : null)),
        max: [...this.channelMax].map((x) => (Number.isFinite(x) ? x : null)),
        sum: [...this.#channelSum],
        sumSquare: [...this.#channelSumSquare],
      },
    };
  }

  /** Statistics from what a file holds; I8C0002 where that cannot have come from {@link toJSON}. */
  static fromJSON(x: unknown): TensorStatistics {
    const record = checkedRecord(x);
    const { channels } = record;
    const s = new TensorStatistics(channels.count.length);
    s.#samples = record.samples;
    s.#nonFinite = record.nonFinite;
    [s.#sumMin, s.#sumMax] = record.sumOfExtremes;
    s.#channelCount.set(channels.count);
    s.#channelSum.set(channels.sum);
    s.#channelSumSquare.set(channels.sumSquare);
    s.channelMin.set(channels.min.map((v) => v ?? Number.POSITIVE_INFINITY));
    s.channelMax.set(channels.max.map((v) => v ?? Number.NEGATIVE_INFINITY));
    const [min, max] = record.extremes;
    if (min !== undefined && max !== undefined)
      s.histogram.merge(Histogram.from(min, max, record.zeros, record.counts));
    return s;
  }

  /** Takes a sample with NaN or infinities in it, element by element. */
  #addSifted(data: Float32Array): void {
    const finite = new Float32Array(data.length);
    let n = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < data.length; i++) {
      const x = data[i]!;
      if (!Number.isFinite(x)) continue;
      finite[n++] = x;
      const c = i % this.channels;
      min = Math.min(min, x);
      max = Math.max(max, x);
      this.channelMin[c] = Math.min(this.channelMin[c]!, x);
      this.channelMax[c] = Math.max(this.channelMax[c]!, x);
      this.#channelCount[c]!++;
      this.#channelSum[c]! += x;
      this.#channelSumSquare[c]! += x * x;
    }
    this.#nonFinite += data.length - n;
    if (n > 0) this.#addSample(finite.subarray(0, n), min, max);
  }

  #addSample(finite: Float32Array, min: number, max: number): void {
    this.histogram.add(finite, min, max);
    this.#samples++;
    this.#sumMin += min;
    this.#sumMax += max;
  }
}

/** Extremes and sums of every `lanes`-th element. A NaN or an infinity shows in the sum of squares. */
function laneStatistics(data: Float32Array, lanes: number) {
  const min = new Float32Array(lanes).fill(Number.POSITIVE_INFINITY);
  const max = new Float32Array(lanes).fill(Number.NEGATIVE_INFINITY);
  const sum = new Float64Array(lanes);
  const sumSquare = new Float64Array(lanes);
  for (let start = 0; start < data.length; start += lanes) {
    const end = Math.min(lanes, data.length - start);
    for (let j = 0; j < end; j++) {
      const x = data[start + j]!;
      if (x < min[j]!) min[j] = x;
      if (x > max[j]!) max[j] = x;
      sum[j]! += x;
      sumSquare[j]! += x * x;
    }
  }
  return { min, max, sum, sumSquare };
}
