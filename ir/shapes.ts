// Shape arithmetic that operators share: numpy broadcasting, sliding windows, axes counted from the end.
import { rule } from './define-op.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import { stridesOf } from './types.ts';

/** The shape of an elementwise result (numpy broadcasting: trailing dimensions align, 1 stretches). */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let d = 0; d < rank; d++) {
    const x = a[a.length - rank + d] ?? 1;
    const y = b[b.length - rank + d] ?? 1;
    rule(x === y || x === 1 || y === 1, () => `cannot broadcast [${a.join(', ')}] with [${b.join(', ')}]`);
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

/** Strides, in elements, with which an operand of shape `from` is read at an index of shape `to`; 0 where it stretches. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(from);
  return to.map((_, d) => {
    const i = d - (to.length - from.length);
    return i < 0 || from[i] === 1 ? 0 : own[i]!;
  });
}

/** offset + sum of index[d] * strides[d], as loop arithmetic. */
export function stridedIndex(
  b: LoopBuilder,
  index: readonly LoopValue[],
  strides: readonly number[],
  offset = 0,
): LoopValue {
  let position = b.constant(offset);
  for (const [d, i] of index.entries()) position = b.add(position, b.mul(i, strides[d]!));
  return position;
}

/** offset + sum of index[d] * strides[d], as a number. */
export function stridedPosition(index: readonly number[], strides: readonly number[], offset = 0): number {
  let position = offset;
  for (let d = 0; d < index.length; d++) position += index[d]! * strides[d]!;
  return position;
}

/** An axis in [-rank, rank) as one in [0, rank). */
export function normalizeAxis(axis: number, rank: number): number {
  rule(Number.isInteger(axis) && axis >= -rank && axis < rank, `axis ${axis} is outside rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

/** Number of window positions along one dimension: floor((extent + pads - dilation * (kernel - 1) - 1) / stride) + 1. */
export function windowCount(
  extent: number,
  kernel: number,
  stride: number,
  dilation: number,
  padBefore: number,
  padAfter: number,
): number {
  const reach = dilation * (kernel - 1) + 1;
  const count = Math.floor((extent + padBefore + padAfter - reach) / stride) + 1;
  rule(count >= 1, () => `a window of ${reach} does not fit ${extent} elements with padding ${padBefore}, ${padAfter}`);
  return count;
}

/**
 * Calls `visit` with the start of every row of `shape`: the index without its last dimension, and the number of the row.
 * Rows have shape.at(-1) elements, and there are none without elements; a scalar is one row of one element.
 */
export function forEachRowIndex(
  shape: readonly number[],
  visit: (index: readonly number[], row: number) => void,
): void {
  if (shape.at(-1) !== 0) forEachIndex(shape.slice(0, -1), visit);
}

/** Calls `visit` with every index of `shape` in row-major order (the same array each time). */
export function forEachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  let count = 1;
  for (const d of shape) count *= d;
  for (let flat = 0; flat < count; flat++) {
    visit(index, flat);
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++index[d]! < shape[d]!) break;
      index[d] = 0;
    }
  }
}
