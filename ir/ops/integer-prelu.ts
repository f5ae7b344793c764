// integer_prelu: integers with one slope above the zero point and another below it. What the quantized forms of prelu,
// leaky_relu and 16-bit abs become.
import { attr, type Requantization, type Rounding } from '../attributes.ts';
import type { Builder } from '../builder.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import type { Value } from '../module.ts';
import { applyRequantization } from '../numerics.ts';
import { requantizationFor, scaleAndZero, unbounded } from '../quantized.ts';
import { type Elements, tensorOf } from '../tensor-data.ts';
import { transposedElementwise } from '../transposition.ts';
import { isInteger, type TensorType, tensorType } from '../types.ts';
import { constant } from './constant.ts';

const small = ['i8', 'u8', 'i16'];

function present(requant: Requantization | undefined): Requantization {
  rule(requant !== undefined, 'needs both of its requantizations');
  rule(Math.max(requant.multiplier.length, requant.scale.length) === 1, 'needs one factor in each requantization');
  return requant;
}

export const integerPrelu = defineOp({
  name: 'integer_prelu',
  doc: 'y = positive(x - zero_x) where x >= zero_x, else negative((x - zero_x) * (alpha - zero_alpha)), two requantizations. The product wraps at 32 bits. Source: TensorFlow Lite reference/prelu.h, reference/leaky_relu.h.',
  operands: [
    { name: 'x', doc: 'i8, u8 or i16.' },
    { name: 'alpha', doc: 'i8, u8 or i16; shapes broadcast as in numpy.' },
  ],
  attributes: {
    zeros: attr.ints({ length: 2, doc: 'Zero points of x and alpha.' }),
    positive: attr.requantization({ doc: 'From x - zero_x to y.' }),
    negative: attr.requantization({ doc: 'From the product to y.' }),
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const alpha = required(operands, 1);
    const y = asked?.[0];
    rule(small.includes(x.element) && small.includes(alpha.element), 'takes i8, u8 or i16');
    rule(y !== undefined && isInteger(y.element) && y.element !== 'i64', 'needs an integer result type');
    present(attributes.positive);
    present(attributes.negative);
    return [tensorType(y.element, elementwiseShape([x.shape, alpha.shape]), y.quant)];
  },
  reference({ operands, attributes, results }) {
    const [x, alpha] = [operands[0]!, operands[1]!];
    const { zeros } = attributes;
    const [positive, negative] = [present(attributes.positive), present(attributes.negative)];
    const y = results[0]!;
    const put: Elements = y.data;
    forEachElement(y.type.shape, [x.type.shape, alpha.type.shape], (at, [i, j]) => {
      const value = Number(x.data[i!]) - zeros[0]!;
      const slope = Number(alpha.data[j!]) - zeros[1]!;
      put[at] =
        value >= 0
          ? applyRequantization(value, positive, 0)
          : applyRequantization(Math.imul(value, slope), negative, 0);
    });
  },
  lower({ attributes, operand, result, type, resultType, requantization }) {
    const { zeros } = attributes;
    const positive = requantization(present(attributes.positive));
    const negative = requantization(present(attributes.negative));
    const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
    return [
      elementwiseMap(result(0), resultType(0).shape, operands, (b, [x, alpha]) => {
        const value = b.sub(x!, zeros[0]!);
        const product = b.mul(value, b.sub(alpha!, zeros[1]!));
        const whole = b.constant(0);
        const upper = positive.emit(b, value, whole);
        return b.select(b.compare('ge', value, 0), upper, negative.emit(b, product, whole));
      }),
    ];
  },
  transposed: transposedElementwise,
  inPlace: elementwiseInPlace,
});

/**
 * x scaled by real factors, `positive` for x above its zero point and `negative` below it, as integers of type y.
 * Multipliers have no sign, so the sign of `negative` goes into a constant alpha.
 */
export function slopes(
  builder: Builder,
  x: Value,
  y: TensorType,
  positive: number,
  negative: number,
  rounding: Rounding,
): Value {
  const value = tensorOf(tensorType('i8', []), [negative < 0 ? -1 : 1]);
  const alpha = builder.create(constant, [], { value }, value.type, 'alpha');
  const attributes = {
    zeros: [scaleAndZero(x.type, 'input').zero, 0],
    positive: requantizationFor([positive], y, unbounded, rounding),
    negative: requantizationFor([Math.abs(negative)], y, unbounded, rounding),
  };
  return builder.create(integerPrelu, [x, alpha], attributes, y);
}
