// Operators that TensorFlow Lite Micro runs on stored integers as if all had one scale.
import type { Value } from '../../../ir/module.ts';
import { reinterpret } from '../../../ir/ops/reinterpret.ts';
import { sameQuantization, type TensorType, tensorType } from '../../../ir/types.ts';
import type { OperatorContext } from './operator-context.ts';

/** The stored integers of x under the scale of `type`; a warning where that changes what they stand for. */
export function withScaleOf(op: OperatorContext, x: Value, type: TensorType): Value {
  if (x.type.element !== type.element || sameQuantization(x.type.quant, type.quant)) return x;
  op.report(
    'warning',
    'I8C0207',
    'Operands and result have different scales, which TensorFlow Lite Micro ignores here; int8c does as it does.',
  );
  return op.builder.create(reinterpret, [x], {}, tensorType(x.type.element, x.type.shape, type.quant));
}
