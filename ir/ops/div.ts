// div.
import { defineBinary } from '../binary-arithmetic.ts';
import { requantizationFor, scaleAndZero } from '../quantized.ts';
import { boundsOf } from '../quantized-contraction.ts';
import { throughFloat } from '../through-float.ts';
import { integerDiv } from './integer-div.ts';
import { isTabulated } from './lookup.ts';

export const div = defineBinary({
  name: 'div',
  doc: 'y = clamp(a / b). Integers toward zero, and 0 where b is 0; quantized 8-bit operands become `integer_div`. Sources: TensorFlow Lite reference/div.h; TensorFlow Lite Micro div.cc; ONNX Div.',
  floats: (a, b) => a / b,
  ints: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  longs: (a, b) => (b === 0n ? 0n : a / b),
  code: (b, x, y) => b.div(x, y),
  integer(input) {
    const { op, attributes, builder, rounding } = input;
    const [a, b] = [op.operand(0), op.operand(1)];
    const y = op.result.type;
    if (rounding === 'half-even' || !isTabulated(y)) return throughFloat(input);
    const [x, w] = [scaleAndZero(a.type, 'operand'), scaleAndZero(b.type, 'operand')];
    // In floats, as TensorFlow Lite Micro div.cc has it; the roundings are those of reference/div.h in every program.
    const factor = Math.fround(x.scale / Math.fround(w.scale * scaleAndZero(y, 'result').scale));
    const requant = requantizationFor([factor], y, boundsOf(attributes.clamp), 'double');
    return [builder.create(integerDiv, [a, b], { zeros: [x.zero, w.zero], requant }, y)];
  },
});
