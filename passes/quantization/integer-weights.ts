// Quantization without samples: weights become i8 constants, and what they meet either is quantized at run time, by the
// program itself, or stays f32.
//
// before:  %y = fully_connected %x, %w, %b
// dynamic: %s = max |%x| / 127 ; %q = cast(round(%x / %s)) ; %a = fully_connected %q, %k : i32
//          %y = cast(%a) * (%s * scales) + %b
// kept:    %y = fully_connected %x, %k, %b
//
// Dynamic quantization: ONNX DynamicQuantizeLinear with MatMulInteger, here symmetric, so that no zero point enters the
// sums. The scale is one for the whole tensor.
import { Builder } from '../../ir/builder.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { add } from '../../ir/ops/add.ts';
import { cast } from '../../ir/ops/cast.ts';
import { clamp } from '../../ir/ops/clamp.ts';
import { constant } from '../../ir/ops/constant.ts';
import { div } from '../../ir/ops/div.ts';
import { round } from '../../ir/ops/elementary.ts';
import { maximum } from '../../ir/ops/maximum.ts';
import { mul } from '../../ir/ops/mul.ts';
import { reduceMax } from '../../ir/ops/reduce.ts';
import { reshape } from '../../ir/ops/reshape.ts';
import { abs } from '../../ir/ops/sign.ts';
import { quantOf, unbounded } from '../../ir/quantized.ts';
import type { TensorData } from '../../ir/tensor-data.ts';
import { elementCount, storageType, tensorType } from '../../ir/types.ts';
import { rewrite } from '../rewrite.ts';

/** The weights of a linear operator as symmetric i8, quantized along its output channels; undefined leaves it as it is. */
export type IntegerWeights = (op: Op) => TensorData | undefined;

/** Greatest magnitude of a dynamically quantized element: -128 has no counterpart. */
const levels = 127;

/** Of all-zero tensors any scale will do. */
const leastMagnitude = 2 ** -100;

/** Linear operators multiply integers; activations are quantized at run time. True when anything changed. */
export function quantizeDynamically(func: Func, weights: IntegerWeights): boolean {
  return rewrite(func, (op, builder) => {
    const { linear } = op.definition;
    const integers = linear && op.operand(0).type.element === 'f32' ? weights(op) : undefined;
    if (linear === undefined || integers === undefined) return undefined;
    const scale = dynamicScale(builder, op.operand(0));
    const quotient = builder.create(round, [builder.create(div, [op.operand(0), scale])]);
    const x = builder.create(cast, [quotient], { to: 'i8' });
    const operands = [...op.operands];
    operands[0] = x;
    operands[linear.weights] = constantValue(builder, { ...integers, type: storageType(integers.type) });
    operands[linear.bias] = undefined;
    const sums = tensorType('i32', op.result.type.shape);
    const accumulated = builder.create(op.definition, operands, { ...op.attributes, clamp: unbounded }, sums);
    const scales = Float32Array.from(quantOf(integers.type, 'weights').scale);
    const perChannel = constantValue(builder, { type: tensorType('f32', [scales.length]), data: scales });
    const factor = builder.create(mul, [perChannel, scale]);
    const real = builder.create(mul, [builder.create(cast, [accumulated], { to: 'f32' }), factor]);
    return [withEnd(builder, real, op, linear.bias)];
  });
}

/** max |x| / 127 of all elements. */
function dynamicScale(builder: Builder, x: Value): Value {
  const magnitudes = builder.create(reshape, [builder.create(abs, [x])], { shape: [elementCount(x.type.shape)] });
  const most = builder.create(reduceMax, [magnitudes], { axes: [0], keep_dims: true });
  const numbers = (value: number) =>
    constantValue(builder, { type: tensorType('f32', [1]), data: Float32Array.of(value) });
  return builder.create(mul, [builder.create(maximum, [most, numbers(leastMagnitude)]), numbers(1 / levels)]);
}

/** The bias and the fused activation of an operator, on its products. */
function withEnd(builder: Builder, products: Value, op: Op, bias: number): Value {
  const b = op.operands[bias];
  const [min, max] = op.attributes.clamp as readonly [number, number];
  if (b !== undefined) return builder.create(add, [products, b], { clamp: [min, max] });
  const isBounded = Number.isFinite(min) || Number.isFinite(max);
  return isBounded ? builder.create(clamp, [products], { min, max }) : products;
}

/** Operators on f32 read their weights as i8 (floatWeightScales in ir/quantized-contraction.ts). True when anything changed. */
export function storeIntegerWeights(func: Func, weights: IntegerWeights): boolean {
  const before = func.ops;
  const target: Op[] = [];
  const builder = new Builder(func, target);
  for (const op of before) {
    const { linear } = op.definition;
    const integers = linear && weights(op);
    if (linear !== undefined && integers !== undefined) {
      op.replaceOperand(op.operand(linear.weights), constantValue(builder, integers));
    }
    target.push(op);
  }
  func.ops = target;
  return target.length > before.length;
}

const constantValue = (builder: Builder, value: TensorData): Value =>
  builder.create(constant, [], { value }, value.type);
