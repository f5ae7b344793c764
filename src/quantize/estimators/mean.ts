// Ranges from means: of the samples' extremes for activations, around the mean for weights.
import type { TensorStatistics } from '../tensor-statistics.ts';
import { type Range, type RangeOptions, rangeOf } from './range.ts';

/**
 * The range between the means over the samples of each one's least and greatest value. One odd sample moves it little,
 * as with the moving averages of Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference", section 3.1; a plain mean does not depend on the order of the samples.
 */
export function meanRange(s: TensorStatistics, options: RangeOptions): Range {
  return rangeOf(Math.max(s.min, s.meanMin), Math.min(s.max, s.meanMax), options);
}

/**
 * The greatest magnitude in the mean-centred range of weights: mean +- the clipping value that is best for a Gaussian or
 * a Laplace distribution of the same spread, within the extremes (Banner, Nahshan and Soudry 2019, "Post training 4-bit
 * quantization of convolutional networks for rapid-deployment"). The one of the two is taken whose ratio of mean to root
 * mean square deviation, sqrt(2 / pi) and sqrt(1 / 2), is nearer to the weights'.
 */
export function centredMagnitude(weights: Float32Array, bits: number): number {
  const n = Math.max(weights.length, 1);
  const mean = weights.reduce((sum, w) => sum + w, 0) / n;
  const deviation = weights.reduce((sum, w) => sum + Math.abs(w - mean), 0) / n;
  const sigma = Math.sqrt(weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / n);
  const gaussian = deviation > (sigma * (Math.sqrt(2 / Math.PI) + Math.SQRT1_2)) / 2;
  const clip = gaussian ? sigma * gaussianClip(bits) : deviation * laplaceClip(bits);
  const least = Math.max(
    weights.reduce((a, b) => Math.min(a, b), 0),
    mean - clip,
  );
  const greatest = Math.min(
    weights.reduce((a, b) => Math.max(a, b), 0),
    mean + clip,
  );
  return Math.max(-least, greatest);
}

/**
 * The clipping value, in standard deviations, for which the expected squared error of a Gaussian in 2^bits levels is
 * least, with rounding noise of step^2 / 12 (Banner et al., their equation for the derivative): pdf(a) - a * tail(a) =
 * a / (6 * 4^bits).
 */
export function gaussianClip(bits: number): number {
  return rootOf(
    (a) => (Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI)) * (1 - a * millsRatio(a)) - a / (6 * 4 ** bits),
  );
}

/** The same for a Laplace distribution, in mean absolute deviations: exp(-a) = a / (3 * 4^bits). */
export function laplaceClip(bits: number): number {
  return rootOf((a) => Math.exp(-a) - a / (3 * 4 ** bits));
}

/** The Gaussian tail over its density, by its continued fraction 1 / (x + 1 / (x + 2 / (x + ...))), for x >= 1. */
function millsRatio(x: number): number {
  let fraction = x;
  for (let k = 200; k >= 1; k--) fraction = x + k / fraction;
  return 1 / fraction;
}

/** The root of a falling function between 1 and 32 by bisection. */
function rootOf(f: (a: number) => number): number {
  let low = 1;
  let high = 32;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
  return low;
}
