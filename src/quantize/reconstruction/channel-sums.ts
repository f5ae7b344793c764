// What a layer's results are by output channel: mean, deviation, and how much of them a shift of the bias would move.
import type { LinearLayer } from '../plan.ts';

export interface ChannelFigures {
  readonly mean: Float64Array;
  /** Standard deviation. */
  readonly deviation: Float64Array;
  /** The share of values that the layer's activation lets pass as they are. */
  readonly passing: Float64Array;
}

/** Channels that the activation cuts off nearly always say nothing about their bias. */
const leastPassing = 0.05;

/** Shifts of biases that take these means to those wanted: a mean moves for the share of values that passes. */
export function biasShifts({ passing }: ChannelFigures, wanted: Float64Array, found: Float64Array): Float64Array {
  return passing.map((share, c) => {
    const shift = ((wanted[c] ?? 0) - (found[c] ?? 0)) / share;
    return share >= leastPassing && Number.isFinite(shift) ? shift : 0;
  });
}

/** Adds up a layer's results over samples. */
export class ChannelSums {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  readonly #passing: Float64Array;
  readonly #low: number;
  readonly #high: number;
  #rows = 0;

  constructor({ op, channels }: LinearLayer) {
    [this.#low, this.#high] = op.attributes.clamp as readonly [number, number];
    this.#sums = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
    this.#passing = new Float64Array(channels);
  }

  add(y: Float32Array): void {
    const channels = this.#sums.length;
    for (let at = 0; at < y.length; at += channels, this.#rows++)
      for (let c = 0; c < channels; c++) {
        const v = y[at + c]!;
        this.#sums[c]! += v;
        this.#squares[c]! += v * v;
        if (v > this.#low && v < this.#high) this.#passing[c]!++;
      }
  }

  finish(): ChannelFigures {
    const rows = Math.max(1, this.#rows);
    const mean = this.#sums.map((v) => v / rows);
    const deviation = this.#squares.map((v, c) => Math.sqrt(Math.max(0, v / rows - mean[c]! ** 2)));
    return { mean, deviation, passing: this.#passing.map((v) => v / rows) };
  }
}
