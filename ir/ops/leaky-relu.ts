// leaky_relu.
import { attr } from '../attributes.ts';
import { factorsOfFirst } from '../channel-factors.ts';
import { applyRequantization } from '../numerics.ts';
import { requantizationFor, scaleAndZero, unbounded } from '../quantized.ts';
import { defineUnary } from '../unary-arithmetic.ts';
import { slopes } from './integer-prelu.ts';
import { isTabulated, tabulate } from './lookup.ts';

export const leakyRelu = defineUnary({
  name: 'leaky_relu',
  doc: 'y = x above 0, else alpha * x. Quantized integers are scaled by scale_x / scale_y and alpha * scale_x / scale_y, computed in floats: a `lookup`, or an `integer_prelu` for 16 bits. Sources: TensorFlow Lite Micro leaky_relu_common.cc; TensorFlow Lite reference/leaky_relu.h; ONNX LeakyRelu.',
  attributes: { alpha: attr.float({ doc: 'Slope below 0; of either sign.' }) },
  floats: (x, { alpha }) => (x > 0 ? x : x * Math.fround(alpha)),
  code: (b, x, { alpha }) => b.select(b.compare('gt', x, 0), x, b.mul(x, alpha)),
  factors: factorsOfFirst('positive'),
  integer({ op, attributes, builder, rounding }) {
    const x = op.operand(0);
    const y = op.result.type;
    const [from, to] = [scaleAndZero(x.type, 'input'), scaleAndZero(y, 'result')];
    const f = Math.fround;
    const positive = f(from.scale / to.scale);
    const negative = f(f(from.scale * f(attributes.alpha)) / to.scale);
    if (!isTabulated(x.type)) return [slopes(builder, x, y, positive, negative, rounding)];
    const above = requantizationFor([positive], y, unbounded, rounding);
    const below = requantizationFor([Math.abs(negative)], y, unbounded, rounding);
    const sign = negative < 0 ? -1 : 1;
    const slope = (v: number) => applyRequantization(v >= 0 ? v : v * sign, v >= 0 ? above : below, 0);
    return [tabulate(builder, x, y, (q) => slope(q - from.zero))];
  },
});
