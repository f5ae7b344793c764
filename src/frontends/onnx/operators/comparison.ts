// Rows of comparisons, logic, choice, and arithmetic on bits.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import type { AnyOpDefinition } from '../../../../ir/module.ts';
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
  Equal: binary(equal),
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterEqual),
  Less: binary(less),
  LessOrEqual: binary(lessEqual),
  Or: binary(logicalOr),
  Where: (op) => op.emit(select, [op.input(0), op.input(1), op.input(2)]),
  Xor: binary(logicalXor),
};
