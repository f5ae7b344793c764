// Rows of operators that combine elements along axes.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import type { AnyOpDefinition, Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { argMax, argMin } from '../../../../ir/ops/arg-extreme.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { equal } from '../../../../ir/ops/comparison.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { cumsum } from '../../../../ir/ops/cumsum.ts';
import { div } from '../../../../ir/ops/div.ts';
import { exp, log, sqrt } from '../../../../ir/ops/elementary.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reduceMax, reduceMin, reduceProd } from '../../../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs, square } from '../../../../ir/ops/sign.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { integerRange } from '../../../../ir/types.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { sliceAxis } from './moving.ts';
import { axesOf } from './shaping.ts';

/** Since when the axes are an operand; the sum's were first. */
const axesOperandSince = 18;

interface Reduction {
  readonly axes: readonly number[];
  readonly keep: boolean;
}

/** Axes and keepdims; undefined where nothing is reduced. */
function reductionOf(op: NodeContext, since: number): Reduction | undefined {
  const { shape } = op.input(0).type;
  const axes = axesOf(op, since, 1) ?? [];
  const keep = op.flag('keepdims', true);
  if (axes.length > 0) return { axes, keep };
  return op.flag('noop_with_empty_axes') ? undefined : { axes: shape.map((_, d) => d), keep };
}

type Reduce = (op: NodeContext, x: Value, how: Reduction) => Value;

/** A reduction of a function of each element, then a function of the result. Both apply where nothing is reduced, too. */
const reduction =
  (
    reduce: Reduce,
    before?: (op: NodeContext, x: Value) => Value,
    after?: AnyOpDefinition,
    since = axesOperandSince,
  ): Row =>
  (op) => {
    const how = reductionOf(op, since);
    const x = before === undefined ? op.input(0) : before(op, op.input(0));
    const y = how === undefined ? x : reduce(op, x, how);
    return after === undefined ? y : op.emit(after, [y]);
  };

/** A reduction by one operator; `identity` is the result over no elements. */
const by =
  (definition: AnyOpDefinition, identity: number): Reduce =>
  (op, x, { axes, keep }) => {
    const { shape, element } = x.type;
    const reduced = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)));
    if (!shape.some((extent, d) => extent === 0 && reduced.has(d))) {
      return op.emit(definition, [x], { axes, keep_dims: keep });
    }
    const left = shape.flatMap((extent, d) => (reduced.has(d) ? (keep ? [1] : []) : [extent]));
    const range = element === 'f32' ? undefined : integerRange(element === 'i64' ? 'i32' : element);
    return op.filled(
      element,
      left,
      range === undefined ? identity : Math.max(range.min, Math.min(identity, range.max)),
    );
  };

/** Maximum and minimum of bool are logical or and and, which u8 serves. */
const extreme =
  (definition: AnyOpDefinition, identity: number): Reduce =>
  (op, x, how) => {
    const reduce = by(definition, identity);
    if (x.type.element !== 'bool') return reduce(op, x, how);
    return op.emit(cast, [reduce(op, op.emit(cast, [x], { to: 'u8' }), how)], { to: 'bool' });
  };

const sum = by(reduceSum, 0);
const squared = (op: NodeContext, x: Value) => op.emit(square, [x]);

/** Integers are summed as they are, and divided as ONNX Runtime does: towards zero. */
const mean: Reduce = (op, x, how) => {
  if (x.type.element === 'f32') return by(reduceMean, Number.NaN)(op, x, how);
  const { shape } = x.type;
  const count = how.axes.reduce((n, axis) => n * (shape[normalizeAxis(axis, shape.length)] ?? 1), 1);
  return op.emit(div, [sum(op, x, how), op.scalar(x.type.element, count)]);
};

