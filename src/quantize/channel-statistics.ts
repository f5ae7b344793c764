// Extremes and sums of every channel of a tensor whose last dimension is the channels.

/** f32 elements that are walked column by column before the next ones are: 32 KiB, which a first-level cache holds. */
const blockElements = 8192;

/** Extremes and sums of each channel over the finite values that were added. */
export class ChannelStatistics {
  readonly count: Float64Array;
  /** Infinity where a channel has no value yet. */
  readonly min: Float32Array;
  /** -Infinity where a channel has no value yet. */
  readonly max: Float32Array;
  readonly sum: Float64Array;
  readonly sumSquare: Float64Array;

  constructor(readonly channels: number) {
    this.count = new Float64Array(channels);
    this.min = new Float32Array(channels).fill(Number.POSITIVE_INFINITY);
    this.max = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
    this.sum = new Float64Array(channels);
    this.sumSquare = new Float64Array(channels);
  }

  /** The least of all values; Infinity without any. */
  get least(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const x of this.min) least = Math.min(least, x);
    return least;
  }

  /** The greatest of all values; -Infinity without any. */
  get greatest(): number {
    let greatest = Number.NEGATIVE_INFINITY;
    for (const x of this.max) greatest = Math.max(greatest, x);
    return greatest;
  }

  /**
   * The statistics of whole rows, and their finite elements: `data` itself where all are. The statistics may be of two rows
   * beside each other: an odd number of channels is summed so, for columns are taken two at a time, so that one addition
   * need not wait for the other. {@link merge} takes them as they are.
   */
  static of(data: Float32Array, channels: number): { statistics: ChannelStatistics; finite: Float32Array } {
    const columns = channels % 2 === 0 ? channels : 2 * channels;
    const paired = data.length - (data.length % columns);
    const statistics = new ChannelStatistics(columns);
    for (let start = 0; start < paired; ) {
      const end = Math.min(paired, start + Math.max(columns, blockElements - (blockElements % columns)));
      statistics.#addPairs(data, start, end);
      start = end;
    }
    statistics.count.fill(paired / columns);
    const rest = data.subarray(paired);
    // A square of an f32 value is far from overflowing f64, so only NaN and infinities make these sums not finite.
    if (statistics.sumSquare.every(Number.isFinite) && rest.every(Number.isFinite)) {
      statistics.#addSifted(rest);
      return { statistics, finite: data };
    }
    const sifted = new ChannelStatistics(channels);
    return { statistics: sifted, finite: sifted.#addSifted(data) };
  }

  /** Takes what other statistics have seen, of as many channels or of several rows of them beside each other. */
  merge(other: ChannelStatistics): void {
    const { channels, count, min, max, sum, sumSquare } = this;
    const { count: counts, min: mins, max: maxs, sum: sums, sumSquare: squares } = other;
    for (let row = 0; row < other.channels; row += channels) {
      for (let c = 0; c < channels; c++) {
        count[c]! += counts[row + c]!;
        min[c] = Math.min(min[c]!, mins[row + c]!);
        max[c] = Math.max(max[c]!, maxs[row + c]!);
        sum[c]! += sums[row + c]!;
        sumSquare[c]! += squares[row + c]!;
      }
    }
  }

  /** Adds the columns two by two over `data` from row start `start` to `end`; leaves {@link count} as it is. */
  #addPairs(data: Float32Array, start: number, end: number): void {
    const { channels, min, max, sum, sumSquare } = this;
    for (let c = 0; c < channels; c += 2) {
      let minA = min[c]!;
      let minB = min[c + 1]!;
      let maxA = max[c]!;
      let maxB = max[c + 1]!;
      let sumA = 0;
      let sumB = 0;
      let squareA = 0;
      let squareB = 0;
      for (let i = start + c; i < end; i += channels) {
        const a = data[i]!;
        const b = data[i + 1]!;
        if (a < minA) minA = a;
        if (a > maxA) maxA = a;
        if (b < minB) minB = b;
        if (b > maxB) maxB = b;
        sumA += a;
        sumB += b;
        squareA += a * a;
        squareB += b * b;
      }
      min[c] = minA;
      min[c + 1] = minB;
      max[c] = maxA;
      max[c + 1] = maxB;
      sum[c]! += sumA;
      sum[c + 1]! += sumB;
      sumSquare[c]! += squareA;
      sumSquare[c + 1]! += squareB;
    }
  }

  /** Takes whole rows element by element and returns the finite ones. */
  #addSifted(data: Float32Array): Float32Array {
    const finite = new Float32Array(data.length);
    let n = 0;
    for (let i = 0; i < data.length; i++) {
      const x = data[i]!;
      if (!Number.isFinite(x)) continue;
      const c = i % this.channels;
      finite[n++] = x;
      this.count[c]!++;
      this.min[c] = Math.min(this.min[c]!, x);
      this.max[c] = Math.max(this.max[c]!, x);
      this.sum[c]! += x;
      this.sumSquare[c]! += x * x;
    }
    return finite.subarray(0, n);
  }
}
