// pow.
import { defineBinary } from '../binary-arithmetic.ts';
import { loopArithmetic, numberArithmetic } from '../functions/arithmetic.ts';
import { pow as power } from '../functions/pow.ts';
import { throughFloat } from '../through-float.ts';

export const pow = defineBinary({
  name: 'pow',
  doc: 'y = clamp(a^b), within 3 units in the last place; results below 2^-126 are 0. Zeros, infinities, NaN and negative bases as in C. Sources: TensorFlow Lite kernels/pow.cc; ONNX Pow.',
  floats: (a, b) => power(numberArithmetic, a, b),
  code: (b, x, y) => power(loopArithmetic(b), x, y),
  integer: throughFloat,
  byTable: true,
});
