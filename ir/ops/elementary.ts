// exp, log, sqrt, sin, cos, erf, floor, ceil, round: real functions of one operand without parameters.

import { erf as errorFunction } from '../functions/erf.ts';
import { exp as exponential } from '../functions/exp.ts';
import { log as logarithm } from '../functions/log.ts';
import { cos as cosine, sin as sine } from '../functions/trigonometry.ts';
import { defineUnary, elementary } from '../unary-arithmetic.ts';

export const exp = defineUnary({
  name: 'exp',
  doc: 'y = e^x, within 2 units in the last place; results below 2^-126 are 0. Sources: TensorFlow Lite reference/exp.h; ONNX Exp.',
  ...elementary(exponential),
  real: Math.exp,
});

export const log = defineUnary({
  name: 'log',
  doc: 'y = ln x, within 2 units in the last place; -inf for 0, NaN below. A table of quantized operands gives the least result for operands up to 0. Sources: TensorFlow Lite kernels/elementwise.cc; ONNX Log.',
  ...elementary(logarithm),
  real: (x) => (x <= 0 ? Number.NEGATIVE_INFINITY : Math.log(x)),
});

export const sqrt = defineUnary({
  name: 'sqrt',
  doc: 'y = square root of x, correctly rounded. Sources: TensorFlow Lite Micro elementwise.cc; ONNX Sqrt.',
  ...elementary((m, x) => m.sqrt(x)),
});

export const sin = defineUnary({
  name: 'sin',
  doc: 'y = sin x in radians, within 2 units in the last place for |x| up to 12867. Sources: TensorFlow Lite Micro elementwise.cc; ONNX Sin.',
  ...elementary(sine),
  real: Math.sin,
});

export const cos = defineUnary({
  name: 'cos',
  doc: 'y = cos x in radians, within 2 units in the last place for |x| up to 12867. Sources: TensorFlow Lite Micro elementwise.cc; ONNX Cos.',
  ...elementary(cosine),
  real: Math.cos,
});

export const erf = defineUnary({
  name: 'erf',
  doc: 'y = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x, within 2 units in the last place. Source: ONNX Erf.',
  ...elementary(errorFunction),
});

export const floor = defineUnary({
  name: 'floor',
  doc: 'y = greatest whole number up to x. Sources: TensorFlow Lite reference/floor.h; ONNX Floor.',
  ...elementary((m, x) => m.floor(x)),
});

export const ceil = defineUnary({
  name: 'ceil',
  doc: 'y = least whole number from x on. Sources: TensorFlow Lite reference/ceil.h; ONNX Ceil.',
  ...elementary((m, x) => m.neg(m.floor(m.neg(x)))),
});

export const round = defineUnary({
  name: 'round',
  doc: 'y = whole number nearest to x, ties to even. Sources: TensorFlow Lite reference/round.h; ONNX Round.',
  ...elementary((m, x) => m.nearest(x)),
});
