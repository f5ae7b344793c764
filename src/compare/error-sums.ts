// How far quantized tensors are from real ones, summed up over samples.

/** Errors of one tensor over all samples. */
export interface ErrorFigures {
  /** Elements compared: those that were finite on both sides. */
  readonly count: number;
  /** Elements that were NaN or infinite on one side at least. */
  readonly nonFinite: number;
  /** 10 log10(sum real^2 / sum (real - quantized)^2), in dB. Infinity where nothing differs. */
  readonly snr: number;
  /** Cosine of the angle between both, all samples taken as one vector; 1 where both are zero. */
  readonly cosine: number;
  /** Mean of |real - quantized|. */
  readonly meanError: number;
  /** Greatest |real - quantized|. */
  readonly greatestError: number;
}

/** Signal to noise in dB, of sums of squares: Infinity without noise, -Infinity where there is noise only. */
export function decibels(signal: number, noise: number): number {
  if (noise === 0) return Number.POSITIVE_INFINITY;
  return 10 * Math.log10(signal / noise);
}

/** Sums over the elements of one tensor, sample after sample, in f64. */
export class ErrorSums {
  #count = 0;
  #nonFinite = 0;
  #signal = 0;
  #quantizedSignal = 0;
  #product = 0;
  #noise = 0;
  #error = 0;
  #greatest = 0;

  /** Takes a sample: elements of both in one order. */
  add(real: ArrayLike<number>, quantized: ArrayLike<number>): void {
    // Sums in registers: there are millions of elements.
    let [count, signal, quantizedSignal, product, noise, sum, greatest] = [0, 0, 0, 0, 0, 0, 0];
    const n = real.length;
    for (let i = 0; i < n; i++) {
      const x = real[i]!;
      const y = quantized[i]!;
      const error = Math.abs(x - y);
      if (!(error < Number.POSITIVE_INFINITY)) continue;
      count++;
      signal += x * x;
      quantizedSignal += y * y;
      product += x * y;
      noise += error * error;
      sum += error;
      if (error > greatest) greatest = error;
    }
    this.#count += count;
    this.#nonFinite += n - count;
    this.#signal += signal;
    this.#quantizedSignal += quantizedSignal;
    this.#product += product;
    this.#noise += noise;
    this.#error += sum;
    this.#greatest = Math.max(this.#greatest, greatest);
  }

  /** Noise as a share of the signal; 0 where nothing differs, Infinity where there is noise only. */
  get relativeNoise(): number {
    return this.#noise === 0 ? 0 : this.#noise / this.#signal;
  }

  get figures(): ErrorFigures {
    // Sums of squares of f32 are far from where f64 ends: their product is neither infinite nor lost.
    const norms = Math.sqrt(this.#signal * this.#quantizedSignal);
    const bothZero = this.#signal === 0 && this.#quantizedSignal === 0;
    return {
      count: this.#count,
      nonFinite: this.#nonFinite,
      snr: decibels(this.#signal, this.#noise),
      // Rounding may take the quotient past 1.
      cosine: norms === 0 ? Number(bothZero) : Math.max(-1, Math.min(1, this.#product / norms)),
      meanError: this.#error / Math.max(1, this.#count),
      greatestError: this.#greatest,
    };
  }
}

/** A channel by its index in the last dimension. */
export interface ChannelFigure {
  readonly index: number;
  readonly snr: number;
}

/** Signal and noise of each channel of a tensor whose last dimension is the channels. */
export class ChannelErrors {
  readonly #signal: Float64Array;
  readonly #noise: Float64Array;

  constructor(readonly channels: number) {
    this.#signal = new Float64Array(channels);
    this.#noise = new Float64Array(channels);
  }

  /** Takes a sample: whole rows of channels. */
  add(real: ArrayLike<number>, quantized: ArrayLike<number>): void {
    const [signal, noise, n] = [this.#signal, this.#noise, real.length];
    let c = 0;
    for (let i = 0; i < n; i++) {
      const x = real[i]!;
      const error = x - quantized[i]!;
      if (Math.abs(error) < Number.POSITIVE_INFINITY) {
        signal[c]! += x * x;
        noise[c]! += error * error;
      }
      if (++c === this.channels) c = 0;
    }
  }

  /** The channel of least signal to noise. Channels that are always zero in the float network have no signal to lose. */
  get worst(): ChannelFigure | undefined {
    let worst: ChannelFigure | undefined;
    this.#signal.forEach((signal, index) => {
      if (signal === 0) return;
      const snr = decibels(signal, this.#noise[index] ?? 0);
      if (worst === undefined || snr < worst.snr) worst = { index, snr };
    });
    return worst;
  }
}
