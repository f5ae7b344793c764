// How a tensor's values use the range that its quantization holds.
import { integerRange, type TensorType } from '../../ir/types.ts';
import type { Range } from '../quantize/estimators/index.ts';

export interface RangeUse {
  /** What the integers reach. */
  readonly chosen: Range;
  /** Shares of the float network's values that lie below and above that by more than half a step: they are clipped. */
  readonly clipped: { readonly low: number; readonly high: number };
  /** Share of the integers of the element type that occurred. */
  readonly levels: number;
}

/** Counts over samples for one tensor that is quantized as a whole, in 8 or 16 bits. */
export class RangeCounts {
  readonly chosen: Range;
  readonly #least: number;
  readonly #step: number;
  readonly #seen: Uint8Array;
  #count = 0;
  #below = 0;
  #above = 0;

  constructor({ element, quant }: TensorType) {
    const { min, max } = integerRange(element);
    const [scale, zero] = [quant?.scale[0] ?? 1, quant?.zero[0] ?? 0];
    this.chosen = { low: scale * (min - zero), high: scale * (max - zero) };
    this.#step = scale;
    this.#least = min;
    this.#seen = new Uint8Array(max - min + 1);
  }

  /** Takes a sample: the float network's values, and the quantized network's integers. */
  add(real: ArrayLike<number>, integers: Int8Array | Int16Array): void {
    const low = this.chosen.low - this.#step / 2;
    const high = this.chosen.high + this.#step / 2;
    const [seen, least, n] = [this.#seen, this.#least, real.length];
    let [below, above] = [0, 0];
    for (let i = 0; i < n; i++) {
      const x = real[i]!;
      if (x < low) below++;
      else if (x > high) above++;
      seen[integers[i]! - least] = 1;
    }
    this.#below += below;
    this.#above += above;
    this.#count += real.length;
  }

  get use(): RangeUse {
    const n = Math.max(1, this.#count);
    const levels = this.#seen.reduce((sum, seen) => sum + seen, 0) / this.#seen.length;
    return { chosen: this.chosen, clipped: { low: this.#below / n, high: this.#above / n }, levels };
  }
}

/** Least and greatest finite value over samples; both 0 before any. */
export class SeenRange {
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;

  add(real: ArrayLike<number>): void {
    let [low, high] = [this.#low, this.#high];
    const n = real.length;
    for (let i = 0; i < n; i++) {
      const x = real[i]!;
      if (!(Math.abs(x) < Number.POSITIVE_INFINITY)) continue;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    this.#low = low;
    this.#high = high;
  }

  get range(): Range {
    return this.#low <= this.#high ? { low: this.#low, high: this.#high } : { low: 0, high: 0 };
  }
}
