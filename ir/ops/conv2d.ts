// conv2d: two-dimensional convolution over NHWC with OHWI weights, grouped where the weights say so.
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

export const conv2d = defineOp({
  name: 'conv2d',
  doc: `Two-dimensional convolution: y[n, i, j, o] = clamp(bias[o] + sum over ky, kx, c of x[n, i*stride + ky*dilation - pad, ..., c] * w[o, ky, kx, c]). Taps outside x contribute nothing (in the integer form: x equals its zero point there). Weights with fewer input channels than x make groups. Sums run over ky, kx, c in this order, a float bias is added last. ${integerWeightsDoc} Sources: TensorFlow Lite reference_integer_ops/conv.h and reference/conv.h; ONNX Conv.`,
  operands: [
    { name: 'x', doc: 'n x height x width x channels.' },
    { name: 'w', doc: 'out x ky x kx x (channels / groups); quantized per tensor or along axis 0.' },
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
    const [out, ky, kx, depth] = w.shape as Shape4;
    const groups = channels / depth;
    rule(depth > 0 && Number.isInteger(groups) && groups > 0, `has ${channels} input channels for weights of ${depth}`);
    rule(out > 0 && out % groups === 0, `cannot divide ${out} outputs into ${groups} groups`);
    rule(bias === undefined || elementCount(bias.shape) === out, `needs a bias of ${out} values`);
    const [rows, columns] = windowShape([height, width], [ky, kx], attributes);
    return [contractionType({ x, w, bias, axis: 0 }, [n, rows, columns, out], attributes, asked)];
  },
  integer({ op, attributes, builder, rounding, note }) {
    const [x, w, bias] = [op.operand(0), op.operand(1), op.operands[2]];
    const result = op.result.type;
    if (contractionForm(x.type, result, attributes.requant) !== 'quantized') return undefined;
    const out = w.type.shape[0]!;
    const perOutput = elementCount(w.type.shape) / out;
    return integerContraction({
      ...{ builder, rounding, x, w, bias, result, note },
      clamp: attributes.clamp,
      factors: accumulatorFactors(x.type, w.type, result, 0, 'f64'),
      // conv.cc: without a bias, or with a 32-bit one, 16-bit inputs accumulate in 32 bits.
      wide: bias?.type.element === 'i64',
      layout: { channels: out, behind: perOutput },
      depth: perOutput,
      accumulate: (start, accumulating, type) => {
        const { stride, dilation, pad } = attributes;
        return builder.create(op.definition, [x, w, start], { stride, dilation, pad, ...accumulating }, type);
      },
    });
  },
  linear: {
    ...{ weights: 1, axis: 0, bias: 2 },
    patches: (op) => windowPatches(op, op.operand(0).type.shape[3]! / op.operand(1).type.shape[3]!),
  },
  simplify: absorbPadding,
  unsigned: unsignedByZeros(['input_zero', 'weights_zero']),
  reference({ operands, attributes, results }) {
    const [x, w, bias] = operands;
    const y = results[0]!;
    const [n, height, width, channels] = x!.type.shape as Shape4;
    const [out, ky, kx, depth] = w!.type.shape as Shape4;
    const [, rows, columns] = y.type.shape as Shape4;
    const { stride, dilation, pad } = attributes;
    const { multiplyAdd, finish } = referenceArithmetic(y, attributes, floatWeightScales(x!.type, w!.type));
    const outPerGroup = out / (channels / depth);
    const xs = x!.data as Float32Array;
    const ws = w!.data as Float32Array;
    const put = y.data as unknown as (number | bigint)[];
    let at = 0;
    for (let b = 0; b < n; b++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          for (let o = 0; o < out; o++, at++) {
            const first = Math.floor(o / outPerGroup) * depth;
            let acc = 0;
            for (let u = 0; u < ky; u++) {
              const row = i * stride[0]! + u * dilation[0]! - pad[0]!;
              if (row < 0 || row >= height) continue;
              for (let v = 0; v < kx; v++) {
                const column = j * stride[1]! + v * dilation[1]! - pad[2]!;
                if (column < 0 || column >= width) continue;
                const px = ((b * height + row) * width + column) * channels + first;
                const pw = ((o * ky + u) * kx + v) * depth;
                for (let c = 0; c < depth; c++) acc = multiplyAdd(acc, xs[px + c]!, ws[pw + c]!);
              }
            }
            put[at] = finish(acc, bias?.data[o], o);
          }
  },
  lower({ op, attributes, operand, result, type, resultType, ...buffers }) {
    const x = type(0);
    const [n, height, width, channels] = x.shape as Shape4;
    const [out, ky, kx, depth] = type(1).shape as Shape4;
    const [, rows, columns] = resultType(0).shape as Shape4;
    const groups = channels / depth;
    const outPerGroup = out / groups;
    // Axes: 0 batch, 1 row, 2 column, 3 group, 4 output in its group, 5 ky, 6 kx, 7 input channel in its group.
    const output = affine(0, [3, outPerGroup], [4, 1]);
    const end = contractionEnd(
      attributes,
      { op, operand, type, ...buffers },
      { channels: out, behind: ky * kx * depth },
    );
    return [
      {
        kind: 'contraction',
        axes: [
          { name: 'batch', extent: n, role: 'parallel' },
          { name: 'row', extent: rows, role: 'parallel' },
          { name: 'column', extent: columns, role: 'parallel' },
          { name: 'group', extent: groups, role: 'parallel' },
          { name: 'out', extent: outPerGroup, role: 'parallel' },
          { name: 'ky', extent: ky, role: 'reduce' },
          { name: 'kx', extent: kx, role: 'reduce' },
          { name: 'in', extent: depth, role: 'reduce' },
        ],
        input: {
          buffer: operand(0),
          shape: [n, height, width, channels],
          index: [
            affine(0, [0, 1]),
            tapIndex(attributes, 0, 1, { axis: 5, extent: ky }),
            tapIndex(attributes, 1, 2, { axis: 6, extent: kx }),
            affine(0, [3, depth], [7, 1]),
          ],
        },
        weights: {
          buffer: operand(1),
          shape: [out, ky, kx, depth],
          index: [output, affine(0, [5, 1]), affine(0, [6, 1]), affine(0, [7, 1])],
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
        epilogue: (b, acc, index) => end.emit(b, acc, b.add(b.mul(index[3] ?? 0, outPerGroup), index[4] ?? 0)),
      },
    ];
  },
  macs: (op) => {
    const [, ky, kx, depth] = op.operand(1).type.shape as Shape4;
    return elementCount(op.result.type.shape) * ky * kx * depth;
  },
});
