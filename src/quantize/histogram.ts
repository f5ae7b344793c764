// A histogram that needs no range beforehand and loses nothing by being merged: what samples were seen in which order, or
// by which of several processes, does not change one count.

/** Bins at most, from the least to the greatest value. */
export const maxBins = 2048;

const word = new DataView(new ArrayBuffer(4));

/** Distance from an f32 value to the next greater one of its binade. */
function ulp(x: number): number {
  word.setFloat32(0, x);
  const exponent = (word.getUint32(0) >>> 23) & 0xff;
  return 2 ** (Math.max(exponent, 1) - 150);
}

/**
 * The width of the bins for values from `min` to `max`: the least power of two for which at most {@link maxBins} bins
 * cover them, and no finer than f32 is at the greater magnitude. It never falls when the extremes move apart.
 */
export function binWidth(min: number, max: number): number {
  let width = ulp(Math.max(Math.abs(min), Math.abs(max)));
  while (Math.floor(max / width) - Math.floor(min / width) >= maxBins) width *= 2;
  return width;
}

/**
 * Counts of f32 values in bins of one width, a power of two: value x falls into bin floor(x / width). The width is a
 * function of the extremes alone ({@link binWidth}). When they move apart, neighbouring bins 2i and 2i + 1 become one
 * until the new width is reached; since floor(floor(x / w) / 2) = floor(x / 2w), every count is then what it would have
 * been with the final width from the beginning. Divisions by powers of two are exact, so nothing is rounded on the way.
 *
 * Exact zeros are counted apart and in no bin: half of what follows a ReLU is zero, costs nothing to represent, and
 * would drown the values beside it.
 */
export class Histogram {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #width = 0;
  #first = 0;
  #counts = new Float64Array(0);
  #zeros = 0;

  /** Least value, zeros included; Infinity before anything was added. */
  get min(): number {
    return this.#min;
  }

  /** Greatest value, zeros included; -Infinity before anything was added. */
  get max(): number {
    return this.#max;
  }

  /** Width of a bin; 0 before anything was added. */
  get width(): number {
    return this.#width;
  }

  /** Index of the lowest bin: it holds values from first * width. */
  get first(): number {
    return this.#first;
  }

  /** Values in each bin without the exact zeros, the lowest bin first. Do not write to it. */
  get counts(): Float64Array {
    return this.#counts;
  }

  /** Values that are exactly 0 (or -0). */
  get zeros(): number {
    return this.#zeros;
  }

  /** The histogram of finite values. */
  static of(data: Float32Array): Histogram {
    const h = new Histogram();
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < data.length; i++) {
      const x = data[i]!;
      min = Math.min(min, x);
      max = Math.max(max, x);
    }
    h.add(data, min, max);
    return h;
  }

  /**
   * A histogram from its parts: extremes, zeros, and the counts that {@link counts} gave. Throws a RangeError where the
   * number of counts is not what the extremes ask for.
   */
  static from(min: number, max: number, zeros: number, counts: readonly number[]): Histogram {
    const h = new Histogram();
    if (min <= max) h.#cover(min, max);
    if (counts.length !== h.#counts.length) throw new RangeError(`${h.#counts.length} bins expected`);
    h.#counts.set(counts);
    h.#zeros = zeros;
    return h;
  }

  /** Counts finite values, of which `min` is the least and `max` the greatest. */
  add(data: Float32Array, min: number, max: number): void {
    if (data.length === 0) return;
    this.#cover(min, max);
    countInto(this.#counts, data, this.#first, 1 / this.#width);
    const zeros = zerosIn(data);
    if (zeros > 0) this.#counts[-this.#first]! -= zeros;
    this.#zeros += zeros;
  }

  /** Counts all that another histogram has counted. */
  merge(other: Histogram): void {
    if (other.#width === 0) return;
    this.#cover(other.#min, other.#max);
    this.#take(other.#counts, other.#first, other.#width);
    this.#zeros += other.#zeros;
  }

  /** Moves the extremes apart to hold `min` and `max`, with the width and the bins that follow from that. */
  #cover(min: number, max: number): void {
    if (min >= this.#min && max <= this.#max) return;
    const { counts, first, width } = this;
    // Adding 0 makes one zero of two, so that the extremes of equal sets are equal.
    this.#min = Math.min(min, this.#min) + 0;
    this.#max = Math.max(max, this.#max) + 0;
    this.#width = binWidth(this.#min, this.#max);
    this.#first = Math.floor(this.#min / this.#width);
    this.#counts = new Float64Array(Math.floor(this.#max / this.#width) - this.#first + 1);
    this.#take(counts, first, width);
  }

  /** Adds counts of bins whose width divides the present one. */
  #take(counts: Float64Array, first: number, width: number): void {
    const ratio = width / this.#width;
    for (let k = 0; k < counts.length; k++) this.#counts[Math.floor((first + k) * ratio) - this.#first]! += counts[k]!;
  }
}

/**
 * Counts every value into its bin, zeros too: a branch on them would be mispredicted every other time after a ReLU.
 * Two values at a time take V8 a third less time than one does; | 0 keeps it to machine integers.
 */
function countInto(counts: Float64Array, data: Float32Array, first: number, perWidth: number): void {
  const even = data.length & ~1;
  for (let i = 0; i < even; i += 2) {
    const a = (Math.floor(data[i]! * perWidth) - first) | 0;
    const b = (Math.floor(data[i + 1]! * perWidth) - first) | 0;
    counts[a]!++;
    counts[b]!++;
  }
  if (even < data.length) counts[Math.floor(data[even]! * perWidth) - first]!++;
}

/** How many values are 0 or -0: those of which no bit beside the sign is set, again without a branch. */
function zerosIn(data: Float32Array): number {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  let zeros = 0;
  for (let i = 0; i < bits.length; i++) zeros = (zeros + (Math.clz32(bits[i]! << 1) >>> 5)) | 0;
  return zeros;
}
