// Rows of the operators that combine elements along axes.
import { argMax, argMin } from '../../../../ir/ops/arg-extreme.ts';
import { reduceAll, reduceAny, reduceMax, reduceMin, reduceProd } from '../../../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

const attributesOf = (op: OperatorContext) => ({
  axes: op.ints(1, 'axis list'),
  keep_dims: op.options('ReducerOptions').keepDims,
});

/** The one axis of ARG_MAX and ARG_MIN. */
function axisOf(op: OperatorContext): { axis: number } {
  const [axis, ...others] = op.ints(1, 'axis');
  if (axis === undefined || others.length > 0) return op.fail('I8C0207', 'The axis is not one number.');
  return { axis };
}

export const reductionRows: Rows = {
  ARG_MAX: (op) => op.emit(argMax, [op.input(0)], axisOf(op)),
  ARG_MIN: (op) => op.emit(argMin, [op.input(0)], axisOf(op)),
  MEAN: (op) => op.emit(reduceMean, [op.input(0)], attributesOf(op)),
  REDUCE_ALL: (op) => op.emit(reduceAll, [op.input(0)], attributesOf(op)),
  REDUCE_ANY: (op) => op.emit(reduceAny, [op.input(0)], attributesOf(op)),
  REDUCE_MAX: (op) => op.emit(reduceMax, [op.input(0)], attributesOf(op)),
  REDUCE_MIN: (op) => op.emit(reduceMin, [op.input(0)], attributesOf(op)),
  REDUCE_PROD: (op) => op.emit(reduceProd, [op.input(0)], attributesOf(op)),
  SUM: (op) => op.emit(reduceSum, [op.input(0)], attributesOf(op)),
};
