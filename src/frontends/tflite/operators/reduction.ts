// Rows of the operators that combine elements along axes.
import { reduceAll, reduceAny, reduceMax, reduceMin, reduceProd } from '../../../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

const attributesOf = (op: OperatorContext) => ({
  axes: op.ints(1, 'axis list'),
  keep_dims: op.options('ReducerOptions').keepDims,
});

export const reductionRows: Rows = {
  MEAN: (op) => op.emit(reduceMean, [op.input(0)], attributesOf(op)),
  REDUCE_ALL: (op) => op.emit(reduceAll, [op.input(0)], attributesOf(op)),
  REDUCE_ANY: (op) => op.emit(reduceAny, [op.input(0)], attributesOf(op)),
  REDUCE_MAX: (op) => op.emit(reduceMax, [op.input(0)], attributesOf(op)),
  REDUCE_MIN: (op) => op.emit(reduceMin, [op.input(0)], attributesOf(op)),
  REDUCE_PROD: (op) => op.emit(reduceProd, [op.input(0)], attributesOf(op)),
  SUM: (op) => op.emit(reduceSum, [op.input(0)], attributesOf(op)),
};
