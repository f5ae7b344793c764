// batch_matmul: products of stacked matrices, their leading dimensions broadcast.
import { attr } from '../attributes.ts';
import { contractionEnd } from '../contraction-end.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { type Affine, affine } from '../loops/lowering.ts';
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
import { broadcastShape, broadcastStrides, forEachIndex } from '../shapes.ts';
import { elementCount } from '../types.ts';
import { unsignedByZeros } from '../unsigned-storage.ts';

/** A stack of matrices: its leading dimensions, and rows and columns after an adjoint. */
interface Stack {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

function stackOf(shape: readonly number[], adjoint: boolean): Stack {
  const [a, b] = [shape.at(-2)!, shape.at(-1)!];
  return { batch: shape.slice(0, -2), rows: adjoint ? b : a, columns: adjoint ? a : b };
}

export const batchMatmul = defineOp({
  name: 'batch_matmul',
  doc: `Products of stacked matrices: y[..., i, j] = clamp(sum over k of x[..., i, k] * w[..., k, j]). Leading dimensions broadcast; an adjoint swaps the last two dimensions of its operand first. Sums run in order of k. ${integerWeightsDoc} Sources: TensorFlow Lite Micro kernels/batch_matmul.cc and TensorFlow Lite reference/batch_matmul.h; ONNX MatMul.`,
  operands: [
    { name: 'x', doc: 'Batch dimensions, rows, depth (depth, rows when adjoint); quantized per tensor.' },
    { name: 'w', doc: 'Batch dimensions, depth, columns (columns, depth when adjoint); quantized per tensor.' },
  ],
  attributes: {
    adjoint_x: attr.bool({ fallback: false, doc: 'x is stored transposed.' }),
    adjoint_w: attr.bool({ fallback: false, doc: 'w is stored transposed.' }),
    ...contractionAttributes,
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const w = required(operands, 1);
    rule(x.shape.length >= 2 && w.shape.length >= 2, 'takes operands of rank 2 and more');
    const a = stackOf(x.shape, attributes.adjoint_x);
    const b = stackOf(w.shape, attributes.adjoint_w);
    rule(a.columns === b.rows && a.columns > 0, `multiplies rows of ${a.columns} by columns of ${b.rows}`);
    const shape = [...broadcastShape(a.batch, b.batch), a.rows, b.columns];
    return [contractionType({ x, w }, shape, attributes, asked)];
  },
  integer({ op, attributes, builder, rounding, note }) {
    const [x, w] = [op.operand(0), op.operand(1)];
    const result = op.result.type;
    if (contractionForm(x.type, result, attributes.requant) !== 'quantized') return undefined;
    const depth = stackOf(x.type.shape, attributes.adjoint_x).columns;
    const { batch, columns } = stackOf(w.type.shape, attributes.adjoint_w);
    const inner = attributes.adjoint_w ? { behind: depth } : { before: depth };
    const layout = { stacks: elementCount(batch), channels: columns, ...inner };
    return integerContraction({
      ...{ builder, rounding, x, w, bias: undefined, result, note, depth, layout },
      clamp: attributes.clamp,
      factors: accumulatorFactors(x.type, w.type, result, -1, 'f32'),
      // batch_matmul.cc: 16-bit operands accumulate in 64 bits.
      wide: x.type.element === 'i16',
      accumulate: (_bias, accumulating, type) => {
        const { adjoint_x, adjoint_w } = attributes;
        return builder.create(op.definition, [x, w], { adjoint_x, adjoint_w, ...accumulating }, type);
      },
    });
  },
  unsigned: unsignedByZeros(['input_zero', 'weights_zero']),
  reference({ operands, attributes, results }) {
    const [x, w] = operands;
    const y = results[0]!;
    const a = stackOf(x!.type.shape, attributes.adjoint_x);
    const b = stackOf(w!.type.shape, attributes.adjoint_w);
    const batch = y.type.shape.slice(0, -2);
    const depth = a.columns;
    const strides = { x: broadcastStrides(a.batch, batch), w: broadcastStrides(b.batch, batch) };
    const step = attributes.adjoint_x ? [1, a.rows] : [depth, 1];
    const walk = attributes.adjoint_w ? [depth, 1] : [1, b.columns];
    const { multiplyAdd, finish } = referenceArithmetic(y, attributes, floatWeightScales(x!.type, w!.type));
    const xs = x!.data as Float32Array;
    const ws = w!.data as Float32Array;
    const put = y.data as unknown as (number | bigint)[];
    const startOf = (index: readonly number[], s: readonly number[]) => index.reduce((p, i, d) => p + i * s[d]!, 0);
    forEachIndex(batch, (index, flat) => {
      const fromX = startOf(index, strides.x) * a.rows * depth;
      const fromW = startOf(index, strides.w) * b.columns * depth;
      for (let i = 0; i < a.rows; i++)
        for (let j = 0; j < b.columns; j++) {
          let acc = 0;
          for (let k = 0; k < depth; k++) {
            const px = fromX + i * step[0]! + k * step[1]!;
            acc = multiplyAdd(acc, xs[px]!, ws[fromW + j * walk[0]! + k * walk[1]!]!);
          }
          put[(flat * a.rows + i) * b.columns + j] = finish(acc, undefined, 0);
        }
    });
  },
  lower({ op, attributes, operand, result, type, resultType, ...buffers }) {
    const [x, w, y] = [type(0), type(1), resultType(0)];
    const batch = y.shape.slice(0, -2);
    const depth = stackOf(x.shape, attributes.adjoint_x).columns;
    // Axes: the batch dimensions of the result, row, column, and the depth that is summed over.
    const rank = batch.length;
    const [row, column, inner] = [affine(0, [rank, 1]), affine(0, [rank + 1, 1]), affine(0, [rank + 2, 1])];
    const leading = (shape: readonly number[]): Affine[] =>
      shape
        .slice(0, -2)
        .map((extent, d) => affine(0, ...(extent === 1 ? [] : [[rank - shape.length + 2 + d, 1] as const])));
    const inOrder = attributes.adjoint_w ? { behind: depth } : { before: depth };
    const layout = { stacks: elementCount(w.shape.slice(0, -2)), channels: y.shape.at(-1)!, ...inOrder };
    const end = contractionEnd(attributes, { op, operand, type, ...buffers }, layout);
    return [
      {
        kind: 'contraction',
        axes: [
          ...batch.map((extent, d) => ({ name: `batch${d}`, extent, role: 'parallel' as const })),
          { name: 'row', extent: y.shape.at(-2)!, role: 'parallel' },
          { name: 'column', extent: y.shape.at(-1)!, role: 'parallel' },
          { name: 'inner', extent: depth, role: 'reduce' },
        ],
        input: {
          buffer: operand(0),
          shape: x.shape,
          index: [...leading(x.shape), ...(attributes.adjoint_x ? [inner, row] : [row, inner])],
        },
        weights: {
          buffer: operand(1),
          shape: w.shape,
          index: [...leading(w.shape), ...(attributes.adjoint_w ? [column, inner] : [inner, column])],
        },
        result: { buffer: result(0), shape: y.shape, index: [...leading(y.shape), row, column] },
        inputZero: attributes.input_zero,
        weightsZero: attributes.weights_zero,
        ...(end.bias === undefined ? {} : { bias: { buffer: end.bias, shape: [layout.channels], index: [column] } }),
        accumulator: accumulatorOf(x, attributes),
        epilogue: (b, acc) => end.emit(b, acc, b.constant(0)),
      },
    ];
  },
  macs: (op) =>
    elementCount(op.result.type.shape) * stackOf(op.operand(0).type.shape, op.attributes.adjoint_x === true).columns,
});
