// The elements of sample files as numbers.
import { halfToNumber } from '../../ir/half.ts';
import type { FileElement, FileTensor } from '../files/file-tensor.ts';

/** How the bytes of each element type, in a buffer of their own, are numbers; 64-bit integers round to doubles. */
const readers: Readonly<Record<FileElement, (buffer: ArrayBuffer) => ArrayLike<number>>> = {
  f32: (buffer) => new Float32Array(buffer),
  f64: (buffer) => new Float64Array(buffer),
  f16: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToNumber),
  i4: (buffer) => new Int8Array(buffer),
  i8: (buffer) => new Int8Array(buffer),
  u8: (buffer) => new Uint8Array(buffer),
  bool: (buffer) => new Uint8Array(buffer).map((x) => (x === 0 ? 0 : 1)),
  i16: (buffer) => new Int16Array(buffer),
  u16: (buffer) => new Uint16Array(buffer),
  i32: (buffer) => new Int32Array(buffer),
  u32: (buffer) => new Uint32Array(buffer),
  i64: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number),
  u64: (buffer) => Float64Array.from(new BigUint64Array(buffer), Number),
};

/** Element types that raw files can be said to hold: all but i4, of which files have two in a byte. */
export const rawElements = (Object.keys(readers) as FileElement[]).filter((element) => element !== 'i4');

/** The elements of a tensor as numbers. */
export function numbersOf({ element, bytes }: Pick<FileTensor, 'element' | 'bytes'>): ArrayLike<number> {
  // Bytes that fill a buffer of their own are viewed, others are copied so that they are aligned.
  const { buffer } = bytes;
  const own = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return readers[element](own ? buffer : Uint8Array.from(bytes).buffer);
}
