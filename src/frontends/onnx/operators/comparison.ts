// Rows of comparisons, logic, choice, and arithmetic on bits.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import type { AnyOpDefinition } from '../../../../ir/module.ts';
import { bitwiseAnd, bitwiseOr, bitwiseXor, shiftLeft, shiftRight } from '../../../../ir/ops/bitwise.ts';
import { equal, greater, greaterEqual, less, lessEqual } from '../../../../ir/ops/comparison.ts';
import { logicalAnd, logicalOr, logicalXor } from '../../../../ir/ops/logical.ts';
import { select } from '../../../../ir/ops/select.ts';
import type { Row, Rows } from '../node-context.ts';

const binary =
  (definition: AnyOpDefinition): Row =>
  (op) =>
    op.emit(definition, [op.input(0), op.input(1)]);

export const comparisonRows: Rows = {
  And: binary(logicalAnd),
  BitShift: (op) => {
    const direction = op.string('direction');
    if (direction !== 'LEFT' && direction !== 'RIGHT')
      op.unsupported(`The direction is ${JSON.stringify(direction.slice(0, 40))}.`);
    return op.emit(direction === 'LEFT' ? shiftLeft : shiftRight, [op.input(0), op.input(1)]);
  },
  BitwiseAnd: binary(bitwiseAnd),
  BitwiseNot: (op) =>
    op.emit(bitwiseXor, [
      op.input(0),
      op.scalar(op.input(0).type.element, op.input(0).type.element === 'u8' ? 255 : -1),
    ]),
  BitwiseOr: binary(bitwiseOr),
  BitwiseXor: binary(bitwiseXor),
  Equal: binary(equal),
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterEqual),
  Less: binary(less),
  LessOrEqual: binary(lessEqual),
  Or: binary(logicalOr),
  Where: (op) => op.emit(select, [op.input(0), op.input(1), op.input(2)]),
  Xor: binary(logicalXor),
};
