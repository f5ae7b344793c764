// Rows of operators that take parts of a tensor: slices, splits, reversal.
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { asOutput, constantInt, movement } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';
import { resolveStridedSlice } from '../strided-slice.ts';

export const slicingRows: Rows = {
  SLICE(op) {
    const x = op.input(0);
    const begin = op.ints(1, 'begin');
    // -1 means all that is left (TensorFlow Lite micro/kernels/slice.cc).
    const size = op.ints(2, 'size').map((n, d) => (n === -1 ? (x.type.shape[d] ?? 0) - (begin[d] ?? 0) : n));
    return asOutput(op, movement(op).slice(x, begin, size));
  },
  STRIDED_SLICE(op) {
    const x = op.input(0);
    const lists = { begin: op.ints(1, 'begin'), end: op.ints(2, 'end'), strides: op.ints(3, 'strides') };
    const resolved = resolveStridedSlice(x.type.shape, { ...lists, ...op.options('StridedSliceOptions') });
    const build = movement(op);
    const part = build.slice(x, resolved.start, resolved.size, resolved.step);
    return asOutput(op, build.reshape(part, resolved.shape));
  },
  SPLIT(op) {
    const x = op.input(1);
    const axis = normalizeAxis(constantInt(op, 0, 'axis'), x.type.shape.length);
    const parts = op.operator.outputs.length;
    const extent = x.type.shape[axis]!;
    rule(parts > 0 && extent % parts === 0, `cannot split ${extent} elements into ${parts} parts`);
    return split(op, x, axis, new Array<number>(parts).fill(extent / parts));
  },
  SPLIT_V(op) {
    const x = op.input(0);
    const axis = normalizeAxis(constantInt(op, 2, 'axis'), x.type.shape.length);
    const sizes = op.ints(1, 'sizes');
    const open = sizes.indexOf(-1);
    const known = sizes.reduce((sum, n) => sum + (n === -1 ? 0 : n), 0);
    return split(op, x, axis, open < 0 ? sizes : sizes.with(open, x.type.shape[axis]! - known));
  },
  UNPACK(op) {
    const x = op.input(0);
    const axis = normalizeAxis(op.options('UnpackOptions').axis, x.type.shape.length);
    const parts = op.operator.outputs.length;
    const extent = x.type.shape[axis]!;
    rule(parts === extent, `unpacks ${extent} elements into ${parts} outputs`);
    const shape = x.type.shape.toSpliced(axis, 1);
    return op.operator.outputs.map((_, i) => {
      const build = movement(op, i);
      return asOutput(op, build.reshape(build.sliceAxis(x, axis, i, 1), shape), i);
    });
  },
  REVERSE_V2(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const axes = new Set(op.ints(1, 'axes').map((axis) => normalizeAxis(axis, shape.length)));
    const start = shape.map((n, d) => (axes.has(d) ? Math.max(0, n - 1) : 0));
    const step = shape.map((_, d) => (axes.has(d) ? -1 : 1));
    return asOutput(op, movement(op).slice(x, start, shape, step));
  },
};

/** Consecutive parts of one axis, as the outputs. */
function split(op: OperatorContext, x: Value, axis: number, sizes: readonly number[]): Value[] {
  const extent = x.type.shape[axis]!;
  const total = sizes.reduce((sum, n) => sum + n, 0);
  rule(total === extent, () => `splits ${extent} elements into parts of [${sizes.join(', ')}]`);
  rule(sizes.length === op.operator.outputs.length, 'needs a size for each output');
  let start = 0;
  return sizes.map((size, i) => {
    const part = movement(op, i).sliceAxis(x, axis, start, size);
    start += size;
    return asOutput(op, part, i);
  });
}
