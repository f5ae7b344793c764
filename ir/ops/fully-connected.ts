// fully_connected: rows of the input times a matrix of weights stored output by output.
import { attr } from '../attributes.ts';
import { contractionEnd } from '../contraction-end.ts';
import { defineOp, required, rule } from '../define-op.ts';
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

export const fullyConnected = defineOp({
  name: 'fully_connected',
  doc: `A matrix product: y[r, o] = clamp(bias[o] + sum over i of x[r, i] * w[o, i]), where x is taken as rows of as many elements as w has columns. The weights may be computed at run time. Sums run in order of i, a float bias is added last. ${integerWeightsDoc} Sources: TensorFlow Lite reference_integer_ops/fully_connected.h and reference/fully_connected.h; ONNX Gemm with transB.`,
  operands: [
    { name: 'x', doc: 'Any shape whose elements divide into rows.' },
    { name: 'w', doc: 'out x in; quantized per tensor or along axis 0.' },
    { name: 'bias', doc: 'One per output, in the accumulator’s scale.', optional: true },
  ],
  attributes: {
    keep_dims: attr.bool({
      fallback: false,
      doc: 'The result has x’s dimensions but the last; otherwise it is rows x out.',
    }),
    ...contractionAttributes,
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const w = required(operands, 1);
    const bias = operands[2];
    rule(w.shape.length === 2, `takes weights of rank 2, got rank ${w.shape.length}`);
    const [out, depth] = w.shape as readonly [number, number];
    const rows = elementCount(x.shape) / depth;
    rule(out > 0 && depth > 0, 'has empty weights');
    rule(Number.isInteger(rows), `cannot divide ${elementCount(x.shape)} elements into rows of ${depth}`);
    rule(bias === undefined || elementCount(bias.shape) === out, `needs a bias of ${out} values`);
    rule(!attributes.keep_dims || x.shape.at(-1) === depth, `keeps dimensions, but rows of ${depth} are not its last`);
    const shape = attributes.keep_dims ? [...x.shape.slice(0, -1), out] : [rows, out];
    return [contractionType({ x, w, bias, axis: 0 }, shape, attributes, asked)];
  },
  integer({ op, attributes, builder, rounding, note }) {
    const [x, w, bias] = [op.operand(0), op.operand(1), op.operands[2]];
    const result = op.result.type;
    if (contractionForm(x.type, result, attributes.requant) !== 'quantized') return undefined;
    const [out, depth] = w.type.shape as readonly [number, number];
    return integerContraction({
      ...{ builder, rounding, x, w, bias, result, note, depth },
      clamp: attributes.clamp,
      factors: accumulatorFactors(x.type, w.type, result, 0, 'f32'),
      // fully_connected.cc: 16-bit inputs accumulate in 64 bits unless the bias says 32.
      wide: x.type.element === 'i16' && bias?.type.element !== 'i32',
      layout: { channels: out, behind: depth },
      accumulate: (start, accumulating, type) => {
        const { keep_dims } = attributes;
        return builder.create(op.definition, [x, w, start], { keep_dims, ...accumulating }, type);
      },
    });
  },
  linear: {
    ...{ weights: 1, axis: 0, bias: 2 },
    patches: (op) => {
      const depth = op.operand(1).type.shape[1]!;
      const rows = elementCount(op.operand(0).type.shape) / depth;
      const one = [1, 1] as const;
      return {
        ...{ input: [rows, 1, 1, depth], output: one, kernel: one, stride: one, dilation: one },
        pad: [0, 0],
        groups: 1,
      };
    },
  },
  unsigned: unsignedByZeros(['input_zero', 'weights_zero']),
  reference({ operands, attributes, results }) {
    const [x, w, bias] = operands;
    const y = results[0]!;
    const [out, depth] = w!.type.shape as readonly [number, number];
    const rows = y.data.length / out;
    const { multiplyAdd, finish } = referenceArithmetic(y, attributes, floatWeightScales(x!.type, w!.type));
    const xs = x!.data as Float32Array;
    const ws = w!.data as Float32Array;
    const put = y.data as unknown as (number | bigint)[];
    for (let r = 0; r < rows; r++)
      for (let o = 0; o < out; o++) {
        let acc = 0;
        for (let i = 0; i < depth; i++) acc = multiplyAdd(acc, xs[r * depth + i]!, ws[o * depth + i]!);
        put[r * out + o] = finish(acc, bias?.data[o], o);
      }
  },
  lower({ op, attributes, operand, result, type, resultType, ...buffers }) {
    const x = type(0);
    const [out, depth] = type(1).shape as readonly [number, number];
    const rows = elementCount(resultType(0).shape) / out;
    const end = contractionEnd(attributes, { op, operand, type, ...buffers }, { channels: out, behind: depth });
    // Axes: 0 row, 1 output, 2 input.
    const [row, output, input] = [affine(0, [0, 1]), affine(0, [1, 1]), affine(0, [2, 1])];
    return [
      {
        kind: 'contraction',
        axes: [
          { name: 'row', extent: rows, role: 'parallel' },
          { name: 'out', extent: out, role: 'parallel' },
          { name: 'in', extent: depth, role: 'reduce' },
        ],
        input: { buffer: operand(0), shape: [rows, depth], index: [row, input] },
        weights: { buffer: operand(1), shape: [out, depth], index: [output, input] },
        result: { buffer: result(0), shape: [rows, out], index: [row, output] },
        inputZero: attributes.input_zero,
        weightsZero: attributes.weights_zero,
        ...(end.bias === undefined ? {} : { bias: { buffer: end.bias, shape: [out], index: [output] } }),
        biasLast: x.element === 'f32',
        accumulator: accumulatorOf(x, attributes),
        epilogue: (b, acc, index) => end.emit(b, acc, index[1] ?? b.constant(0)),
      },
    ];
  },
  macs: (op) => elementCount(op.result.type.shape) * op.operand(1).type.shape[1]!,
});
