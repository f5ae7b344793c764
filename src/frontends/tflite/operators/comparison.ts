// Rows of comparisons, logic and choice.
import type { AnyOpDefinition, Value } from '../../../../ir/module.ts';
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from '../../../../ir/ops/comparison.ts';
import { logicalAnd, logicalNot, logicalOr } from '../../../../ir/ops/logical.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import type { OperatorContext, Row, Rows } from '../operator-context.ts';
import { withScaleOf } from '../stored-integers.ts';

const binary =
  (definition: AnyOpDefinition): Row =>
  (op) =>
    op.emit(definition, [op.input(0), op.input(1)]);

/** TensorFlow Lite Micro chooses between stored integers without a look at their scales (select.cc). */
function choice(op: OperatorContext, condition: Value): Value {
  const type = op.outputType();
  return op.emit(select, [condition, withScaleOf(op, op.input(1), type), withScaleOf(op, op.input(2), type)]);
}

export const comparisonRows: Rows = {
  EQUAL: binary(equal),
  GREATER: binary(greater),
  GREATER_EQUAL: binary(greaterEqual),
  LESS: binary(less),
  LESS_EQUAL: binary(lessEqual),
  LOGICAL_AND: binary(logicalAnd),
  LOGICAL_NOT: (op) => op.emit(logicalNot, [op.input(0)]),
  LOGICAL_OR: binary(logicalOr),
  NOT_EQUAL: binary(notEqual),
  SELECT(op) {
    // A condition of rank 1 beside tensors of a higher rank chooses along the first dimension.
    const condition = op.input(0);
    const rank = op.input(1).type.shape.length;
    const [n] = condition.type.shape;
    if (condition.type.shape.length !== 1 || n === undefined || rank <= 1) return choice(op, condition);
    const shape = [n, ...new Array<number>(rank - 1).fill(1)];
    return choice(op, op.builder.create(reshape, [condition], { shape }));
  },
  SELECT_V2: (op) => choice(op, op.input(0)),
};
