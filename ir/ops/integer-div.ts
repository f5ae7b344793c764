// integer_div: quantized division, by a reciprocal in fixed point.
import { attr, type Requantization } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import {
  countLeadingZeros,
  type FixedArithmetic,
  loopArithmetic,
  numberArithmetic,
} from '../fixed-point/arithmetic.ts';
import { reciprocal } from '../fixed-point/reciprocal.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedElementwise } from '../transposition.ts';
import { integerRange, tensorType } from '../types.ts';

/** 8-bit operands leave at least 23 bits of headroom, so that no greater factor shifts the quotient left in the end. */
const greatestShift = 23;

/** The attribute of a valid operator. */
function requantOf(requant: Requantization | undefined): Requantization {
  rule(requant !== undefined && requant.rounding === 'double', 'needs requant with rounding double');
  rule(requant.multiplier.length === 1, 'needs one multiplier in requant');
  rule(requant.shift[0]! <= greatestShift, `has a factor of 2^${greatestShift} or more`);
  return requant;
}

/**
 * y of a and b without their zero points. The dividend is shifted up by its headroom, multiplied by the reciprocal of
 * the divisor, then by the factor of the scales, and shifted down (TensorFlow Lite reference/div.h, DivElementwise).
 */
function divide<V>(m: FixedArithmetic<V>, a: V, b: V, { multiplier, shift, zero, clamp }: Requantization): V {
  const negative = m.less(b, 0);
  const dividend = m.select(negative, m.sub(0, a), a);
  const divisor = m.max(m.select(negative, m.sub(0, b), b), 1);
  const inverse = reciprocal(m, divisor, 31);
  // Sign bits beside the first: x and -1 - x have the same.
  const headroom = m.sub(countLeadingZeros(m, m.max(dividend, m.sub(-1, dividend))), 1);
  const quotient = m.highMultiply(m.shiftLeft(dividend, headroom), inverse.mantissa);
  const scaled = m.highMultiply(quotient, multiplier[0]!);
  const right = m.sub(m.add(inverse.exponent, headroom), shift[0]!);
  const rounded = m.select(m.less(m.constant(31), right), 0, m.roundingShiftRight(scaled, m.min(right, 31)));
  return m.min(m.max(m.add(rounded, zero), clamp[0]), clamp[1]);
}

export const integerDiv = defineOp({
  name: 'integer_div',
  doc: 'y = requantize((a - zero_a) / (b - zero_b)), with the quotient as a product by a fixed-point reciprocal of at most 31 bits. A divisor of 0, for which TensorFlow Lite has no meaning, counts as 1. Source: TensorFlow Lite reference/div.h.',
  operands: [
    { name: 'a', doc: 'i8 or u8.' },
    { name: 'b', doc: 'The same element type; shapes broadcast as in numpy.' },
  ],
  attributes: {
    zeros: attr.ints({ length: 2, doc: 'Zero points of a and b.' }),
    requant: attr.requantization({ doc: 'From the quotient to y, with rounding double.' }),
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const a = required(operands, 0);
    const b = required(operands, 1);
    rule(a.element === 'i8' || a.element === 'u8', `takes i8 or u8, got ${a.element}`);
    rule(a.element === b.element, `takes operands of one element type, got ${a.element} and ${b.element}`);
    const { min, max } = integerRange(a.element);
    rule(
      attributes.zeros.every((z) => z >= min && z <= max),
      `has a zero point outside ${a.element}`,
    );
    requantOf(attributes.requant);
    return [tensorType(a.element, elementwiseShape([a.shape, b.shape]), asked?.[0]?.quant)];
  },
  reference({ operands, attributes, results }) {
    const [a, b] = [operands[0]!, operands[1]!];
    const y = results[0]!;
    const put: Elements = y.data;
    const requant = requantOf(attributes.requant);
    const [za, zb] = attributes.zeros;
    forEachElement(y.type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
      put[at] = divide(numberArithmetic, Number(a.data[i!]) - za!, Number(b.data[j!]) - zb!, requant);
    });
  },
  lower({ attributes, operand, result, type, resultType }) {
    const requant = requantOf(attributes.requant);
    const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
    return [
      elementwiseMap(result(0), resultType(0).shape, operands, (b, values) => {
        const [p, q] = values.map((v, i) => b.sub(v, attributes.zeros[i]!));
        return divide(loopArithmetic(b), p!, q!, requant);
      }),
    ];
  },
  transposed: transposedElementwise,
  inPlace: elementwiseInPlace,
});
