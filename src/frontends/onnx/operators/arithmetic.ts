// Rows of arithmetic on two or more tensors, with numpy broadcasting.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md, docs/Broadcasting.md.
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { less } from '../../../../ir/ops/comparison.ts';
import { div } from '../../../../ir/ops/div.ts';
import { floorMod } from '../../../../ir/ops/floor-div.ts';
import { maximum, minimum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pow } from '../../../../ir/ops/pow.ts';
import { prelu } from '../../../../ir/ops/prelu.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs, neg } from '../../../../ir/ops/sign.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';

type Binary = (op: NodeContext, a: Value, b: Value) => Value;

const binary =
  (build: Binary): Row =>
  (op) =>
    build(op, op.input(0), secondOperand(op));

/** The second operand. Before version 7 its dimensions are those of the first from `axis` on. */
function secondOperand(op: NodeContext): Value {
  const [a, b] = [op.input(0), op.input(1)];
  if (op.opset >= 7 || !op.flag('broadcast') || !op.hasAttribute('axis')) return b;
  const behind = a.type.shape.length - b.type.shape.length - op.int('axis');
  if (behind <= 0) return b;
  return op.emit(reshape, [b], { shape: [...b.type.shape, ...new Array<number>(behind).fill(1)] });
}

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
  Mod(op) {
    const [a, b] = [op.input(0), op.input(1)];
    if (!op.flag('fmod')) return op.emit(floorMod, [a, b]);
    // C's fmod has the sign of the dividend.
    if (a.type.element !== 'f32') return op.emit(sub, [a, op.emit(mul, [op.emit(div, [a, b]), b])]);
    const size = op.emit(floorMod, [op.emit(abs, [a]), op.emit(abs, [b])]);
    return op.emit(select, [op.emit(less, [a, op.scalar('f32', 0)]), op.emit(neg, [size]), size]);
  },
  Pow(op) {
    const [a, b] = [op.input(0), op.input(1)];
    const real = (x: Value) => (x.type.element === 'f32' ? x : op.emit(cast, [x], { to: 'f32' }));
    const exponent = op.constantInput(1);
    const isScalar = b.type.shape.length <= a.type.shape.length && b.type.shape.every((n) => n === 1);
    // A product is rounded once where pow is near, and has a form for 16 bits.
    const isSquare = isScalar && exponent !== undefined && Number(exponent.data[0]) === 2;
    const y = isSquare ? op.emit(mul, [real(a), real(a)]) : op.emit(pow, [real(a), real(b)]);
    return a.type.element === 'f32' ? y : op.emit(cast, [y], { to: a.type.element });
  },
  PRelu: (op) => op.emit(prelu, [op.input(0), op.input(1)]),
  Mean: (op) => op.emit(div, [op.inputs().reduce((a, b) => sum(op, a, b)), op.scalar('f32', op.inputCount)]),
};
