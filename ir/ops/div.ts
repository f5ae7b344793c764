// div.
import { defineBinary } from '../binary-arithmetic.ts';
import { requantizationFor, scaleAndZero } from '../quantized.ts';
import { boundsOf } from '../quantized-contraction.ts';
import { integerDiv } from './integer-div.ts';
import { isTabulated } from './lookup.ts';
import { roundedDiv } from './rounded-div.ts';

/** With a divisor of 16 bits and a dividend of 1 a quotient by this factor is 2^24: more makes no difference. */
const greatestFactor = 2 ** 40;

export const div = defineBinary({
  name: 'div',
  doc: 'y = clamp(a / b). Integers toward zero, and 0 where b is 0. Quantized 8-bit operands become `integer_div` in programs that round as TensorFlow Lite does; all others `rounded_div`, the exact quotient rounded once. Sources: TensorFlow Lite reference/div.h; TensorFlow Lite Micro div.cc; ONNX Div.',
  floats: (a, b) => a / b,
  ints: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  longs: (a, b) => (b === 0n ? 0n : a / b),
  code: (b, x, y) => b.div(x, y),
  byTable: true,
  integer({ op, attributes, builder, rounding }) {
    const [a, b] = [op.operand(0), op.operand(1)];
    const y = op.result.type;
    const [x, w] = [scaleAndZero(a.type, 'operand'), scaleAndZero(b.type, 'operand')];
    const zeros = [x.zero, w.zero];
    const bounds = boundsOf(attributes.clamp);
    const { scale } = scaleAndZero(y, 'result');
    if (rounding === 'half-even' || !isTabulated(y)) {
      const real = Math.min(x.scale / (w.scale * scale), greatestFactor);
      return [
        builder.create(roundedDiv, [a, b], { zeros, requant: requantizationFor([real], y, bounds, rounding) }, y),
      ];
    }
    // In floats, as TensorFlow Lite Micro div.cc has it; the roundings are those of reference/div.h in every program.
    const factor = Math.fround(x.scale / Math.fround(w.scale * scale));
    const requant = requantizationFor([factor], y, bounds, 'double');
    return [builder.create(integerDiv, [a, b], { zeros, requant }, y)];
  },
});
