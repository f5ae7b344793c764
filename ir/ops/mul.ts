// mul.
import { defineBinary } from '../binary-arithmetic.ts';
import { factorsOfProduct } from '../channel-factors.ts';
import { requantizationFor, scaleAndZero } from '../quantized.ts';
import { boundsOf } from '../quantized-contraction.ts';
import { integerMul } from './integer-mul.ts';

export const mul = defineBinary({
  name: 'mul',
  doc: 'y = clamp(a * b). Integers wrap; quantized operands become `integer_mul` with the factor scale_a * scale_b / scale_y. Sources: TensorFlow Lite reference/mul.h; TensorFlow Lite Micro mul_common.cc; ONNX Mul.',
  floats: (a, b) => a * b,
  ints: Math.imul,
  longs: (a, b) => a * b,
  code: (b, x, y) => b.mul(x, y),
  factors: factorsOfProduct,
  integer(input) {
    const { op, attributes, builder, rounding } = input;
    const [a, b] = [op.operand(0), op.operand(1)];
    const [x, w] = [scaleAndZero(a.type, 'operand'), scaleAndZero(b.type, 'operand')];
    const y = op.result.type;
    const factor = (x.scale * w.scale) / scaleAndZero(y, 'result').scale;
    const requant = requantizationFor([factor], y, boundsOf(attributes.clamp), rounding);
    return [builder.create(integerMul, [a, b], { zeros: [x.zero, w.zero], requant }, y)];
  },
});
