// Writers of operators that combine elements along axes.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { argMax, argMin } from '../../../../ir/ops/arg-extreme.ts';
import { cumsum } from '../../../../ir/ops/cumsum.ts';
import { logSoftmax } from '../../../../ir/ops/log-softmax.ts';
import { reduceMax, reduceMin, reduceProd } from '../../../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import { softmax } from '../../../../ir/ops/softmax.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { type Permutation, remaining } from '../../../../ir/transposition.ts';
import { noForm } from '../../no-form.ts';
import { flag, int, ints } from '../attributes.ts';
import { dataTypeOf } from '../element-types.ts';
import { form, type OnnxContext, type OnnxForms } from '../form.ts';
import { identity } from '../tensors.ts';

interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keep_dims: boolean;
}

/** Since when the axes are an operand: of ReduceSum, and of the others. */
const axesOperandSince = { ReduceSum: 13, others: 18 };

/** The order to reduce in: that of the operand, unless floats would be combined in another order than the IR says. */
function orderOf(c: OnnxContext, axes: readonly number[]): Permutation {
  const perm = c.order(0);
  const along = perm.filter((d) => axes.includes(d));
  const inOrder = along.every((d, i) => i === 0 || (along[i - 1] ?? 0) < d);
  return inOrder || c.type(0).element !== 'f32' ? perm : identity(perm.length);
}

function reduced(c: OnnxContext, opType: string, { axes: given, keep_dims }: ReductionAttributes): void {
  const rank = c.type(0).shape.length;
  const axes = given.map((axis) => normalizeAxis(axis, rank));
  const perm = orderOf(c, axes);
  const places = new Set(axes.map((axis) => perm.indexOf(axis)));
  const list = [...places].sort((a, b) => a - b);
  const result = keep_dims ? perm : remaining(perm, places);
  // None: nothing is combined; ONNX would take that for all.
  c.put(list.length === 0 ? c.real(0, perm) : combined(c, opType, c.real(0, perm), list, keep_dims), result);
}

/** The pools that are reductions of the whole image, which tools know better. */
const globalPools: Readonly<Record<string, string>> = { ReduceMean: 'GlobalAveragePool', ReduceMax: 'GlobalMaxPool' };

function combined(c: OnnxContext, opType: string, x: string, axes: readonly number[], keep: boolean): string {
  const image = c.type(0).shape.length === 4 && keep && axes.join() === '2,3';
  const pool = image ? globalPools[opType] : undefined;
  if (pool !== undefined) return c.node(pool, [x]);
  const since = opType === 'ReduceSum' ? axesOperandSince.ReduceSum : axesOperandSince.others;
  const keepdims = flag(keep);
  if (c.graph.opset >= since) return c.node(opType, [x, c.integers(axes, 'axes')], { keepdims });
  return c.node(opType, [x], { keepdims, axes: ints(axes) });
}

/** ArgMax and ArgMin, whose indices ONNX gives in 64 bits. */
function placed(c: OnnxContext, opType: string, given: number): void {
  const perm = c.order(0);
  const axis = perm.indexOf(normalizeAxis(given, perm.length));
  const y = c.node(opType, [c.real(0, perm)], { axis: int(axis), keepdims: flag(false) });
  const { element } = c.resultType;
  const cast = element === 'i64' ? y : c.node('Cast', [y], { to: int(dataTypeOf(element)) });
  c.put(cast, remaining(perm, new Set([axis])));
}

/** The place of the last dimension. */
const lastOf = (perm: Permutation) => int(perm.indexOf(perm.length - 1));

export const reductionForms: OnnxForms = [
  form(reduceMean, (c, attributes) => checked(c) && reduced(c, 'ReduceMean', attributes)),
  form(reduceSum, (c, attributes) => checked(c) && reduced(c, 'ReduceSum', attributes)),
  form(reduceMax, (c, attributes) => reduced(c, 'ReduceMax', attributes)),
  form(reduceMin, (c, attributes) => reduced(c, 'ReduceMin', attributes)),
  form(reduceProd, (c, attributes) => reduced(c, 'ReduceProd', attributes)),
  form(argMax, (c, { axis }) => placed(c, 'ArgMax', axis)),
  form(argMin, (c, { axis }) => placed(c, 'ArgMin', axis)),
  form(cumsum, (c, { axis, exclusive, reverse, requant }) => {
    if (requant !== undefined) noForm('is in its integer form');
    const perm = c.order(0);
    const along = c.integers(perm.indexOf(axis), 'axis');
    const attributes = { exclusive: flag(exclusive), reverse: flag(reverse) };
    c.put(c.node('CumSum', [c.real(0, perm), along], attributes), perm);
  }),
  form(softmax, (c, { beta }) => {
    const perm = c.order(0);
    const x = c.real(0, perm);
    const scaled = beta === 1 ? x : c.node('Mul', [x, c.number(beta, 'beta')]);
    c.put(c.node('Softmax', [scaled], { axis: lastOf(perm) }), perm);
  }),
  form(logSoftmax, (c) => {
    const perm = c.order(0);
    c.put(c.node('LogSoftmax', [c.real(0, perm)], { axis: lastOf(perm) }), perm);
  }),
];

/** Refuses sums in their integer forms. */
function checked(c: OnnxContext): true {
  const integers = c.resultType.element !== 'f32' && c.type(0).quant !== undefined && c.resultType.quant === undefined;
  if (c.op.attributes.requant !== undefined || integers) noForm('is in its integer form');
  return true;
}
