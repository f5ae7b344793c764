// A tensor as a file holds it, before it is fitted to an input of a program: what every reader of tensor files returns.
import { bytesPerElement, type ElementType } from '../../ir/types.ts';

/** Element types that tensor files have and programs do not; they are read so that messages can name them. */
const foreignBytes = { f64: 8, u16: 2, u32: 4, u64: 8 } as const;

/** Element types that a tensor file may hold. */
export type FileElement = ElementType | keyof typeof foreignBytes;

export interface FileTensor {
  readonly element: FileElement;
  readonly shape: readonly number[];
  /** The elements in row-major order, little-endian. */
  readonly bytes: Uint8Array;
}

/** Bytes of one element in a file. */
export function bytesPerFileElement(element: FileElement): number {
  return element in foreignBytes
    ? foreignBytes[element as keyof typeof foreignBytes]
    : bytesPerElement(element as ElementType);
}

/**
 * Number of elements of a shape that a stranger wrote: undefined where an extent is no natural number, or the product
 * is beyond what a file can hold.
 */
export function checkedCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) return undefined;
    count *= extent;
    if (count > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return count;
}