/** log(sum(exp(x))) with the greatest element taken out, so that nothing overflows. */
const logSumExp: Reduce = (op, x, { axes, keep }) => {
  const top = by(reduceMax, Number.NEGATIVE_INFINITY)(op, x, { axes, keep: true });
  const shifted = op.emit(exp, [op.emit(sub, [x, top])]);
  const total = op.emit(log, [sum(op, shifted, { axes, keep: true })]);
  // An infinite maximum is the result itself; its difference to itself is NaN.
  const infinite = op.emit(equal, [op.emit(abs, [top]), op.scalar('f32', Infinity)]);
  const y = op.emit(select, [infinite, top, op.emit(add, [total, top])]);
  const rank = x.type.shape.length;
  const dropped = new Set(keep ? [] : axes.map((a) => normalizeAxis(a, rank)));
  return op.emit(reshape, [y], { shape: y.type.shape.filter((_, d) => !dropped.has(d)) });
};

/** ArgMax and ArgMin; the last of equal elements is the first from behind. */
const argExtreme =
  (definition: AnyOpDefinition): Row =>
  (op) => {
    const x = op.input(0);
    const { shape } = x.type;
    const axis = normalizeAxis(op.int('axis', 0), shape.length);
    const extent = shape[axis]!;
    const last = op.flag('select_last_index');
    const start = shape.map((_, d) => (d === axis ? extent - 1 : 0));
    const seen = last
      ? op.emit(slice, [x], { start, size: shape, step: shape.map((_, d) => (d === axis ? -1 : 1)) })
      : x;
    const found = op.emit(cast, [op.emit(definition, [seen], { axis }, undefined)], { to: 'i64' });
    const y = last ? op.emit(sub, [op.scalar('i64', extent - 1), found]) : found;
    return op.flag('keepdims', true) ? op.emit(reshape, [y], { shape: shape.with(axis, 1) }) : y;
  };

/** Factors of CumProd, each an operator. */
const maxFactors = 1024;

export const reductionRows: Rows = {
  ArgMax: argExtreme(argMax),
  ArgMin: argExtreme(argMin),
  CumProd(op) {
    const x = op.input(0);
    const { shape, element } = x.type;
    const axis = normalizeAxis(
      op.constantInts(1, 'axis')[0] ?? op.fail('I8C0207', 'The axis is no number.'),
      shape.length,
    );
    const extent = shape[axis]!;
    if (extent > maxFactors)
      op.unsupported(`It multiplies ${extent} elements; int8c writes out at most ${maxFactors}.`);
    const [exclusive, reverse] = [op.flag('exclusive'), op.flag('reverse')];
    const results: Value[] = [];
    let product = op.filled(element, shape.with(axis, 1), 1);
    for (let i = 0; i < extent; i++) {
      const next = op.emit(mul, [product, sliceAxis(op, x, axis, reverse ? extent - 1 - i : i, 1)]);
      results.push(exclusive ? product : next);
      product = next;
    }
    if (results.length === 0) return x;
    return op.emit(concat, reverse ? results.toReversed() : results, { axis });
  },
  CumSum(op) {
    const [axis] = op.constantInts(1, 'axis');
    return op.emit(cumsum, [op.input(0)], {
      axis: axis ?? op.fail('I8C0207', 'The axis is no number.'),
      exclusive: op.flag('exclusive'),
      reverse: op.flag('reverse'),
    });
  },
  ReduceL1: reduction(sum, (op, x) => op.emit(abs, [x])),
  ReduceL2: reduction(sum, squared, sqrt),
  ReduceLogSum: reduction(sum, undefined, log),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceMax: reduction(extreme(reduceMax, Number.NEGATIVE_INFINITY)),
  ReduceMean: reduction(mean),
  ReduceMin: reduction(extreme(reduceMin, Number.POSITIVE_INFINITY)),
  ReduceProd: reduction(by(reduceProd, 1)),
  ReduceSum: reduction(sum, undefined, undefined, 13),
  ReduceSumSquare: reduction(sum, squared),
};
