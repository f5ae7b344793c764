// Evaluates operators on constants while importing, so that shape arithmetic (shape, slice, concat ...) gives
// constants to the operators that need them. Only small tensors of the element types asked for: weights are folded by a pass.
import type { Builder } from '../../ir/builder.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant, constantOf } from '../../ir/ops/constant.ts';
import { allocateTensor } from '../../ir/tensor-data.ts';
import { type ElementType, elementCount } from '../../ir/types.ts';

/** Shapes, axes and indices are far smaller. */
const maxFolded = 4096;

/** Replaces the operators from position `first` on that can be evaluated now; returns `values` with replacements. */
export function foldSmallConstants(
  func: Func,
  first: number,
  builder: Builder,
  values: readonly Value[],
  elements: readonly ElementType[],
): readonly Value[] {
  const replaced = new Map<Value, Value>();
  for (const op of func.ops.splice(first)) {
    if (!isFoldable(op, elements)) {
      func.ops.push(op);
      continue;
    }
    const operands = op.operands.map((v) => constantOf(v));
    const results = op.results.map((r) => allocateTensor(r.type));
    op.definition.reference?.({ operands, attributes: op.attributes, results });
    for (const [i, value] of op.results.entries()) {
      const folded = builder.create(constant, [], { value: results[i]! }, value.type, value.name);
      func.replaceAllUses(value, folded);
      replaced.set(value, folded);
    }
    op.detach();
  }
  return values.map((v) => replaced.get(v) ?? v);
}

function isFoldable(op: Op, elements: readonly ElementType[]): boolean {
  if (op.definition === constant || op.definition.reference === undefined) return false;
  const small = ({ type }: Value) => elements.includes(type.element) && elementCount(type.shape) <= maxFolded;
  return (
    op.results.every(small) && op.operands.every((v) => v === undefined || (constantOf(v) !== undefined && small(v)))
  );
}
