// integer_mul: quantized multiplication.
import { productRange } from '../accumulator-range.ts';
import { attr } from '../attributes.ts';
import { defineIntegerBinary } from '../integer-binary.ts';

export const integerMul = defineIntegerBinary({
  name: 'integer_mul',
  doc: 'y = requantize((a - zero_a) * (b - zero_b)); the product wraps at 32 bits. Sources: TensorFlow Lite reference/integer_ops/mul.h; with `half-even`, ONNX’s dequantize, multiply, quantize, whose f32 products may round a step otherwise next to a tie.',
  attributes: { zeros: attr.ints({ length: 2, doc: 'Zero points of a and b.' }) },
  roundings: ['double', 'single', 'half-even'],
  pair: (a, b, { zeros }) => Math.imul(a - zeros[0]!, b - zeros[1]!),
  range: productRange,
  code: (b, x, y, { zeros }) => b.mul(b.sub(x, zeros[0]!), b.sub(y, zeros[1]!)),
});
