// gather: slices of a tensor chosen by an index tensor.
import { attr } from '../attributes.ts';
import { splitAtAxis } from '../channel-quantization.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { clampedIndex, clampedNumber, isIndexElement } from '../index-operand.ts';
import { movedType } from '../moved-type.ts';
import { refuseHalfFloats } from '../strided-copy.ts';
import { copyRun, numbersOf } from '../tensor-data.ts';
import { elementCount, sameShape } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';
import { constantOf } from './constant.ts';
import { reshape } from './reshape.ts';
import { slice } from './slice.ts';

export const gather = defineOp({
  name: 'gather',
  doc: 'Slices of x chosen by an index tensor. y[b, o, i, r] = x[b, o, indices[b, i], r]: the batch dimensions that x and indices share, those of x ahead of the axis, those of indices, those of x behind the axis. An index outside the axis takes the nearest inside: formats call it an error, firmware has nowhere to report it, and no read may leave x. Sources: TensorFlow Lite micro/kernels/gather.cc; ONNX Gather.',
  operands: [
    { name: 'x', doc: 'Any tensor of rank at least 1.' },
    { name: 'indices', doc: 'i32 or i64, any shape that starts with the batch dimensions.' },
  ],
  attributes: {
    axis: attr.int({ min: 0, doc: 'The dimension of x that the indices count.' }),
    batch_dims: attr.int({ min: 0, fallback: 0, doc: 'Leading dimensions that x and indices share.' }),
  },
  results: ['y'],
  moves: () => true,
  types({ operands, attributes: { axis, batch_dims } }) {
    const x = required(operands, 0);
    const indices = required(operands, 1);
    rule(isIndexElement(indices.element), `takes i32 or i64 indices, got ${indices.element}`);
    rule(axis < x.shape.length, `axis ${axis} is outside rank ${x.shape.length}`);
    rule(batch_dims <= axis && batch_dims <= indices.shape.length, `cannot share ${batch_dims} batch dimensions`);
    const batch = x.shape.slice(0, batch_dims);
    rule(sameShape(batch, indices.shape.slice(0, batch_dims)), 'needs equal batch dimensions');
    const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batch_dims), ...x.shape.slice(axis + 1)];
    rule(x.shape[axis]! > 0 || elementCount(shape) === 0, 'cannot choose from a dimension without elements');
    return [movedType(x, shape)];
  },
  simplify({ op, builder }) {
    const x = op.operand(0);
    const { axis, batch_dims } = op.attributes as { axis: number; batch_dims: number };
    const indices = constantOf(op.operand(1));
    const run = indices && batch_dims === 0 ? regularIndices(numbersOf(indices), x.type.shape[axis]!) : undefined;
    if (run === undefined) return undefined;
    const taken = builder.create(slice, [x], {
      start: x.type.shape.map((_, d) => (d === axis ? run.start : 0)),
      size: x.type.shape.with(axis, run.count),
      step: x.type.shape.map((_, d) => (d === axis ? run.step : 1)),
    });
    return [builder.create(reshape, [taken], { shape: op.result.type.shape })];
  },
  unsigned: unsignedAlike,
  transposed({ attributes, operands }, perm) {
    // One index dimension takes the place of the axis; others would need a place in z.
    if (attributes.batch_dims !== 0 || operands[1]?.type.shape.length !== 1) return undefined;
    return { attributes: { ...attributes, axis: perm[attributes.axis as number]! }, perm, result: perm, kept: [1] };
  },
  reference({ operands, attributes: { axis, batch_dims }, results }) {
    const [x, indices] = [operands[0]!, operands[1]!];
    const y = results[0]!.data;
    const [ahead, extent, run] = splitAtAxis(x.type.shape, axis);
    const batches = elementCount(x.type.shape.slice(0, batch_dims));
    const chosen = indices.data.length / batches;
    if (y.length === 0) return;
    for (let row = 0, at = 0; row < ahead; row++) {
      const batch = Math.floor(row / (ahead / batches));
      for (let i = 0; i < chosen; i++, at += run) {
        const from = (row * extent + clampedNumber(indices.data[batch * chosen + i]!, extent)) * run;
        copyRun(y, at, x.data, from, from + run);
      }
    }
  },
  lower({ attributes: { axis, batch_dims }, operand, result, type, resultType }) {
    if (elementCount(resultType(0).shape) === 0) return [];
    const x = operand(0);
    refuseHalfFloats(x);
    const { shape } = type(0);
    const indices = operand(1);
    const [, extent, run] = splitAtAxis(shape, axis);
    const batches = elementCount(shape.slice(0, batch_dims));
    const outer = elementCount(shape.slice(batch_dims, axis));
    const chosen = elementCount(type(1).shape.slice(batch_dims));
    return [
      {
        kind: 'map',
        result: result(0),
        shape: [batches, outer, chosen, run],
        body: (b, [batch, row, i, inner]) => {
          const at = clampedIndex(b, b.load(indices, b.flatten([batches, chosen], [batch!, i!])), extent);
          return b.load(x, b.flatten([batches, outer, extent, run], [batch!, row!, at, inner!]));
        },
      },
    ];
  },
});

/** Indices inside [0, extent) at equal distances, which a slice takes; undefined for others. */
function regularIndices(
  indices: readonly number[],
  extent: number,
): { start: number; step: number; count: number } | undefined {
  const [start, second] = indices;
  if (start === undefined || !indices.every((i) => i >= 0 && i < extent)) return undefined;
  const step = second === undefined ? 1 : second - start;
  const regular = step !== 0 && indices.every((index, i) => index === start + i * step);
  return regular ? { start, step, count: indices.length } : undefined;
}
