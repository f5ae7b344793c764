// tan and the inverses of sin, cos and tan; sinh, cosh and the inverses of sinh, cosh and tanh.
import {
  cosh as hyperbolicCosine,
  sinh as hyperbolicSine,
  acosh as inverseCosh,
  asinh as inverseSinh,
  atanh as inverseTanh,
} from '../functions/hyperbolic.ts';
import {
  acos as inverseCosine,
  asin as inverseSine,
  atan as inverseTangent,
} from '../functions/inverse-trigonometry.ts';
import { cos, sin } from '../functions/trigonometry.ts';
import { defineUnary, elementary } from '../unary-arithmetic.ts';

export const tan = defineUnary({
  name: 'tan',
  doc: 'y = tan x in radians: the quotient of `sin` and `cos`. Source: ONNX Tan.',
  ...elementary((m, x) => m.div(sin(m, x), cos(m, x))),
  real: Math.tan,
});

export const asin = defineUnary({
  name: 'asin',
  doc: 'y = the angle in [-pi/2, pi/2] whose sine is x, within 2 units in the last place; NaN beyond 1. Source: ONNX Asin.',
  ...elementary(inverseSine),
  real: Math.asin,
});

export const acos = defineUnary({
  name: 'acos',
  doc: 'y = the angle in [0, pi] whose cosine is x, within 2 units in the last place; NaN beyond 1. Source: ONNX Acos.',
  ...elementary(inverseCosine),
  real: Math.acos,
});

export const atan = defineUnary({
  name: 'atan',
  doc: 'y = the angle in [-pi/2, pi/2] whose tangent is x, within 2 units in the last place. Source: ONNX Atan.',
  ...elementary(inverseTangent),
  real: Math.atan,
});

export const sinh = defineUnary({
  name: 'sinh',
  doc: 'y = (e^x - e^-x) / 2, within 3 units in the last place. Source: ONNX Sinh.',
  ...elementary(hyperbolicSine),
  real: Math.sinh,
});

export const cosh = defineUnary({
  name: 'cosh',
  doc: 'y = (e^x + e^-x) / 2, within 3 units in the last place. Source: ONNX Cosh.',
  ...elementary(hyperbolicCosine),
  real: Math.cosh,
});

export const asinh = defineUnary({
  name: 'asinh',
  doc: 'y = the number whose sinh is x, within 3 units in the last place. Source: ONNX Asinh.',
  ...elementary(inverseSinh),
  real: Math.asinh,
});

export const acosh = defineUnary({
  name: 'acosh',
  doc: 'y = the number from 0 on whose cosh is x, within 3 units in the last place; NaN below 1. Source: ONNX Acosh.',
  ...elementary(inverseCosh),
  real: Math.acosh,
});

export const atanh = defineUnary({
  name: 'atanh',
  doc: 'y = the number whose tanh is x, within 3 units in the last place; infinite at 1 and -1, NaN beyond. Source: ONNX Atanh.',
  ...elementary(inverseTanh),
  real: Math.atanh,
});
