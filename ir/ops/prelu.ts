// prelu: a leaky relu whose slope is a tensor.
import { isQuantized } from '../binary-arithmetic.ts';
import { factorsOfFirst } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import { requantizationFor, scaleAndZero, unbounded } from '../quantized.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedElementwise } from '../transposition.ts';
import { sameShape, tensorType } from '../types.ts';
import { integerPrelu } from './integer-prelu.ts';

export const prelu = defineOp({
  name: 'prelu',
  doc: 'y = x from 0 on, else alpha * x. Quantized operands become `integer_prelu`. Sources: TensorFlow Lite Micro prelu_common.cc; TensorFlow Lite reference/prelu.h; ONNX PRelu.',
  operands: [
    { name: 'x', doc: 'f32, or integers quantized as a whole.' },
    { name: 'alpha', doc: 'Slopes; broadcast to the shape of x as in numpy. i8 beside quantized i16.' },
  ],
  attributes: {},
  results: ['y'],
  factors: factorsOfFirst('positive'),
  types({ operands, asked }) {
    const x = required(operands, 0);
    const alpha = required(operands, 1);
    const shape = elementwiseShape([x.shape, alpha.shape]);
    rule(sameShape(shape, x.shape), `has an alpha of [${alpha.shape.join(', ')}] for [${x.shape.join(', ')}]`);
    if (x.element === 'f32') {
      rule(alpha.element === 'f32', `has an alpha of ${alpha.element} beside f32`);
      return [tensorType('f32', shape)];
    }
    rule(isQuantized(x) && isQuantized(alpha), `takes f32 or quantized integers, got ${x.element}`);
    const y = asked?.[0];
    rule(y !== undefined, 'needs its result type given: integers do not say their scale');
    rule(y.element === x.element, `keeps the element type, got ${x.element} and ${y.element}`);
    for (const t of [x, alpha, y]) scaleAndZero(t, 'tensor');
    return [tensorType(x.element, shape, y.quant)];
  },
  byTable: true,
  integer({ op, builder, rounding }) {
    const [x, alpha] = [op.operand(0), op.operand(1)];
    if (!isQuantized(x.type)) return undefined;
    const y = op.result.type;
    const [from, slope] = [scaleAndZero(x.type, 'input'), scaleAndZero(alpha.type, 'alpha')];
    const to = scaleAndZero(y, 'result');
    const attributes = {
      zeros: [from.zero, slope.zero],
      positive: requantizationFor([from.scale / to.scale], y, unbounded, rounding),
      negative: requantizationFor([(from.scale * slope.scale) / to.scale], y, unbounded, rounding),
    };
    return [builder.create(integerPrelu, [x, alpha], attributes, y)];
  },
  reference({ operands, results }) {
    const [x, alpha] = [operands[0]!, operands[1]!];
    const y = results[0]!;
    const put: Elements = y.data;
    forEachElement(y.type.shape, [x.type.shape, alpha.type.shape], (at, [i, j]) => {
      const value = Number(x.data[i!]);
      put[at] = value >= 0 ? value : value * Number(alpha.data[j!]);
    });
  },
  lower({ operand, result, type, resultType }) {
    const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
    return [
      elementwiseMap(result(0), resultType(0).shape, operands, (b, [x, alpha]) =>
        b.select(b.compare('ge', x!, 0), x!, b.mul(x!, alpha!)),
      ),
    ];
  },
  transposed: transposedElementwise,
  inPlace: elementwiseInPlace,
});
