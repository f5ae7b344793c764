// add, sub.
import type { Rounding } from '../attributes.ts';
import { type BinaryOperator, defineBinary } from '../binary-arithmetic.ts';
import { factorsOfBoth } from '../channel-factors.ts';
import { commonScale } from '../common-scale.ts';
import type { IntegerInput } from '../define-op.ts';
import type { Value } from '../module.ts';
import { requantizationFor, scaleAndZero } from '../quantized.ts';
import { boundsOf } from '../quantized-contraction.ts';
import { integerAdd } from './integer-add.ts';

/** Real factors from both operands to the common scale, which is twice the greater of theirs, and from it to the result. */
type Factors = (a: number, b: number, y: number, leftShift: number) => { a: number; b: number; result: number };

/** In doubles: TensorFlow Lite Micro add_common.cc, CalculateOpDataAdd. */
const addFactors: Factors = (a, b, y, leftShift) => {
  const common = 2 * Math.max(a, b);
  return { a: a / common, b: b / common, result: common / (2 ** leftShift * y) };
};

/** In floats, each operation rounded: TensorFlow Lite Micro sub_common.cc, CalculateOpDataSub. */
const subFactors: Factors = (a, b, y, leftShift) => {
  const f = Math.fround;
  const common = f(2 * Math.max(a, b));
  return { a: f(a / common), b: f(b / common), result: f(common / f(2 ** leftShift * y)) };
};

/**
 * How rescaled operands and their sum are rounded. ONNX says dequantize, add in f32, quantize, which no integers repeat
 * exactly; with 20 spare bits the sum of bytes is the same but where it lies next to a tie, and there one step off.
 */
const sumRounding = (rounding: Rounding): Rounding => (rounding === 'half-even' ? 'double' : rounding);

function integerForm(
  input: IntegerInput<BinaryOperator['attributes']>,
  factors: Factors,
  subtract: boolean,
): readonly Value[] {
  const { op, attributes, builder } = input;
  const rounding = sumRounding(input.rounding);
  const operands = [op.operand(0), op.operand(1)];
  const types = operands.map((v) => v.type);
  const y = op.result.type;
  const scale = (i: number) => scaleAndZero(types[i] ?? y, 'tensor').scale;
  const leftShift = y.element === 'i16' ? 15 : 20;
  const real = factors(scale(0), scale(1), scale(2), leftShift);
  const requant = requantizationFor([real.result], y, boundsOf(attributes.clamp), rounding);
  const rescaling = commonScale(types, [real.a, real.b], leftShift);
  return [builder.create(integerAdd, operands, { ...rescaling, subtract, requant }, y)];
}

export const add = defineBinary({
  name: 'add',
  doc: 'y = clamp(a + b). Integers wrap; quantized operands become `integer_add`. Sources: TensorFlow Lite reference/add.h; TensorFlow Lite Micro add_common.cc; ONNX Add.',
  floats: (a, b) => a + b,
  ints: (a, b) => a + b,
  longs: (a, b) => a + b,
  code: (b, x, y) => b.add(x, y),
  integer: (input) => integerForm(input, addFactors, false),
  factors: factorsOfBoth('any'),
});

export const sub = defineBinary({
  name: 'sub',
  doc: 'y = clamp(a - b). Integers wrap; quantized operands become `integer_add` with `subtract`. Sources: TensorFlow Lite reference/sub.h; TensorFlow Lite Micro sub_common.cc; ONNX Sub.',
  floats: (a, b) => a - b,
  ints: (a, b) => a - b,
  longs: (a, b) => a - b,
  code: (b, x, y) => b.sub(x, y),
  integer: (input) => integerForm(input, subFactors, true),
  factors: factorsOfBoth('any'),
});
