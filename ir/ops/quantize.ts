// quantize: f32, or the integers of another quantized type, to the integers of a quantized type.
import { attr } from '../attributes.ts';
import { changeScale } from '../change-scale.ts';
import { channelCode, channelOf } from '../channel-quantization.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { quantizedElement, quantizeElement } from '../quantize-element.ts';
import { quantOf, scaleAndZero } from '../quantized.ts';
import { tabulateReal } from '../real-table.ts';
import { transposedElementwise } from '../transposition.ts';
import { integerRange, isInteger, sameQuantization, tensorType } from '../types.ts';
import { dequantize } from './dequantize.ts';
import { isTabulated } from './lookup.ts';

export const quantize = defineOp({
  name: 'quantize',
  doc: 'y = clamp(round(x / scale) + zero): real numbers as the integers of the result’s type, with one scale and zero point or one per index of the quantized axis. The quotient is an f32; NaN gives the zero point. Quantized integers stand for their real numbers: they become a `requantize`, or a `lookup` where they have 8 bits. Sources: TensorFlow Lite reference/quantize.h and requantize.h (ties away from zero); ONNX QuantizeLinear (ties to even).',
  operands: [{ name: 'x', doc: 'f32, or integers of at most 32 bits quantized as a whole.' }],
  attributes: {
    ties: attr.word(['away', 'even'], { fallback: 'away', doc: 'Where a quotient halfway between two integers goes.' }),
  },
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    const y = asked?.[0];
    if (x.element !== 'f32') {
      rule(isInteger(x.element) && x.element !== 'i64', `takes f32 or quantized integers, got ${x.element}`);
      scaleAndZero(x, 'input');
    }
    rule(y !== undefined && isInteger(y.element) && y.element !== 'i64', 'needs a quantized result type given');
    const q = quantOf(y, 'result');
    const { min, max } = integerRange(y.element);
    // Otherwise the sum of a quotient and a zero point need not fit 32 bits.
    rule(y.element !== 'i32' || q.zero.every((z) => z === 0), 'needs a zero point of 0 for i32 results');
    rule(
      q.zero.every((z) => z >= min && z <= max),
      `has a zero point outside ${y.element}`,
    );
    return [tensorType(y.element, x.shape, q)];
  },
  integer({ op, attributes, builder, rounding }) {
    const x = op.operand(0);
    const y = op.result.type;
    if (x.type.element === 'f32') return undefined;
    if (x.type.element === y.element && sameQuantization(x.type.quant, y.quant)) return [x];
    // ONNX says both steps: DequantizeLinear, then QuantizeLinear.
    if (rounding === 'half-even' && isTabulated(x.type) && isTabulated(y))
      return [tabulateReal(builder, x, y, rounding, (real) => real)];
    if (rounding === 'half-even')
      return [builder.create(op.definition, [builder.create(dequantize, [x])], attributes, y)];
    return [changeScale(builder, x, y, rounding)];
  },
  transposed: transposedElementwise,
  reference({ operands, attributes, results }) {
    const x = operands[0]!.data as Float32Array;
    const { type, data } = results[0]!;
    const y = data as Int32Array;
    const q = quantOf(type, 'result');
    const channel = channelOf(type, q);
    for (let i = 0; i < y.length; i++) {
      const c = channel(i);
      y[i] = quantizedElement(x[i]!, q.scale[c]!, q.zero[c]!, type.element, attributes.ties);
    }
  },
  lower({ attributes, operand, result, resultType, ...buffers }) {
    const y = resultType(0);
    const x = operand(0);
    const code = channelCode(y, quantOf(y, 'result'), { operand, result, ...buffers });
    return [
      {
        kind: 'map',
        result: result(0),
        shape: code.shape,
        body: (b, index, flat) => {
          const value = b.load(x, flat);
          const parameters = { scale: code.scale(b, index), zero: code.zero(b, index) };
          return quantizeElement(b, value, parameters, y.element, attributes.ties);
        },
      },
    ];
  },
});
