// Scales of weights: symmetric, one per channel or one for the tensor.
import { Histogram } from '../histogram.ts';
import { entropyRange } from './entropy.ts';
import { centredMagnitude } from './mean.ts';
import type { Estimator } from './methods.ts';
import { percentileRange } from './percentile.ts';
import { leastSpan } from './range.ts';

/** Which channel an element belongs to: floor(i / stride) % channels. One channel: scales per tensor. */
export interface ChannelLayout {
  readonly channels: number;
  readonly stride: number;
}

/** The scale where no channel has any weight: biases keep a resolution of a thousandth of their inputs' step. */
const idleScale = 2 ** -10;

/**
 * A channel whose weights are this much smaller than another's is dead: they are beyond the precision of f32 beside it.
 * Folded batch normalization leaves such (1e-31 beside 1), and a scale made for them takes the bias out of 32 bits.
 */
const deadRatio = 2 ** -24;

/**
 * Scales of weights (finite f32), one f32 per channel, for integers from -(2^(bits - 1) - 1) to 2^(bits - 1) - 1 with zero
 * point 0, as TensorFlow Lite's 8-bit quantization specification has it. All scales are positive and far from subnormal:
 * dead channels get the median of the others' scales.
 */
export function weightScales(
  data: Float32Array,
  layout: ChannelLayout,
  method: Estimator,
  bits: 8 | 16 = 8,
): Float32Array {
  const magnitudes = new Float32Array(layout.channels);
  const channel = (c: number) => channelOf(data, layout, c);
  for (let c = 0; c < layout.channels; c++) magnitudes[c] = greatestMagnitude(channel(c));
  const least = Math.max(greatestMagnitude(magnitudes) * deadRatio, leastSpan);
  const scales = magnitudes.map((m, c) => (m < least ? 0 : scaleOf(channel(c), m, method, bits)));
  const live = scales.filter((s) => s > 0).sort();
  const substitute = live[live.length >> 1] ?? idleScale;
  return scales.map((s) => (s > 0 ? s : substitute));
}

function greatestMagnitude(data: Float32Array): number {
  return data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
}

/** The weights of one channel. */
function channelOf(data: Float32Array, { channels, stride }: ChannelLayout, c: number): Float32Array {
  const weights = new Float32Array(data.length / channels);
  for (let start = c * stride, n = 0; start < data.length; start += channels * stride, n += stride) {
    weights.set(data.subarray(start, start + stride), n);
  }
  return weights;
}

function scaleOf(weights: Float32Array, magnitude: number, method: Estimator, bits: 8 | 16): number {
  const greatest = 2 ** (bits - 1) - 1;
  const options = { bits, symmetric: true };
  switch (method) {
    case 'minmax':
      return magnitude / greatest;
    case 'mean':
      return centredMagnitude(weights, bits) / greatest;
    case 'percentile':
      return percentileRange(Histogram.of(weights), options).high / greatest;
    case 'entropy':
      return entropyRange(Histogram.of(weights), options).high / greatest;
    case 'mse':
    case 'grid':
      return leastErrorScale(weights, magnitude, greatest);
  }
}

/** Scales tried before the best is refined. */
const candidates = 96;

/** How much coarser than the magnitude asks for scales are tried: a few weights may fit a coarser grid better. */
const coarsest = 1.25;

/** Least share of the scale from the magnitude that is tried. */
const finest = 1 / 16;

/**
 * The scale s with the least sum of (w - s q)^2, q being w / s rounded and limited to +-greatest: the best of evenly
 * spaced scales, then as long as it helps the best scale for the integers found, which is sum(w q) / sum(q q).
 *
 * No scale is tried for which the clipping of the greatest weight alone costs more than the scale that clips nothing.
 */
function leastErrorScale(weights: Float32Array, magnitude: number, greatest: number): number {
  const widest = magnitude / greatest;
  let best = Math.fround(widest);
  let least = fit(weights, best, greatest).error;
  const low = Math.max((magnitude - Math.sqrt(least)) / greatest, finest * widest);
  for (let i = 0; i < candidates; i++) improves(low + ((coarsest * widest - low) * i) / (candidates - 1));
  // Few weights have settled on their integers after two or three rounds; for many there is hardly anything to gain.
  for (let round = 0; round < 8 && improves(fit(weights, best, greatest).scale); ) round++;
  return best;

  function improves(scale: number): boolean {
    const s = Math.fround(scale);
    const { error } = fit(weights, s, greatest);
    if (!(error < least)) return false;
    least = error;
    best = s;
    return true;
  }
}

/** The error of a scale, and the scale that fits its integers best. */
function fit(weights: Float32Array, scale: number, greatest: number): { error: number; scale: number } {
  const perScale = 1 / scale;
  let error = 0;
  let product = 0;
  let square = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i]!;
    const q = Math.min(greatest, Math.max(-greatest, Math.round(w * perScale)));
    const d = w - q * scale;
    error += d * d;
    product += w * q;
    square += q * q;
  }
  return { error, scale: square > 0 ? product / square : scale };
}
