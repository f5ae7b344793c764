// Rows of operators that make tensors: filled, counting, triangles, windows.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { equal } from '../../../../ir/ops/comparison.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { elementCount } from '../../../../ir/types.ts';
import { elementMapping } from '../element-types.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { wrapped } from './moving.ts';

export const generatingRows: Rows = {
  ConstantOfShape(op) {
    const shape = checkedShape(op, op.constantInts(0, 'shape'));
    const value = op.tensor('value');
    if (value === undefined) return op.filled('f32', shape, 0);
    return op.filled(value.type.element, shape, value.data[0] ?? op.fail('I8C0207', 'The value has no element.'));
  },
  Range(op) {
    const [start, limit, delta] = [0, 1, 2].map((i) => Number(op.constant(i, ['start', 'limit', 'delta'][i]!).data[0]));
    rule(delta !== 0, 'has a delta of 0');
    const count = Math.max(0, Math.ceil((limit! - start!) / delta!));
    checkedShape(op, [count]);
    const { element } = op.input(0).type;
    return op.numbers(
      element,
      [count],
      Array.from({ length: count }, (_, i) => start! + i * delta!),
    );
  },
  EyeLike(op) {
    const { shape, element } = op.input(0).type;
    rule(shape.length === 2, 'takes a matrix');
    const type = op.hasAttribute('dtype') ? elementMapping(op.int('dtype'))?.element : element;
    const [rows, columns] = [shape[0]!, shape[1]!];
    const k = op.int('k', 0);
    op.checkMade(rows * columns);
    return op.numbers(
      type ?? op.fail('I8C0202', 'It makes elements of a type that int8c does not have.'),
      shape,
      Array.from({ length: rows * columns }, (_, i) => Number((i % columns) - Math.floor(i / columns) === k)),
    );
  },
  Trilu(op) {
    const x = op.input(0);
    const { shape, element } = x.type;
    rule(shape.length >= 2, 'takes matrices');
    const [rows, columns] = shape.slice(-2) as [number, number];
    const k = op.has(1) ? (op.constantInts(1, 'diagonal')[0] ?? 0) : 0;
    const upper = op.flag('upper', true);
    op.checkMade(rows * columns);
    const keeps = Array.from({ length: rows * columns }, (_, i) => {
      const diagonal = (i % columns) - Math.floor(i / columns);
      return Number(upper ? diagonal >= k : diagonal <= k);
    });
    return op.emit(select, [op.numbers('bool', [rows, columns], keeps), x, op.scalar(element, 0)]);
  },
  OneHot(op) {
    const [indices, values] = [op.input(0), op.input(2)];
    const depth = Number(op.constant(1, 'depth').data[0]);
    const rank = indices.type.shape.length + 1;
    const axis = normalizeAxis(op.int('axis', -1), rank);
    const whole = indices.type.element === 'f32' ? op.emit(cast, [indices], { to: 'i64' }) : indices;
    // An index outside of the depth is none: it counts from the end once, and then equals no position.
    const { element } = whole.type;
    const counted = negativeFromEnd(op, whole, depth);
    const spread = op.emit(reshape, [counted], { shape: indices.type.shape.toSpliced(axis, 0, 1) });
    const positions = op.numbers(element, new Array(rank).fill(1).with(axis, depth), op.counting(depth));
    const [off, on] = [0, 1].map((i) => chosen(op, values, i));
    return op.emit(select, [op.emit(equal, [spread, positions]), on!, off!]);
  },
  // size - 1 periods for a symmetric window; formulas: the operators' own documentation.
  HannWindow: cosineWindow([0.5, -0.5]),
  HammingWindow: cosineWindow([25 / 46, -21 / 46]),
  BlackmanWindow: cosineWindow([0.42, -0.5, 0.08]),
};

/** A shape that a model computed: natural numbers, and not more elements than are made. */
function checkedShape(op: NodeContext, shape: readonly number[]): readonly number[] {
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    op.fail('I8C0207', `It makes a tensor of shape [${shape.slice(0, 16).join(', ')}].`);
  }
  // A 0 does not excuse the other extents.
  op.checkMade(elementCount(shape.filter((n) => n > 0)));
  return shape;
}

/** Element `i` of a pair, as a scalar. */
function chosen(op: NodeContext, pair: Value, i: number): Value {
  const known = constantOf(pair);
  if (known === undefined) return op.fail('I8C0205', 'The values are computed at run time.');
  return op.scalar(pair.type.element, known.data[i] ?? op.fail('I8C0207', 'The values are not a pair.'));
}

function negativeFromEnd(op: NodeContext, indices: Value, depth: number): Value {
  const known = constantOf(indices);
  // Known indices are not checked: OneHot takes any.
  if (known === undefined) return wrapped(op, indices, [depth]);
  const values = Array.from(known.data as ArrayLike<number | bigint>, (x) =>
    Number(x) < 0 ? Number(x) + depth : Number(x),
  );
  return op.numbers(indices.type.element, indices.type.shape, values);
}

/** sum over k of coefficient[k] * cos(2 pi k n / periods). */
function cosineWindow(coefficients: readonly number[]): Row {
  return (op) => {
    const size = Number(op.constant(0, 'size').data[0]);
    checkedShape(op, [size]);
    const periods = op.flag('periodic', true) ? size : size - 1;
    const element = elementMapping(op.int('output_datatype', 1))?.element ?? 'f32';
    const value = (n: number) =>
      coefficients.reduce((sum, c, k) => sum + c * Math.cos((2 * Math.PI * k * n) / Math.max(periods, 1)), 0);
    return op.numbers(
      element,
      [size],
      Array.from({ length: size }, (_, n) => value(n)),
    );
  };
}
