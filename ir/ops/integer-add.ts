// integer_add: quantized addition and subtraction as TensorFlow Lite defines them.
import { attr } from '../attributes.ts';
import { checkCommonScale, commonScaleAttributes, rescaled, rescaledCode, rescaledSum } from '../common-scale.ts';
import { defineIntegerBinary } from '../integer-binary.ts';

export const integerAdd = defineIntegerBinary({
  name: 'integer_add',
  doc: 'y = requantize(A + B), or A - B, where A = round(((a - zero) << left_shift) * multiplier * 2^(shift - 31)) and B likewise: quantized operands on a common scale with spare bits (20 for 8-bit, 15 for 16-bit operands). Sums wrap at 32 bits. Sources: TensorFlow Lite reference/integer_ops/add.h, reference/add.h, reference/sub.h.',
  attributes: {
    ...commonScaleAttributes,
    subtract: attr.bool({ fallback: false, doc: 'Gives A - B.' }),
  },
  roundings: ['double', 'single'],
  check: checkCommonScale,
  pair(a, b, attributes, { rounding }) {
    const p = rescaled(a, 0, attributes, rounding);
    const q = rescaled(b, 1, attributes, rounding);
    return (attributes.subtract ? p - q : p + q) | 0;
  },
  rescaledPair: (attributes, requant, elements) => rescaledSum(attributes, attributes.subtract, requant, elements),
  code(b, x, y, attributes, { rounding }) {
    const p = rescaledCode(b, x, 0, attributes, rounding);
    const q = rescaledCode(b, y, 1, attributes, rounding);
    return attributes.subtract ? b.sub(p, q) : b.add(p, q);
  },
});
