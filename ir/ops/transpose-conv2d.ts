// transpose_conv2d: the gradient of a convolution used as an operator, which widens images.
import { attr } from '../attributes.ts';
import { contractionEnd } from '../contraction-end.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { affine, type ContractionLowering } from '../loops/lowering.ts';
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
import { maxPad } from '../window.ts';

type Shape4 = readonly [number, number, number, number];

export const transposeConv2d = defineOp({
  name: 'transpose_conv2d',
  doc: `Transposed convolution: every x[n, i, j, c] adds x[n, i, j, c] * w[o, ky, kx, c] to y[n, i*stride + ky - pad, j*stride + kx - pad, o] where that is inside y; then bias[o] is added and the result clamped. Sums run over i, j, c in this order. ${integerWeightsDoc} Sources: TensorFlow Lite reference_integer_ops/transpose_conv.h and reference/transpose_conv.h; ONNX ConvTranspose.`,
  operands: [
    { name: 'x', doc: 'n x height x width x channels.' },
    { name: 'w', doc: 'out x ky x kx x channels; quantized per tensor or along axis 0.' },
    { name: 'bias', doc: 'One per output channel, in the accumulator’s scale.', optional: true },
  ],
  attributes: {
    stride: attr.ints({ length: 2, min: 1, fallback: [1, 1], doc: 'Vertical, horizontal step in y.' }),
    pad: attr.ints({ length: 2, min: 0, fallback: [0, 0], doc: 'Rows and columns cut off at the top and left.' }),
    extent: attr.ints({ length: 2, min: 1, doc: 'Rows and columns of y.' }),
    ...contractionAttributes,
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const w = required(operands, 1);
    const bias = operands[2];
    rule(x.shape.length === 4 && w.shape.length === 4, 'takes an input and weights of rank 4');
    const [n, , , channels] = x.shape as Shape4;
    const [out, ky, kx, depth] = w.shape as Shape4;
    rule(depth > 0 && channels === depth, `has ${channels} input channels for weights of ${depth}`);
    rule(out > 0 && ky > 0 && kx > 0, 'has empty weights');
    rule(bias === undefined || elementCount(bias.shape) === out, `needs a bias of ${out} values`);
    const { pad, extent } = attributes;
    rule(
      pad.every((p) => p <= maxPad),
      `cuts off more than ${maxPad}`,
    );
    return [contractionType({ x, w, bias, axis: 0 }, [n, extent[0]!, extent[1]!, out], attributes, asked)];
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
      // transpose_conv.cc: 16-bit inputs accumulate in 64 bits, whatever the bias.
      wide: x.type.element === 'i16',
      layout: { channels: out, behind: perOutput },
      depth: perOutput,
      accumulate: (start, accumulating, type) => {
        const { stride, pad, extent } = attributes;
        return builder.create(op.definition, [x, w, start], { stride, pad, extent, ...accumulating }, type);
      },
    });
  },
  linear: { weights: 1, axis: 0, bias: 2 },
  unsigned: unsignedByZeros(['input_zero', 'weights_zero']),
  reference({ operands, attributes, results }) {
    const [x, w, bias] = operands;
    const y = results[0]!;
    const [n, height, width, channels] = x!.type.shape as Shape4;
    const [out, ky, kx] = w!.type.shape as Shape4;
    const [, rows, columns] = y.type.shape as Shape4;
    const { stride, pad } = attributes;
    const { multiplyAdd, finish } = referenceArithmetic(y, attributes, floatWeightScales(x!.type, w!.type));
    const xs = x!.data as Float32Array;
    const ws = w!.data as Float32Array;
    const sums = new Float64Array(y.data.length);
    for (let b = 0; b < n; b++)
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++)
          for (let u = 0; u < ky; u++) {
            const row = i * stride[0]! + u - pad[0]!;
            if (row < 0 || row >= rows) continue;
            for (let v = 0; v < kx; v++) {
              const column = j * stride[1]! + v - pad[1]!;
              if (column < 0 || column >= columns) continue;
              const px = ((b * height + i) * width + j) * channels;
              const py = ((b * rows + row) * columns + column) * out;
              for (let o = 0; o < out; o++) {
                const pw = ((o * ky + u) * kx + v) * channels;
                for (let c = 0; c < channels; c++) sums[py + o] = multiplyAdd(sums[py + o]!, xs[px + c]!, ws[pw + c]!);
              }
            }
          }
    const put = y.data as unknown as (number | bigint)[];
    for (let p = 0; p < sums.length; p++) put[p] = finish(sums[p]!, bias?.data[p % out], p % out);
  },
  lower({ op, attributes, operand, result, type, resultType, ...buffers }) {
    const x = type(0);
    const [n, height, width, channels] = x.shape as Shape4;
    const [out, ky, kx] = type(1).shape as Shape4;
    const [, rows, columns] = resultType(0).shape as Shape4;
    const { stride, pad } = attributes;
    const end = contractionEnd(
      attributes,
      { op, operand, type, ...buffers },
      { channels: out, behind: ky * kx * channels },
    );
    // Axes: 0 batch, 1 row period, 2 column period, 3 row phase, 4 column phase, 5 output channel; 6, 7 taps of the
    // phase, in order of the input's rows and columns; 8 input channel.
    const output = affine(0, [5, 1]);
    const part = (v: PhaseRange, h: PhaseRange): ContractionLowering => ({
      kind: 'contraction',
      axes: [
        { name: 'batch', extent: n, role: 'parallel' },
        { name: 'row', extent: v.periods, role: 'parallel' },
        { name: 'column', extent: h.periods, role: 'parallel' },
        { name: 'row_phase', extent: v.phases, role: 'parallel' },
        { name: 'column_phase', extent: h.phases, role: 'parallel' },
        { name: 'out', extent: out, role: 'parallel' },
        { name: 'ky', extent: v.taps, role: 'reduce' },
        { name: 'kx', extent: h.taps, role: 'reduce' },
        { name: 'in', extent: channels, role: 'reduce' },
      ],
      input: {
        buffer: operand(0),
        shape: [n, height, width, channels],
        index: [
          affine(0, [0, 1]),
          v.taps === 0 ? affine(0) : affine(v.firstInput, [1, 1], [6, 1]),
          h.taps === 0 ? affine(0) : affine(h.firstInput, [2, 1], [7, 1]),
          affine(0, [8, 1]),
        ],
      },
      weights: {
        buffer: operand(1),
        shape: [out, ky, kx, channels],
        index: [
          output,
          affine(v.firstTap, [3, 1], [6, -stride[0]!]),
          affine(h.firstTap, [4, 1], [7, -stride[1]!]),
          affine(0, [8, 1]),
        ],
      },
      result: {
        buffer: result(0),
        shape: [n, rows, columns, out],
        index: [
          affine(0, [0, 1]),
          affine(v.firstOutput, [1, stride[0]!], [3, 1]),
          affine(h.firstOutput, [2, stride[1]!], [4, 1]),
          output,
        ],
      },
      inputZero: attributes.input_zero,
      weightsZero: attributes.weights_zero,
      ...(end.bias === undefined ? {} : { bias: { buffer: end.bias, shape: [out], index: [output] } }),
      biasLast: x.element === 'f32',
      accumulator: accumulatorOf(x, attributes),
      epilogue: (b, acc, index) => end.emit(b, acc, index[5] ?? b.constant(0)),
    });
    const vertical = phaseRanges(rows, ky, stride[0]!, pad[0]!);
    const horizontal = phaseRanges(columns, kx, stride[1]!, pad[1]!);
    return vertical.flatMap((v) => horizontal.map((h) => part(v, h)));
  },
  macs: (op) => {
    const [out, ky, kx] = op.operand(1).type.shape as Shape4;
    return elementCount(op.operand(0).type.shape) * out * ky * kx;
  },
});

