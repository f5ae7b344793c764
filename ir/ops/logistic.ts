// logistic, tanh.

import type { IntegerInput } from '../define-op.ts';
import { numberArithmetic as fixed } from '../fixed-point/arithmetic.ts';
import { fixedLogistic, fixedTanh } from '../fixed-point/logistic.ts';
import { logistic as logisticFunction } from '../functions/logistic.ts';
import { tanh as tanhFunction } from '../functions/tanh.ts';
import type { Value } from '../module.ts';
import { quantizeMultiplier, requantizeScalar, roundingShiftRight } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { defineUnary, elementary } from '../unary-arithmetic.ts';
import { type Curve, interpolatedSigmoid, tableScale } from './interpolated-sigmoid.ts';
import { tabulate } from './lookup.ts';

type NoAttributes = Record<never, never>;

/** Integer bits of the fixed-point operand (TensorFlow Lite Micro logistic_common.cc and tanh.cc). */
const integerBits = 4;

/** An 8-bit curve: its function in fixed point, bits that it drops from 31, and what is added after that. */
interface EightBitCurve {
  readonly f: typeof fixedLogistic;
  readonly drop: number;
  readonly offset: number;
}

/** TensorFlow Lite Micro's int8 definition: the fixed-point function inside the range of its format, -128 and 127 outside. */
function fixedTable({ op, builder, rounding }: IntegerInput<NoAttributes>, { f, drop, offset }: EightBitCurve): Value {
  const x = op.operand(0);
  const { scale, zero } = scaleAndZero(x.type, 'input');
  const { multiplier, shift } = quantizeMultiplier(scale * 2 ** (31 - integerBits));
  const radius = Math.floor(((2 ** integerBits - 1) * 2 ** (31 - integerBits)) / 2 ** shift);
  return tabulate(builder, x, op.result.type, (q) => {
    const value = q - zero;
    if (value <= -radius) return -128;
    if (value >= radius) return 127;
    const input = requantizeScalar(value, rounding, { multiplier, shift, scale: 0 });
    return roundingShiftRight(f(fixed, input, integerBits), drop) + offset;
  });
}

function interpolated({ op, builder }: IntegerInput<NoAttributes>, curve: Curve): readonly Value[] | undefined {
  const x = op.operand(0);
  const y = op.result.type;
  const scale = tableScale(x.type, y, curve);
  return scale && [builder.create(interpolatedSigmoid, [x], { curve, ...scale }, y)];
}

export const logistic = defineUnary({
  name: 'logistic',
  doc: 'y = 1 / (1 + e^-x), within 3 units in the last place. Of i8 TensorFlow Lite’s fixed-point function is tabulated, with a result scale of 1/256 whatever the type says; of i16 it becomes `interpolated_sigmoid`. Sources: TensorFlow Lite reference/logistic.h, reference/integer_ops/logistic.h; ONNX Sigmoid.',
  ...elementary(logisticFunction),
  real: (x) => 1 / (1 + Math.exp(-x)),
  resultRange: [0, 255 / 256],
  integer(input) {
    const { element, quant } = input.op.result.type;
    // TensorFlow Lite Micro takes no other zero point.
    if (element === 'i8' && quant?.zero[0] === -128) {
      return [fixedTable(input, { f: fixedLogistic, drop: 23, offset: -128 })];
    }
    return interpolated(input, 'logistic');
  },
});

export const tanh = defineUnary({
  name: 'tanh',
  doc: 'y = hyperbolic tangent of x, within 2 units in the last place. Of i8 TensorFlow Lite’s fixed-point function is tabulated, with a result scale of 1/128 and zero point 0 whatever the type says; of i16 it becomes `interpolated_sigmoid`. Sources: TensorFlow Lite reference/tanh.h, reference/integer_ops/tanh.h; ONNX Tanh.',
  ...elementary(tanhFunction),
  real: Math.tanh,
  resultRange: [-1, 127 / 128],
  integer(input) {
    if (input.op.result.type.element === 'i8') return [fixedTable(input, { f: fixedTanh, drop: 24, offset: 0 })];
    return interpolated(input, 'tanh');
  },
});
