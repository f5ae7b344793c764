// Scales of weights: symmetric, one per channel or one for the tensor.
import type { Estimator } from './methods.ts';

/** Which channel an element belongs to: floor(i / stride) % channels. One channel: scales per tensor. */
export interface ChannelLayout {
  readonly channels: number;
  readonly stride: number;
}

/** Magnitudes below this are taken as zero: scales of them would take integer biases out of 32 bits. */
const leastMagnitude = 2 ** -64;

/**
 * Scales of weights, one f32 per channel, for integers of -(2^(bits - 1) - 1) to 2^(bits - 1) - 1 with zero point 0, as
 * ONNX's and TensorFlow Lite's specifications of quantized operators have it. Weights are finite f32.
 *
 * A dead channel gets the median of the others' scales.
 */
export function weightScales(data: Float32Array, layout: ChannelLayout, _method: Estimator, bits = 8): Float32Array {
  const magnitudes = new Float32Array(layout.channels);
  data.forEach((w, i) => {
    const c = Math.floor(i / layout.stride) % layout.channels;
    magnitudes[c] = Math.max(magnitudes[c] ?? 0, Math.abs(w));
  });
  return magnitudes.map((m) => (m < leastMagnitude ? 2 ** -10 : m / (2 ** (bits - 1) - 1)));
}
