// elu.
import { attr } from '../attributes.ts';
import { type FloatArithmetic, loopArithmetic, numberArithmetic } from '../functions/arithmetic.ts';
import { expMinusOne } from '../functions/exp.ts';
import { defineUnary } from '../unary-arithmetic.ts';

function elementary<V>(m: FloatArithmetic<V>, x: V, alpha: number): V {
  // Limited to where the exponential counts, so that it cannot overflow.
  const below = m.mul(expMinusOne(m, m.min(x, 0)), alpha);
  return m.select(m.less(x, 0), below, x);
}

export const elu = defineUnary({
  name: 'elu',
  doc: 'y = x from 0 on, else alpha * (e^x - 1). Sources: TensorFlow Lite reference/elu.h; TensorFlow Lite Micro elu.cc; ONNX Elu.',
  attributes: { alpha: attr.float({ fallback: 1, doc: 'Limit below, with the opposite sign.' }) },
  floats: (x, { alpha }) => elementary(numberArithmetic, x, alpha),
  code: (b, x, { alpha }) => elementary(loopArithmetic(b), x, alpha),
  // The tables of TensorFlow Lite Micro subtract in f32.
  real: (x, { alpha }) => (x < 0 ? Math.fround(alpha) * Math.fround(Math.fround(Math.exp(x)) - 1) : x),
});
