// equal, not_equal, less, less_equal, greater, greater_equal.
import { isQuantized } from '../binary-arithmetic.ts';
import { commonScale } from '../common-scale.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import { scaleAndZero } from '../quantized.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedElementwise } from '../transposition.ts';
import { tensorType } from '../types.ts';
import { dequantize } from './dequantize.ts';
import { type Relation, relations, rescaledComparison } from './rescaled-comparison.ts';

/** TensorFlow Lite Micro comparisons.cc. */
const leftShift = 8;

function comparison(relation: Relation, onnx: string) {
  const { holds, opcode, sign } = relations[relation];
  return defineOp({
    name: relation,
    doc: `y = whether a ${sign} b. NaN is unequal to everything and in no order. Quantized operands become \`rescaled_comparison\`. Sources: TensorFlow Lite reference/comparisons.h; TensorFlow Lite Micro comparisons.cc; ONNX ${onnx}.`,
    operands: [
      { name: 'a', doc: 'Any tensor but f16 and i4.' },
      { name: 'b', doc: 'The same element type; shapes broadcast as in numpy.' },
    ],
    attributes: {},
    results: ['y'],
    compares: true,
    types({ operands }) {
      const a = required(operands, 0);
      const b = required(operands, 1);
      rule(a.element !== 'f16' && a.element !== 'i4', `does not take ${a.element}`);
      rule(a.element === b.element, `takes operands of one element type, got ${a.element} and ${b.element}`);
      rule(isQuantized(a) === isQuantized(b), 'takes two quantized operands or none');
      if (isQuantized(a)) for (const t of [a, b]) scaleAndZero(t, 'operand');
      return [tensorType('bool', elementwiseShape([a.shape, b.shape]))];
    },
    integer({ op, builder, rounding }) {
      const operands = [op.operand(0), op.operand(1)];
      const types = operands.map((v) => v.type);
      if (!types.every(isQuantized)) return undefined;
      if (rounding === 'half-even') {
        const real = operands.map((v) => builder.create(dequantize, [v]));
        return [builder.create(op.definition, real)];
      }
      const scales = types.map((t) => scaleAndZero(t, 'operand').scale);
      return [
        builder.create(rescaledComparison, operands, { relation, rounding, ...commonScale(types, scales, leftShift) }),
      ];
    },
    reference({ operands, results }) {
      const [a, b] = [operands[0]!, operands[1]!];
      const y = results[0]!;
      const [p, q, put]: Elements[] = [a.data, b.data, y.data];
      forEachElement(y.type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
        put![at] = holds(p![i!]!, q![j!]!) ? 1 : 0;
      });
    },
    lower({ operand, result, type, resultType }) {
      const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
      return [
        elementwiseMap(result(0), resultType(0).shape, operands, (b, [p, q]) =>
          b.convert(b.compare(opcode, p!, q!), 'i32'),
        ),
      ];
    },
    transposed: transposedElementwise,
    inPlace: elementwiseInPlace,
  });
}

export const equal = comparison('equal', 'Equal');
export const notEqual = comparison('not_equal', 'Equal and Not');
export const less = comparison('less', 'Less');
export const lessEqual = comparison('less_equal', 'LessOrEqual');
export const greater = comparison('greater', 'Greater');
export const greaterEqual = comparison('greater_equal', 'GreaterOrEqual');