/**
 * Consecutive phases of one dimension whose outputs are computed by the same loops. Outputs that lie `stride` apart have
 * the same taps: they are one phase. Output firstOutput + phase + stride * period sums, over t < taps, input
 * firstInput + period + t times tap firstTap + phase - stride * t.
 */
interface PhaseRange {
  readonly phases: number;
  readonly periods: number;
  readonly taps: number;
  readonly firstOutput: number;
  readonly firstInput: number;
  readonly firstTap: number;
}

/**
 * The phases of a dimension of `extent` outputs, grouped. Phases differ in their number of taps only where the kernel
 * does not divide by the stride, and in their number of outputs where the extent does not: at most four groups, however
 * large the stride is.
 */
export function phaseRanges(extent: number, kernel: number, stride: number, pad: number): PhaseRange[] {
  const phaseCount = Math.min(stride, extent);
  // The first output of a phase lies at `position` + pad in the uncut result: that is tap (position + pad) mod stride
  // of the input (position + pad) div stride, and every stride-th tap of the inputs before it.
  const describe = (first: number) => {
    const tap = (first + pad) % stride;
    return {
      tap,
      input: Math.floor((first + pad) / stride),
      taps: Math.max(0, Math.ceil((kernel - tap) / stride)),
      periods: Math.ceil((extent - first) / stride),
    };
  };
  const ranges: PhaseRange[] = [];
  let start = 0;
  // Within a range, one more phase is one more tap; ends are where tap wraps, taps or periods change.
  while (start < phaseCount) {
    const { tap, input, taps, periods } = describe(start);
    const untilWrap = stride - tap;
    const untilTaps = taps === 0 ? stride : kernel - (taps - 1) * stride - tap;
    const untilPeriods = extent - start - (periods - 1) * stride;
    const phases = Math.min(phaseCount - start, untilWrap, untilTaps, untilPeriods);
    ranges.push({
      phases,
      periods,
      taps,
      firstOutput: start,
      firstInput: input - Math.max(0, taps - 1),
      firstTap: tap + Math.max(0, taps - 1) * stride,
    });
    start += phases;
  }
  return ranges;
}
