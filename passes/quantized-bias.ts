// A constant bias of a quantized linear operator as integers in the scale of its products.
import type { Builder } from '../ir/builder.ts';
import { type LinearSpec, rule } from '../ir/define-op.ts';
import type { Op, Value } from '../ir/module.ts';
import { INT32_MAX, INT32_MIN, roundHalfEven } from '../ir/numerics.ts';
import { constant, constantOf } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { reinterpret } from '../ir/ops/reinterpret.ts';
import { reshape } from '../ir/ops/reshape.ts';
import { quantOf, scaleAndZero } from '../ir/quantized.ts';
import { allocateTensor, type TensorData } from '../ir/tensor-data.ts';
import { elementCount, tensorType } from '../ir/types.ts';

/** Biases go through a dequantize, a reshape and the like; nothing in the field needs more. */
const maxSteps = 8;

/**
 * The bias as a constant i32 tensor, each element rounded to (scale of x) * (scale of its output channel's weights): what a
 * bias has that was quantized so in the first place, as ONNX Runtime's quantizer does. Throws RuleViolation for a bias
 * that is computed or does not fit.
 */
export function quantizedBias(bias: Value, x: Value, w: Value, linear: LinearSpec, builder: Builder): Value {
  const weights = quantOf(w.type, 'weights');
  rule(weights.axis === undefined || weights.axis === linear.axis, `needs weights quantized along axis ${linear.axis}`);
  const input = scaleAndZero(x.type, 'input').scale;
  const scale = (c: number) => input * weights.scale[weights.scale.length === 1 ? 0 : c]!;
  const count = elementCount(bias.type.shape);
  rule(weights.scale.length === 1 || weights.scale.length === count, `needs a bias of ${weights.scale.length} values`);
  const type = tensorType('i32', bias.type.shape);
  const integers = storedIn(bias, count, scale);
  if (integers !== undefined) {
    return builder.create(constant, [], { value: { type, data: integers } }, type, bias.name);
  }
  const real = evaluated(bias, maxSteps);
  rule(real !== undefined, 'has a bias that is not constant');
  const data = Int32Array.from({ length: count }, (_, c) => {
    const whole = roundHalfEven(Number(real.data[c]) / scale(c));
    rule(whole >= INT32_MIN && whole <= INT32_MAX, 'has a bias of more than 32 bits in the scale of its products');
    return whole;
  });
  return builder.create(constant, [], { value: { type, data } }, type, bias.name);
}

/**
 * The integers of a bias that is dequantized from just this scale (as an f32), reshaped or not: f32 holds the product of
 * an integer of more than 24 bits and its scale no longer exactly. Undefined for any other bias.
 */
function storedIn(bias: Value, count: number, scale: (c: number) => number): Int32Array | undefined {
  const { producer } = bias;
  const source = producer?.definition === reshape ? producer.operand(0).producer : producer;
  if (source?.definition !== dequantize) return undefined;
  const stored = source.operand(0);
  const data =
    stored.producer?.definition === reinterpret ? constantOf(stored.producer.operand(0)) : constantOf(stored);
  const { quant, element } = stored.type;
  if (!(data?.data instanceof Int32Array) || element !== 'i32' || quant === undefined) return undefined;
  const from = (list: readonly number[], c: number) => list[list.length === 1 ? 0 : c];
  for (let c = 0; c < count; c++) {
    if (from(quant.zero, c) !== 0 || from(quant.scale, c) !== Math.fround(scale(c))) return undefined;
  }
  return data.data;
}

/** The contents of a value that is constant, or computed from a constant in a few steps of one operand each. */
function evaluated(value: Value, steps: number): TensorData | undefined {
  const op: Op | undefined = value.producer;
  const known = constantOf(value);
  if (known !== undefined || op === undefined || steps === 0) return known;
  const { reference, integer } = op.definition;
  if (reference === undefined || op.operands.length !== 1 || op.results.length !== 1) return undefined;
  // The reference of an operator on quantized types is that of its integer form.
  if (integer !== undefined && op.operand(0).type.quant !== undefined) return undefined;
  const operand = evaluated(op.operand(0), steps - 1);
  if (operand === undefined) return undefined;
  const result = allocateTensor(value.type);
  reference({ operands: [operand], attributes: op.attributes, results: [result] });
  return result;
}
