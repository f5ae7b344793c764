// Constants that a row computes instead of an operator: shapes, ranges, zeros.
import type { Value } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import { type TensorData, tensorOf } from '../../../ir/tensor-data.ts';
import { tensorType } from '../../../ir/types.ts';
import { outputName } from './moved.ts';
import type { OperatorContext } from './operator-context.ts';

/** A constant, named like output 0. */
export function constantValue(op: OperatorContext, value: TensorData): Value {
  return op.builder.create(constant, [], { value }, value.type, outputName(op));
}

/** Integers as a tensor of the output's element type, i32 or i64: a vector unless another shape is given. */
export function intsValue(
  op: OperatorContext,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Value {
  const { element, quant } = op.outputType();
  if (element !== 'i32' && element !== 'i64') {
    op.fail('I8C0207', `The output is ${element}; the operator gives i32 or i64.`);
  }
  return constantValue(op, tensorOf(tensorType(element, shape, quant), values));
}
