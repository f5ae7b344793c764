// clamp: the relu family, as real bounds.
import { attr } from '../attributes.ts';
import { changeScale } from '../change-scale.ts';
import { factorsOfFirst, signsPassing } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { saturate } from '../numerics.ts';
import { quantizedBounds, scaleAndZero } from '../quantized.ts';
import { transposedElementwise } from '../transposition.ts';
import { elementCount, isInteger, sameQuantization, tensorType } from '../types.ts';

export const clamp = defineOp({
  name: 'clamp',
  doc: 'y = min(max(x, min), max) with real bounds: relu is [0, inf], relu6 is [0, 6]. On quantized integers the bounds are quantized with the result’s parameters; a result of another scale is requantized. NaN stays NaN. Sources: TensorFlow Lite kernels/activations.cc; TensorFlow Lite Micro activations_common.cc; ONNX Clip.',
  operands: [{ name: 'x', doc: 'f32, or integers quantized as a whole.' }],
  attributes: {
    min: attr.float({ fallback: Number.NEGATIVE_INFINITY, doc: 'Least real result.' }),
    max: attr.float({ fallback: Number.POSITIVE_INFINITY, doc: 'Greatest real result, at least `min`.' }),
  },
  results: ['y'],
  factors(op) {
    const signs = signsPassing([op.attributes.min as number, op.attributes.max as number]);
    return signs && factorsOfFirst(signs)(op);
  },
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    rule(attributes.min <= attributes.max, `has an empty interval [${attributes.min}, ${attributes.max}]`);
    if (x.element === 'f32') return [x];
    rule(isInteger(x.element) && x.element !== 'i64', `takes f32 or quantized integers, got ${x.element}`);
    const y = asked?.[0] ?? x;
    rule(y.element === x.element, `keeps the element type, got ${x.element} and ${y.element}`);
    scaleAndZero(x, 'input');
    scaleAndZero(y, 'result');
    return [tensorType(x.element, x.shape, y.quant)];
  },
  simplify({ op }) {
    const isBounded = Number.isFinite(op.attributes.min) || Number.isFinite(op.attributes.max);
    return isBounded || op.result.type.element !== 'f32' ? undefined : [op.operand(0)];
  },
  integer({ op, attributes, builder, rounding }) {
    const x = op.operand(0);
    const y = op.result.type;
    if (y.quant === undefined || sameQuantization(x.type.quant, y.quant)) return undefined;
    return [changeScale(builder, x, y, rounding, [attributes.min, attributes.max])];
  },
  reference({ operands, attributes, results }) {
    const x = operands[0]!.data as Float32Array;
    const y = results[0]!.data as Float32Array;
    const { type } = results[0]!;
    const { min, max } = attributes;
    const [low, high] =
      type.quant === undefined ? [Math.fround(min), Math.fround(max)] : quantizedBounds(type, [min, max]);
    for (let i = 0; i < y.length; i++) y[i] = saturate(x[i]!, low, high);
  },
  lower({ attributes, operand, result, resultType }) {
    const y = resultType(0);
    const x = operand(0);
    const { min, max } = attributes;
    const bounds = y.quant === undefined ? undefined : quantizedBounds(y, [min, max]);
    return [
      {
        kind: 'map',
        result: result(0),
        shape: [elementCount(y.shape)],
        body: (b, _index, flat) => {
          const value = b.load(x, flat);
          if (bounds !== undefined) return b.clamp(value, bounds[0], bounds[1]);
          const raised = min === Number.NEGATIVE_INFINITY ? value : b.max(value, b.f32(min));
          return max === Number.POSITIVE_INFINITY ? raised : b.min(raised, b.f32(max));
        },
      },
    ];
  },
  transposed: transposedElementwise,
  inPlace: () => [0],
});
