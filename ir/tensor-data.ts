// Concrete tensor contents: a type and a typed array of its elements in row-major order. Constants, feeds and results.
import { bytesPerElement, type ElementType, elementCount, type TensorType } from './types.ts';

export type TensorArray = Float32Array | Uint16Array | Int8Array | Uint8Array | Int16Array | Int32Array | BigInt64Array;

/** Elements in row-major order; f16 as bit patterns in a Uint16Array, bool as 0 or 1, i4 one per Int8 element. */
export interface TensorData {
  readonly type: TensorType;
  readonly data: TensorArray;
}

/** A zero-filled array that holds `count` elements of this type. */
export function allocateArray(element: ElementType, count: number): TensorArray {
  switch (element) {
    case 'f32':
      return new Float32Array(count);
    case 'f16':
      return new Uint16Array(count);
    case 'i4':
    case 'i8':
      return new Int8Array(count);
    case 'u8':
    case 'bool':
      return new Uint8Array(count);
    case 'i16':
      return new Int16Array(count);
    case 'i32':
      return new Int32Array(count);
    case 'i64':
      return new BigInt64Array(count);
  }
}

export function allocateTensor(type: TensorType): TensorData {
  return { type, data: allocateArray(type.element, elementCount(type.shape)) };
}

/** Reads little-endian bytes as elements. The bytes are copied, so any alignment will do. */
export function arrayFromBytes(element: ElementType, bytes: Uint8Array): TensorArray {
  const array = allocateArray(element, Math.floor(bytes.length / bytesPerElement(element)));
  bytesOf(array).set(bytes.subarray(0, array.byteLength));
  return array;
}

/** The little-endian bytes of an array, without a copy. */
export function bytesOf(array: TensorArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A tensor from plain numbers (bigints for i64); numbers are stored as the typed array stores them. */
export function tensorOf(type: TensorType, values: readonly (number | bigint)[]): TensorData {
  const t = allocateTensor(type);
  if (t.data instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i++) t.data[i] = BigInt(values[i]!);
  } else {
    for (let i = 0; i < values.length; i++) t.data[i] = Number(values[i]!);
  }
  return t;
}

/** Elements of any type, for code that moves them from one array to another of the same type without computing. */
export interface Elements {
  readonly length: number;
  [position: number]: number | bigint;
}

/** Copies `from[start, end)` to `to[at, ...)`; both have the same element type. */
export function copyRun(to: TensorArray, at: number, from: TensorArray, start: number, end: number): void {
  (to as Int8Array).set((from as Int8Array).subarray(start, end), at);
}

/** Elements as numbers; i64 must fit 53 bits (shapes, axes and indices do, or the caller checks). */
export function numbersOf(t: TensorData): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** Same type arrays with the same bytes. */
export function sameBytes(a: TensorArray, b: TensorArray): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const x = bytesOf(a);
  const y = bytesOf(b);
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}
