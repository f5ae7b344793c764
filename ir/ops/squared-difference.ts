// squared_difference, and its integer form.
import { defineBinary } from '../binary-arithmetic.ts';
import { checkCommonScale, commonScale, commonScaleAttributes, rescaled, rescaledCode } from '../common-scale.ts';
import { defineIntegerBinary } from '../integer-binary.ts';
import { requantizationFor, scaleAndZero } from '../quantized.ts';
import { boundsOf } from '../quantized-contraction.ts';

export const integerSquaredDifference = defineIntegerBinary({
  name: 'integer_squared_difference',
  doc: 'y = requantize((A - B)^2), where A = round(((a - zero) << left_shift) * multiplier * 2^(shift - 31)) and B likewise. The square wraps at 32 bits; 7 spare bits for 8-bit and none for 16-bit operands keep it below. Source: TensorFlow Lite Micro squared_difference.cc.',
  attributes: commonScaleAttributes,
  roundings: ['double', 'single'],
  check: checkCommonScale,
  pair(a, b, attributes, { rounding }) {
    const difference = (rescaled(a, 0, attributes, rounding) - rescaled(b, 1, attributes, rounding)) | 0;
    return Math.imul(difference, difference);
  },
  code(b, x, y, attributes, { rounding }) {
    const p = rescaledCode(b, x, 0, attributes, rounding);
    const difference = b.sub(p, rescaledCode(b, y, 1, attributes, rounding));
    return b.mul(difference, difference);
  },
});

export const squaredDifference = defineBinary({
  name: 'squared_difference',
  doc: 'y = clamp((a - b)^2), the difference rounded before it is squared. Integers wrap; quantized operands become `integer_squared_difference`. Source: TensorFlow Lite Micro squared_difference.cc.',
  floats: (a, b) => Math.fround(a - b) ** 2,
  ints: (a, b) => Math.imul(a - b, a - b),
  longs: (a, b) => (a - b) ** 2n,
  code(b, x, y) {
    const difference = b.sub(x, y);
    return b.mul(difference, difference);
  },
  byTable: true,
  integer({ op, attributes, builder, rounding: asked }) {
    // As sums and differences of a program that rounds as ONNX does (add.ts).
    const rounding = asked === 'half-even' ? 'double' : asked;
    const operands = [op.operand(0), op.operand(1)];
    const [sa, sb] = operands.map((v) => scaleAndZero(v.type, 'operand').scale);
    const y = op.result.type;
    const common = 2 * Math.max(sa!, sb!);
    const leftShift = y.element === 'i16' ? 0 : 7;
    const factor = (common * common) / (2 ** (2 * leftShift) * scaleAndZero(y, 'result').scale);
    const requant = requantizationFor([factor], y, boundsOf(attributes.clamp), rounding);
    const rescaling = commonScale(
      operands.map((v) => v.type),
      [sa! / common, sb! / common],
      leftShift,
    );
    return [builder.create(integerSquaredDifference, operands, { ...rescaling, requant }, y)];
  },
});
