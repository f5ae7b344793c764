// gelu.
import { attr } from '../attributes.ts';
import { type FloatArithmetic, loopArithmetic, numberArithmetic } from '../functions/arithmetic.ts';
import { erf } from '../functions/erf.ts';
import { tanh } from '../functions/tanh.ts';
import { defineUnary } from '../unary-arithmetic.ts';

/** x / 2 * (1 + erf(x / sqrt 2)). */
function exact<V>(m: FloatArithmetic<V>, x: V): V {
  return m.mul(m.mul(x, 0.5), m.add(erf(m, m.mul(x, Math.SQRT1_2)), 1));
}

const sqrtTwoOverPi = Math.sqrt(2 / Math.PI);

/** x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))). */
function approximation<V>(m: FloatArithmetic<V>, x: V): V {
  const cube = m.mul(m.mul(x, x), x);
  const inner = m.mul(m.add(x, m.mul(cube, 0.044715)), sqrtTwoOverPi);
  return m.mul(m.mul(x, 0.5), m.add(tanh(m, inner), 1));
}

const elementary = <V>(m: FloatArithmetic<V>, x: V, approximate: boolean) =>
  approximate ? approximation(m, x) : exact(m, x);

export const gelu = defineUnary({
  name: 'gelu',
  doc: 'y = x * P(X <= x) for a standard normal X: x / 2 * (1 + erf(x / sqrt 2)), or its approximation x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))). Sources: TensorFlow Lite reference/gelu.h; ONNX Gelu.',
  attributes: { approximate: attr.bool({ fallback: false, doc: 'Use the form with tanh.' }) },
  floats: (x, { approximate }) => elementary(numberArithmetic, x, approximate),
  code: (b, x, { approximate }) => elementary(loopArithmetic(b), x, approximate),
});
