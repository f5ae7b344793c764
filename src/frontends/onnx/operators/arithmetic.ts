// Rows of arithmetic on two or more tensors, with numpy broadcasting.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md, docs/Broadcasting.md.
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { div } from '../../../../ir/ops/div.ts';
import { maximum, minimum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';

type Binary = (op: NodeContext, a: Value, b: Value) => Value;

const binary =
  (build: Binary): Row =>
  (op) =>
    build(op, op.input(0), op.input(1));

/** Any number of operands, taken together from the left. */
const variadic =
  (build: Binary): Row =>
  (op) =>
    op.inputs().reduce((a, b) => build(op, a, b));

const sum: Binary = (op, a, b) => op.emit(add, [a, b]);

export const arithmeticRows: Rows = {
  Add: binary(sum),
  Sub: binary((op, a, b) => op.emit(sub, [a, b])),
  Mul: binary((op, a, b) => op.emit(mul, [a, b])),
  Div: binary((op, a, b) => op.emit(div, [a, b])),
  Max: variadic((op, a, b) => op.emit(maximum, [a, b])),
  Min: variadic((op, a, b) => op.emit(minimum, [a, b])),
  Sum: variadic(sum),
  Mean: (op) => op.emit(div, [op.inputs().reduce((a, b) => sum(op, a, b)), op.scalar('f32', op.inputCount)]),
};
