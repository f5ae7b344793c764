// dequantize: integers of a quantized type, or stored half floats, to f32.
import { attr } from '../attributes.ts';
import { channelCode, channelOf } from '../channel-quantization.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { fail } from '../diagnostics.ts';
import { halfToNumber } from '../half.ts';
import { quantOf } from '../quantized.ts';
import { transposedElementwise } from '../transposition.ts';
import { isInteger, tensorType } from '../types.ts';

export const dequantize = defineOp({
  name: 'dequantize',
  doc: 'y = scale * f32(x - zero) in f32, with one scale and zero point or one per index of the quantized axis; stored half floats become the same numbers in f32. The difference is an i32, the product is rounded once, which for integers of 16 bits and fewer is the correctly rounded real value. Half floats must be constant: no target computes in them. Sources: TensorFlow Lite reference/dequantize.h; ONNX DequantizeLinear.',
  operands: [{ name: 'x', doc: 'A quantized tensor of at most 32 bits, or a constant f16 tensor.' }],
  attributes: {
    kept: attr.bool({
      fallback: false,
      doc: 'It stays an operator: neither folded nor fused with what it feeds, which computes in f32 then, though it may read constant weights as the integers that they are.',
    }),
  },
  results: ['y'],
  types({ operands }) {
    const x = required(operands, 0);
    if (x.element !== 'f16') {
      rule(isInteger(x.element) && x.element !== 'i64', `takes quantized integers or f16, got ${x.element}`);
      quantOf(x, 'input');
    }
    return [tensorType('f32', x.shape)];
  },
  transposed: transposedElementwise,
  reference({ operands, results }) {
    const { type, data } = operands[0]!;
    const y = results[0]!.data as Float32Array;
    if (type.element === 'f16') {
      for (let i = 0; i < y.length; i++) y[i] = halfToNumber(Number(data[i]));
      return;
    }
    const q = quantOf(type, 'input');
    const channel = channelOf(type, q);
    for (let i = 0; i < y.length; i++) {
      const c = channel(i);
      y[i] = Math.fround((Number(data[i]) - q.zero[c]!) | 0) * q.scale[c]!;
    }
  },
  lower({ op, operand, result, type, ...buffers }) {
    const t = type(0);
    if (t.element === 'f16') {
      fail('I8C0205', 'A tensor of 16-bit floats is computed at run time.', { where: op.location });
    }
    const x = operand(0);
    const code = channelCode(t, quantOf(t, 'input'), { operand, result, ...buffers });
    return [
      {
        kind: 'map',
        result: result(0),
        shape: code.shape,
        body: (b, index, flat) => {
          const difference = b.sub(b.load(x, flat), code.zero(b, index));
          return b.mul(b.convert(difference, 'f32'), code.scale(b, index));
        },
      },
    ];
  },
});
