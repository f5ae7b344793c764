// fold-batch-norm: a multiplication or addition of one number per channel moves into the weights and bias of the linear
// operator before it. A batch normalization at inference is both.
//
// before:  %a = conv2d %x, %w ; %m = mul %a, %scale ; %y = add %m, %offset
// after:   %y = conv2d %x, %w', %b'        with w'[o] = w[o] * scale[o], b'[o] = b[o] * scale[o] + offset[o]
//
// Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference" (2018),
// section 3.2. New weights and biases are rounded to f32 once per folded operator, so results may differ from the unfolded
// network in the last bits; quantized operators are left alone. Operators say themselves whether they are linear.
import type { Builder } from '../ir/builder.ts';
import type { LinearSpec } from '../ir/define-op.ts';
import type { Func, Op, Value } from '../ir/module.ts';
import { add } from '../ir/ops/add.ts';
import { constant, constantOf } from '../ir/ops/constant.ts';
import { mul } from '../ir/ops/mul.ts';
import { elementCount, sameType, stridesOf, tensorType } from '../ir/types.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

interface Match {
  readonly source: Op;
  readonly linear: LinearSpec;
  /** One number per channel of the result. */
  readonly perChannel: Float32Array;
}

/** A constant as one number per channel, where it varies along the last dimension only. */
function channelNumbers(value: Value, channels: number): Float32Array | undefined {
  const data = constantOf(value)?.data;
  if (!(data instanceof Float32Array)) return undefined;
  if (data.length === 1) return new Float32Array(channels).fill(data[0]!);
  return data.length === channels && value.type.shape.at(-1) === channels ? data : undefined;
}

/** The linear operator that the elementwise one follows, and the numbers it applies. */
function match(op: Op, func: Func): Match | undefined {
  for (const [linearSide, constantSide] of [[0, 1] as const, [1, 0] as const]) {
    const result = op.operand(linearSide);
    const source = result.producer;
    const linear = source?.definition.linear;
    if (source === undefined || linear === undefined || result.type.element !== 'f32') continue;
    const bounded = (source.attributes.clamp as readonly number[]).some(Number.isFinite);
    const shared = result.users.size !== 1 || func.isReturned(result) || op.operand(0) === op.operand(1);
    if (bounded || shared || !sameType(result.type, op.result.type)) continue;
    const perChannel = channelNumbers(op.operand(constantSide), result.type.shape.at(-1) ?? 1);
    if (perChannel !== undefined) return { source, linear, perChannel };
  }
  return undefined;
}

/** The weights with output channel c multiplied by factor[c]; undefined where they are not constant. */
function scaledWeights({ source, linear, perChannel }: Match, builder: Builder): Value | undefined {
  const weights = source.operand(linear.weights);
  const data = constantOf(weights)?.data;
  if (!(data instanceof Float32Array)) return undefined;
  const stride = stridesOf(weights.type.shape)[linear.axis]!;
  const scaled = data.map((w, i) => w * perChannel[Math.floor(i / stride) % perChannel.length]!);
  return newConstant(builder, scaled, weights.type.shape, weights.name);
}

/** The bias after `change`; a missing one is zero. Undefined where it is not constant. */
function changedBias(
  { source, linear, perChannel }: Match,
  builder: Builder,
  change: (bias: number, channel: number) => number,
): Value | undefined {
  const bias = source.operands[linear.bias];
  const data = bias === undefined ? new Float32Array(perChannel.length) : constantOf(bias)?.data;
  if (!(data instanceof Float32Array)) return undefined;
  return newConstant(builder, data.map(change), [data.length], bias?.name ?? 'bias');
}

function newConstant(builder: Builder, data: Float32Array, shape: readonly number[], name: string): Value {
  const type = tensorType('f32', elementCount(shape) === data.length ? shape : [data.length]);
  return builder.create(constant, [], { value: { type, data } }, type, name);
}

export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',
  run: (func) =>
    rewrite(func, (op, builder) => {
      if (op.definition !== mul && op.definition !== add) return undefined;
      const found = match(op, func);
      if (found === undefined) return undefined;
      const { source, linear, perChannel } = found;
      const multiplies = op.definition === mul;
      const weights = multiplies ? scaledWeights(found, builder) : source.operand(linear.weights);
      const bias = changedBias(found, builder, (b, c) => (multiplies ? b * perChannel[c]! : b + perChannel[c]!));
      if (weights === undefined || bias === undefined) return undefined;
      const operands = [...source.operands];
      operands[linear.weights] = weights;
      operands[linear.bias] = bias;
      builder.location = source.location;
      const attributes = { ...source.attributes, clamp: op.attributes.clamp };
      return [builder.create(source.definition, operands, attributes, op.result.type)];
    }),
};
