// Scale and zero point of each element of a quantized tensor, whole or per axis: plain lookup for references, loop code
// for lowerings. Shared by the operators between reals and integers.
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { LoweringBuffers } from './loops/lowering.ts';
import { elementCount, type Quantization, type TensorType } from './types.ts';

/** The shape of a tensor as seen from one axis: elements before, along and behind it. */
export function splitAtAxis(shape: readonly number[], axis: number): readonly [number, number, number] {
  return [elementCount(shape.slice(0, axis)), shape[axis]!, elementCount(shape.slice(axis + 1))];
}

/** Channel of a flat position: 0 where the tensor is quantized as a whole. */
export function channelOf(type: TensorType, q: Quantization): (position: number) => number {
  if (q.axis === undefined) return () => 0;
  const [, extent, inner] = splitAtAxis(type.shape, q.axis);
  return (position) => Math.floor(position / inner) % extent;
}

/** How a lowering walks a tensor and finds each element's scale (f32) and zero point (i32). */
export interface ChannelCode {
  /** The iteration space of the map: flat, or split at the axis. */
  readonly shape: readonly number[];
  scale(b: LoopBuilder, index: readonly LoopValue[]): LoopValue;
  zero(b: LoopBuilder, index: readonly LoopValue[]): LoopValue;
}

/** Constant tables for what differs between channels, immediate constants for what does not. */
export function channelCode(type: TensorType, q: Quantization, buffers: LoweringBuffers): ChannelCode {
  const zero = q.zero[0]!;
  const scale = q.scale[0]!;
  if (q.axis === undefined || q.scale.length === 1) {
    return { shape: [elementCount(type.shape)], scale: (b) => b.f32(scale), zero: (b) => b.constant(zero) };
  }
  const scales = buffers.constant('scale', 'f32', Float32Array.from(q.scale));
  const zeros = q.zero.every((z) => z === zero)
    ? undefined
    : buffers.constant('zero_point', 'i32', Int32Array.from(q.zero));
  return {
    shape: splitAtAxis(type.shape, q.axis),
    scale: (b, index) => b.load(scales, index[1]!),
    zero: (b, index) => (zeros === undefined ? b.constant(zero) : b.load(zeros, index[1]!)),
  };
}
