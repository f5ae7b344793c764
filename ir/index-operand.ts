// Indices that a program computes: they may hold anything, and no read may leave its buffer.
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import { saturate } from './numerics.ts';
import type { ElementType } from './types.ts';

/** True for the element types of index tensors. */
export function isIndexElement(element: ElementType): boolean {
  return element === 'i32' || element === 'i64';
}

/** An element of an index tensor, limited to [0, extent). */
export function clampedNumber(index: number | bigint, extent: number): number {
  return saturate(Number(index), 0, extent - 1);
}

/** The same in loops: an i32 from an i32 or i64 index. */
export function clampedIndex(b: LoopBuilder, index: LoopValue, extent: number): LoopValue {
  if (index.type !== 'i64') return b.clamp(index, 0, extent - 1);
  return b.convert(b.min(b.max(index, 0), extent - 1), 'i32');
}
