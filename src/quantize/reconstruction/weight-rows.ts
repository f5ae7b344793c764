// A linear layer's weights by output channel, as they are and as they are rounded.
import { roundHalfEven, saturate } from '../../../ir/numerics.ts';
import type { LinearLayer } from '../plan.ts';

/** Integers of weights go from -127 to 127: TensorFlow Lite's quantization specification keeps -128 out. */
export const weightLimit = 127;

/** The place of element k of output channel o among a layer's weights. */
export const weightIndex = ({ channels, stride }: Pick<LinearLayer, 'channels' | 'stride'>, o: number, k: number) =>
  Math.floor(k / stride) * channels * stride + o * stride + (k % stride);

/** The weights of output channel o, in the order of a patch's elements. */
export function weightRow(layer: LinearLayer, o: number): Float64Array {
  const data = layer.weights.data as Float32Array;
  return Float64Array.from({ length: data.length / layer.channels }, (_, k) => data[weightIndex(layer, o, k)]!);
}

/** Rounded to the nearest integer that weights may have. */
export const roundedToNearest = (weights: Float64Array, scale: number): Float64Array =>
  weights.map((w) => saturate(roundHalfEven(w / scale), -weightLimit, weightLimit));
