// Writers of operators that combine elements along axes. Sources: TensorFlow Lite kernels/reduce.cc, arg_min_max.cc,
// softmax in activations.cc, cumsum.cc, l2norm.cc.
import { argMax, argMin } from '../../../../ir/ops/arg-extreme.ts';
import { cumsum } from '../../../../ir/ops/cumsum.ts';
import { l2Normalize } from '../../../../ir/ops/l2-normalize.ts';
import { logSoftmax } from '../../../../ir/ops/log-softmax.ts';
import { reduceAll, reduceAny, reduceMax, reduceMin, reduceProd } from '../../../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import { softmax } from '../../../../ir/ops/softmax.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { perTensor } from '../../../../ir/types.ts';
import { noForm } from '../../no-form.ts';
import { form, type TfliteContext, type TfliteForms } from '../form.ts';
import type { OperatorName } from '../model.ts';

interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keep_dims: boolean;
}

function reduced(c: TfliteContext, name: OperatorName, { axes, keep_dims: keepDims }: ReductionAttributes): void {
  const summed = c.type(0).quant !== undefined && c.resultType.quant === undefined && c.resultType.element === 'i32';
  if (c.op.attributes.requant !== undefined || summed) noForm('is in its integer form');
  const rank = c.type(0).shape.length;
  const list = axes.map((axis) => normalizeAxis(axis, rank));
  c.put({
    name,
    inputs: [c.input(0), c.integers(list, 'axes')],
    options: { type: 'ReducerOptions', value: { keepDims } },
  });
}

function placed(c: TfliteContext, name: 'ARG_MAX' | 'ARG_MIN', axis: number): void {
  const outputType = c.resultType.element === 'i64' ? 'INT64' : 'INT32';
  const options =
    name === 'ARG_MAX'
      ? ({ type: 'ArgMaxOptions', value: { outputType } } as const)
      : ({ type: 'ArgMinOptions', value: { outputType } } as const);
  c.put({ name, inputs: [c.input(0), c.integers(normalizeAxis(axis, c.type(0).shape.length), 'axis')], options });
}

export const reductionForms: TfliteForms = [
  form(reduceMean, (c, attributes) => reduced(c, 'MEAN', attributes)),
  form(reduceSum, (c, attributes) => reduced(c, 'SUM', attributes)),
  form(reduceMax, (c, attributes) => reduced(c, 'REDUCE_MAX', attributes)),
  form(reduceMin, (c, attributes) => reduced(c, 'REDUCE_MIN', attributes)),
  form(reduceProd, (c, attributes) => reduced(c, 'REDUCE_PROD', attributes)),
  form(reduceAll, (c, attributes) => reduced(c, 'REDUCE_ALL', attributes)),
  form(reduceAny, (c, attributes) => reduced(c, 'REDUCE_ANY', attributes)),
  form(argMax, (c, { axis }) => placed(c, 'ARG_MAX', axis)),
  form(argMin, (c, { axis }) => placed(c, 'ARG_MIN', axis)),
  form(cumsum, (c, { axis, exclusive, reverse }) => {
    if (c.type(0).quant !== undefined) noForm('is quantized');
    const options = { type: 'CumsumOptions', value: { exclusive, reverse } } as const;
    c.put({ name: 'CUMSUM', inputs: [c.input(0), c.integers(axis, 'axis')], options });
  }),
  // The types of quantized results are those of the kernel by the operator's own rule.
  form(softmax, (c, { beta }) => {
    const options = { type: 'SoftmaxOptions', value: { beta: Math.fround(beta) } } as const;
    c.put({ name: 'SOFTMAX', inputs: c.inputs(), options });
  }),
  form(logSoftmax, (c) => {
    const written = {
      name: 'LOG_SOFTMAX',
      inputs: c.inputs(),
      options: { type: 'LogSoftmaxOptions', value: {} },
    } as const;
    if (c.resultType.quant === undefined) c.put(written);
    else c.putFixed(perTensor(16 / 256, 127), written);
  }),
  form(l2Normalize, (c) => {
    const options = { type: 'L2NormOptions', value: { fusedActivationFunction: 'NONE' } } as const;
    c.put({ name: 'L2_NORMALIZATION', inputs: c.inputs(), options });
  }),
];
