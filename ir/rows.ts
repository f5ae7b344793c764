// Rows: the runs along the last axis of a tensor, which softmax and the normalizations treat one by one.
import { rule } from './define-op.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import { elementCount, type TensorType } from './types.ts';

/** Elements of a row; throws RuleViolation where there are none. */
export function rowDepth(type: TensorType): number {
  const depth = type.shape.at(-1) ?? 0;
  rule(depth > 0, 'needs at least one element along the last axis');
  return depth;
}

/** A loop over rows, which are independent of each other; `at(c)` is the flat position of the row's element c. */
export function forEachRow(b: LoopBuilder, type: TensorType, body: (at: (c: LoopValue) => LoopValue) => void): void {
  const depth = rowDepth(type);
  const rows = elementCount(type.shape) / depth;
  const row = (r: LoopValue) => {
    const first = b.mul(r, depth);
    body((c) => b.add(first, c));
  };
  b.for(0, rows, row, { mode: 'parallel', name: 'row' });
}
