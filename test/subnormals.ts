// The one freedom that WGSL has from the numerics contract: a device may take f32 numbers below 2^-126 as zero.
import type { TensorArray } from '../ir/tensor-data.ts';

/** The array with its subnormal numbers as zeros of their sign. */
export function withoutSubnormals(array: TensorArray): TensorArray {
  return array instanceof Float32Array ? array.map((x) => (Math.abs(x) < 2 ** -126 ? x * 0 : x)) : array;
}
