// depthwise_conv2d: every input channel is convolved by kernels of its own.
import { contractionEnd } from '../contraction-end.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { absorbPadding } from '../fold-padding.ts';
import { affine } from '../loops/lowering.ts';
import {
  accumulatorFactors,
  accumulatorOf,
  contractionAttributes,
  contractionForm,
  contractionType,
  floatWeightScales,
  integerContraction,
  integerWeightsDoc,
  referenceArithmetic,
} from '../quantized-contraction.ts';
import { elementCount } from '../types.ts';
import { unsignedByZeros } from '../unsigned-storage.ts';
import { tapIndex, windowAttributes, windowPatches, windowShape } from '../window.ts';

type Shape4 = readonly [number, number, number, number];

export const depthwiseConv2d = defineOp({
  name: 'depthwise_conv2d',
  doc: `Depthwise convolution: y[n, i, j, c*m + k] = clamp(bias[c*m + k] + sum over ky, kx of x[n, i*stride + ky*dilation - pad, ..., c] * w[0, ky, kx, c*m + k]) for m kernels per channel. Taps outside x contribute nothing. Sums run over ky, kx in this order, a float bias is added last. ${integerWeightsDoc} Sources: TensorFlow Lite reference_integer_ops/depthwise_conv.h and reference/depthwiseconv_float.h.`,
  operands: [
    { name: 'x', doc: 'n x height x width x channels.' },
    { name: 'w', doc: '1 x ky x kx x (channels * m); quantized per tensor or along axis 3.' },
    { name: 'bias', doc: 'One per output channel, in the accumulator’s scale.', optional: true },
  ],
  attributes: { ...windowAttributes, ...contractionAttributes },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const w = required(operands, 1);
    const bias = operands[2];
    rule(x.shape.length === 4 && w.shape.length === 4, 'takes an input and weights of rank 4');
    const [n, height, width, channels] = x.shape as Shape4;
    const [one, ky, kx, out] = w.shape as Shape4;
    rule(one === 1, `takes weights whose first dimension is 1, got ${one}`);
    rule(out > 0 && channels > 0 && out % channels === 0, `has ${out} kernels for ${channels} channels`);
    rule(bias === undefined || elementCount(bias.shape) === out, `needs a bias of ${out} values`);
    const [rows, columns] = windowShape([height, width], [ky, kx], attributes);
    return [contractionType({ x, w, bias, axis: 3 }, [n, rows, columns, out], attributes, asked)];
  },
  integer({ op, attributes, builder, rounding, note }) {
    const [x, w, bias] = [op.operand(0), op.operand(1), op.operands[2]];
    const result = op.result.type;
    if (contractionForm(x.type, result, attributes.requant) !== 'quantized') return undefined;
    const out = w.type.shape[3]!;
    const taps = elementCount(w.type.shape) / out;
    return integerContraction({
      ...{ builder, rounding, x, w, bias, result, note },
      clamp: attributes.clamp,
      factors: accumulatorFactors(x.type, w.type, result, 3, 'f64'),
      // reference_integer_ops/depthwise_conv.h: 16-bit inputs accumulate in 64 bits, whatever the bias.
      wide: x.type.element === 'i16',
      layout: { before: taps, channels: out },
      depth: taps,
      accumulate: (start, accumulating, type) => {
        const { stride, dilation, pad } = attributes;
        return builder.create(op.definition, [x, w, start], { stride, dilation, pad, ...accumulating }, type);
      },
    });
  },
  linear: {
    ...{ weights: 1, axis: 3, bias: 2 },
    patches: (op) => windowPatches(op, op.operand(0).type.shape[3]!),
  },
  simplify: absorbPadding,
  unsigned: unsignedByZeros(['input_zero', 'weights_zero']),
  reference({ operands, attributes, results }) {
    const [x, w, bias] = operands;
    const y = results[0]!;
    const [n, height, width, channels] = x!.type.shape as Shape4;
    const [, ky, kx, out] = w!.type.shape as Shape4;
    const [, rows, columns] = y.type.shape as Shape4;
    const { stride, dilation, pad } = attributes;
    const { multiplyAdd, finish } = referenceArithmetic(y, attributes, floatWeightScales(x!.type, w!.type));
    const perChannel = out / channels;
    const xs = x!.data as Float32Array;
    const ws = w!.data as Float32Array;
    const put = y.data as unknown as (number | bigint)[];
    let at = 0;
    for (let b = 0; b < n; b++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          for (let o = 0; o < out; o++, at++) {
            const channel = Math.floor(o / perChannel);
            let acc = 0;
            for (let u = 0; u < ky; u++) {
              const row = i * stride[0]! + u * dilation[0]! - pad[0]!;
              if (row < 0 || row >= height) continue;
              for (let v = 0; v < kx; v++) {
                const column = j * stride[1]! + v * dilation[1]! - pad[2]!;
                if (column < 0 || column >= width) continue;
                const px = ((b * height + row) * width + column) * channels + channel;
                acc = multiplyAdd(acc, xs[px]!, ws[(u * kx + v) * out + o]!);
              }
            }
            put[at] = finish(acc, bias?.data[o], o);
          }
  },
  lower({ op, attributes, operand, result, type, resultType, ...buffers }) {
    const x = type(0);
    const [n, height, width, channels] = x.shape as Shape4;
    const [, ky, kx, out] = type(1).shape as Shape4;
    const [, rows, columns] = resultType(0).shape as Shape4;
    const perChannel = out / channels;
    // Axes: 0 batch, 1 row, 2 column, 3 channel, 4 kernel of the channel, 5 ky, 6 kx.
    const output = affine(0, [3, perChannel], [4, 1]);
    const end = contractionEnd(attributes, { op, operand, type, ...buffers }, { before: ky * kx, channels: out });
    return [
      {
        kind: 'contraction',
        axes: [
          { name: 'batch', extent: n, role: 'parallel' },
          { name: 'row', extent: rows, role: 'parallel' },
          { name: 'column', extent: columns, role: 'parallel' },
          { name: 'channel', extent: channels, role: 'parallel' },
          { name: 'kernel', extent: perChannel, role: 'parallel' },
          { name: 'ky', extent: ky, role: 'reduce' },
          { name: 'kx', extent: kx, role: 'reduce' },
        ],
        input: {
          buffer: operand(0),
          shape: [n, height, width, channels],
          index: [
            affine(0, [0, 1]),
            tapIndex(attributes, 0, 1, { axis: 5, extent: ky }),
            tapIndex(attributes, 1, 2, { axis: 6, extent: kx }),
            affine(0, [3, 1]),
          ],
        },
        weights: {
          buffer: operand(1),
          shape: [ky, kx, out],
          index: [affine(0, [5, 1]), affine(0, [6, 1]), output],
        },
        result: {
          buffer: result(0),
          shape: [n, rows, columns, out],
          index: [affine(0, [0, 1]), affine(0, [1, 1]), affine(0, [2, 1]), output],
        },
        inputZero: attributes.input_zero,
        weightsZero: attributes.weights_zero,
        ...(end.bias === undefined ? {} : { bias: { buffer: end.bias, shape: [out], index: [output] } }),
        biasLast: x.element === 'f32',
        accumulator: accumulatorOf(x, attributes),
        epilogue: (b, acc, index) => end.emit(b, acc, b.add(b.mul(index[3] ?? 0, perChannel), index[4] ?? 0)),
      },
    ];
  },
  macs: (op) => {
    const [, ky, kx] = op.operand(1).type.shape as Shape4;
    return elementCount(op.result.type.shape) * ky * kx;
  },
});
