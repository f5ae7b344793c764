// abs, neg, sign, square: functions of one operand on floats and on integers.
import { quantizeMultiplier, requantizeScalar } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { defineUnary } from '../unary-arithmetic.ts';
import { slopes } from './integer-prelu.ts';
import { isTabulated, tabulate } from './lookup.ts';

export const abs = defineUnary({
  name: 'abs',
  doc: 'y = |x|; the least integer wraps to itself. Quantized integers are y = round(|x - zero_x| * scale_x / scale_y) + zero_y. Sources: TensorFlow Lite Micro elementwise.cc; ONNX Abs.',
  floats: Math.abs,
  ints: (x) => Math.abs(x) | 0,
  longs: (x) => BigInt.asIntN(64, x < 0n ? -x : x),
  code: (b, x) => b.unary('abs', x),
  integer({ op, builder, rounding }) {
    const x = op.operand(0);
    const y = op.result.type;
    const [from, to] = [scaleAndZero(x.type, 'input'), scaleAndZero(y, 'result')];
    const factor = { ...quantizeMultiplier(from.scale / to.scale), scale: 0 };
    if (isTabulated(x.type)) {
      return [tabulate(builder, x, y, (q) => requantizeScalar(Math.abs(q - from.zero), rounding, factor) + to.zero)];
    }
    return [slopes(builder, x, y, from.scale / to.scale, -from.scale / to.scale, rounding)];
  },
});

export const neg = defineUnary({
  name: 'neg',
  doc: 'y = -x; the least integer wraps to itself. Sources: TensorFlow Lite reference/neg.h; ONNX Neg.',
  floats: (x) => -x,
  ints: (x) => -x | 0,
  longs: (x) => BigInt.asIntN(64, -x),
  code: (b, x) => b.unary('neg', x),
});

export const sign = defineUnary({
  name: 'sign',
  doc: 'y = 1 above 0, -1 below, else x itself. Sources: TensorFlow Lite kernels/sign.cc; ONNX Sign.',
  floats: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  ints: Math.sign,
  longs: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  code(b, x) {
    const below = b.select(b.compare('lt', x, 0), -1, x);
    return b.select(b.compare('gt', x, 0), 1, below);
  },
});

export const square = defineUnary({
  name: 'square',
  doc: 'y = x * x; integers wrap. Source: TensorFlow Lite Micro elementwise.cc.',
  floats: (x) => x * x,
  ints: (x) => Math.imul(x, x),
  longs: (x) => BigInt.asIntN(64, x * x),
  code: (b, x) => b.mul(x, x),
});
