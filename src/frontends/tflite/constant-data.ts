// The bytes of a constant tensor as elements.
import { arrayFromBytes, type TensorArray } from '../../../ir/tensor-data.ts';
import type { ElementType } from '../../../ir/types.ts';

/**
 * `count` elements out of their bytes. 4-bit integers are stored in pairs, the first in the low half (TensorFlow Lite
 * portable_tensor_utils.cc, UnpackDenseInt4IntoInt8), and become one to a byte.
 */
export function constantArray(element: ElementType, bytes: Uint8Array, count: number): TensorArray {
  if (element !== 'i4') return arrayFromBytes(element, bytes);
  const unpacked = new Int8Array(count);
  for (let i = 0; i < count; i++) {
    const pair = bytes[i >> 1] ?? 0;
    unpacked[i] = i % 2 === 0 ? (pair << 28) >> 28 : (pair << 24) >> 28;
  }
  return unpacked;
}
