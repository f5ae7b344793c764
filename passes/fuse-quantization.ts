// fuse-quantization: a float operator between dequantize and quantize becomes the operator on quantized types.
//
// before:  %a = dequantize %x ; %k = dequantize %w ; %t = transpose %k : tensor<...xf32> ; %r = conv2d %a, %t, %b
//          %c = transpose %r ; %y = quantize %c : tensor<...xi8, quant<scale=0.1, zero=3>>
// after:   %t = transpose %w ; %r = conv2d %x, %t, %q : tensor<...xi8, quant<scale=0.1, zero=3>> ; %y = transpose %r
//
// dequantize sinks below operators that only move elements and quantize rises above them, both exactly, until they meet
// around arithmetic; quantized-form.ts says what becomes of that. It runs before constants are folded, which would leave
// nothing of quantized weights but floats. Source: ONNX QuantizeLinear and DequantizeLinear, whose graphs say an
// operator's quantized form by these three.
import type { Builder } from '../ir/builder.ts';
import { RuleViolation } from '../ir/define-op.ts';
import type { Func, Op, Value } from '../ir/module.ts';
import { clamp } from '../ir/ops/clamp.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { elementCount, type TensorType, tensorType } from '../ir/types.ts';
import { eliminateDeadCode } from './eliminate-dead-code.ts';
import type { Pass, PassContext } from './pass.ts';
import { dequantized, dequantizedType, isFloat, isOnlyFor, quantizedForm } from './quantized-form.ts';
import { rewrite } from './rewrite.ts';

/** Each round moves a quantize past one operator; behind longer chains of movements things stay as they are. */
const maxRounds = 32;

/** quantize does not rise where it would have more than this many times the elements to do: out of a slice, say. */
const growth = 4;

export const fuseQuantization: Pass = {
  name: 'fuse-quantization',
  run(func, context) {
    let changed = false;
    for (let round = 0; round < maxRounds; round++) {
      const again = rewrite(func, (op, builder) =>
        op.definition === quantize
          ? (fused(func, op, builder, context) ?? risenQuantize(func, op, builder))
          : sunkDequantize(op, builder),
      );
      if (!again) break;
      changed = true;
      // What was replaced must not count as a user.
      eliminateDeadCode.run(func, context);
    }
    return changed;
  },
};

function fused(func: Func, op: Op, builder: Builder, { module }: PassContext): readonly Value[] | undefined {
  const form = quantizedForm(func, op, module.rounding);
  if (form === undefined || form.reason !== undefined) return undefined;
  builder.location = op.operand(0).producer?.location ?? op.location;
  return [form.build(builder)];
}

/** move(dequantize(x)) as dequantize(move(x)). */
function sunkDequantize(op: Op, builder: Builder): readonly Value[] | undefined {
  const type = op.definition.moves?.(op) === true ? dequantizedType(op) : undefined;
  if (type === undefined) return undefined;
  const operands = op.operands.map((v) => (isFloat(v) ? dequantized(v) : v));
  try {
    const view = viewType(op, type);
    const moved = builder.op(op.definition, operands, op.attributes, view === undefined ? {} : { types: [view] });
    return op.results.map((v, i) => {
      const result = moved.results[i]!;
      return isFloat(v) ? builder.create(dequantize, [result]) : result;
    });
  } catch (error) {
    // Channels that would no longer lie along one axis.
    if (error instanceof RuleViolation) return undefined;
    throw error;
  }
}

/**
 * The type of a view of x, where x is quantized along an axis: the axis of the view is the dimension of as many elements
 * with as many slices ahead of it. Otherwise the operator's own rule says the type. Throws RuleViolation without such an axis.
 */
function viewType(op: Op, { element, quant, shape: from }: TensorType): TensorType | undefined {
  if (quant?.axis === undefined || op.definition.view !== true) return undefined;
  const { shape } = op.result.type;
  const extent = from[quant.axis];
  const ahead = elementCount(from.slice(0, quant.axis));
  const axis = shape.findIndex((n, d) => n === extent && elementCount(shape.slice(0, d)) === ahead);
  if (axis < 0) throw new RuleViolation('breaks up its channels');
  return tensorType(element, shape, { ...quant, axis });
}

/** quantize(move(x)) as move(quantize(x)); a clamp between them goes along, since it too goes element by element. */
function risenQuantize(func: Func, op: Op, builder: Builder): readonly Value[] | undefined {
  const { type } = op.result;
  if (type.quant?.axis !== undefined) return undefined;
  const last = op.operand(0).producer;
  const limit = last?.definition === clamp && isOnlyFor(func, last, op) ? last : undefined;
  const move = limit === undefined ? last : limit.operand(0).producer;
  if (move?.definition.moves?.(move) !== true || !isOnlyFor(func, move, limit ?? op)) return undefined;
  const floats = move.operands.filter(isFloat);
  const elements = floats.reduce((sum, v) => sum + elementCount(v.type.shape), 0);
  if (floats.length === 0 || elements > growth * elementCount(type.shape)) return undefined;
  const operands = move.operands.map((v) => {
    if (!isFloat(v)) return v;
    const limited = limit === undefined ? v : builder.create(clamp, [v], limit.attributes);
    return builder.create(quantize, [limited], op.attributes, { ...type, shape: v.type.shape });
  });
  return [builder.create(move.definition, operands, move.attributes, type)];
}
