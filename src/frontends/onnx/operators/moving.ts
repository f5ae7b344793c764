// Rows of operators that move elements without computing: joining, cutting, choosing by index, padding, tiling.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { broadcastTo } from '../../../../ir/ops/broadcast-to.ts';
import { less } from '../../../../ir/ops/comparison.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { gatherNd } from '../../../../ir/ops/gather-nd.ts';
import { mirrorPad } from '../../../../ir/ops/mirror-pad.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import type { NodeContext, Rows } from '../node-context.ts';

export const movingRows: Rows = {
  Concat(op) {
    const parts = op.inputs();
    rule(parts.length > 0, 'has no operands');
    return op.emit(concat, parts, { axis: normalizeAxis(op.int('axis'), parts[0]!.type.shape.length) });
  },
  Split(op) {
    const x = op.input(0);
    const axis = normalizeAxis(op.int('axis', 0), x.type.shape.length);
    const extent = x.type.shape[axis]!;
    const sizes =
      (op.opset < 13 ? op.ints('split') : op.has(1) ? op.constantInts(1, 'sizes') : undefined) ??
      equalParts(op, extent);
    const total = sizes.reduce((n, size) => n + size, 0);
    rule(total === extent, () => `splits ${extent} elements into parts of [${sizes.join(', ')}]`);
    let start = 0;
    return sizes.map((size) => {
      const part = sliceAxis(op, x, axis, start, size);
      start += size;
      return part;
    });
  },
  Slice(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const attribute = op.opset < 10;
    const list = (name: string, operand: number) => (attribute ? op.ints(name) : op.constantInts(operand, name));
    const starts = list('starts', 1) ?? op.fail('I8C0207', 'The starts are missing.');
    const ends = list('ends', 2) ?? op.fail('I8C0207', 'The ends are missing.');
    const axes =
      (attribute ? op.ints('axes') : op.has(3) ? op.constantInts(3, 'axes') : undefined) ?? starts.map((_, d) => d);
    const steps = (!attribute && op.has(4) ? op.constantInts(4, 'steps') : undefined) ?? starts.map(() => 1);
    const count = starts.length;
    rule(ends.length === count && axes.length === count && steps.length === count, 'has lists of unequal lengths');
    const [start, size, step] = [shape.map(() => 0), [...shape], shape.map(() => 1)];
    for (const [i, given] of axes.entries()) {
      const axis = normalizeAxis(given, shape.length);
      const range = sliceRange(shape[axis]!, starts[i]!, ends[i]!, steps[i]!);
      [start[axis], size[axis], step[axis]] = [range.start, range.count, steps[i]!];
    }
    return op.emit(slice, [x], { start, size, step });
  },
  Gather(op) {
    const x = op.input(0);
    const axis = normalizeAxis(op.int('axis', 0), x.type.shape.length);
    return op.emit(gather, [x, wrapped(op, op.input(1), [x.type.shape[axis]!])], { axis });
  },
  GatherND(op) {
    const [x, indices] = [op.input(0), op.input(1)];
    const batch = op.int('batch_dims', 0);
    const depth = indices.type.shape.at(-1) ?? 0;
    const counted = wrapped(op, indices, x.type.shape.slice(batch, batch + depth));
    return batch === 0 ? op.emit(gatherNd, [x, counted]) : op.emit(gatherNd, [x, withBatch(op, counted, batch)]);
  },
  Pad(op) {
    const x = op.input(0);
    const { shape, element } = x.type;
    const mode = op.string('mode', 'constant');
    const pads = (op.opset < 11 ? (op.ints('pads') ?? op.ints('paddings')) : op.constantInts(1, 'pads')) ?? [];
    const axes = op.has(3)
      ? op.constantInts(3, 'axes').map((a) => normalizeAxis(a, shape.length))
      : shape.map((_, d) => d);
    rule(pads.length === 2 * axes.length, () => `needs ${2 * axes.length} pads, got ${pads.length}`);
    const along = (from: number) => shape.map((_, d) => (axes.includes(d) ? pads[from + axes.indexOf(d)]! : 0));
    const [before, after] = [along(0), along(axes.length)];
    const cut = cutAway(op, x, before, after);
    const [front, back] = [before, after].map((list) => list.map((n) => Math.max(0, n)));
    if (mode === 'constant') {
      const value = op.opset < 11 ? op.float('value', 0) : op.has(2) ? Number(op.constant(2, 'value').data[0] ?? 0) : 0;
      return op.emit(pad, [cut], {
        before: front!,
        after: back!,
        value: element === 'bool' ? Number(value !== 0) : value,
      });
    }
    if (mode === 'reflect') return op.emit(mirrorPad, [cut], { before: front!, after: back!, mode: 'reflect' });
    if (mode === 'edge' || mode === 'wrap') return bordered(op, cut, front!, back!, mode);
    return op.unsupported(`The mode is ${JSON.stringify(mode)}.`);
  },
  Tile(op) {
    const x = op.input(0);
    const repeats = op.constantInts(1, 'repeats');
    const { shape } = x.type;
    rule(repeats.length === shape.length, () => `needs ${shape.length} repeats, got ${repeats.length}`);
    const interleaved = shape.flatMap((extent) => [1, extent]);
    const spread = shape.flatMap((extent, d) => [repeats[d]!, extent]);
    const copies = op.emit(broadcastTo, [op.emit(reshape, [x], { shape: interleaved })], { shape: spread });
    return op.emit(reshape, [copies], { shape: shape.map((extent, d) => extent * repeats[d]!) });
  },
  DepthToSpace(op) {
    const x = op.input(0);
    const [n = 1, c = 1, h = 1, w = 1] = x.type.shape;
    const block = op.int('blocksize');
    rule(
      x.type.shape.length === 4 && block > 0 && c % (block * block) === 0,
      'needs channels for every place of a block',
    );
    const depth = c / (block * block);
    const columnRow = op.string('mode', 'DCR') === 'CRD';
    const split = columnRow ? [n, depth, block, block, h, w] : [n, block, block, depth, h, w];
    const perm = columnRow ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
    const moved = op.emit(transpose, [op.emit(reshape, [x], { shape: split })], { perm });
    return op.emit(reshape, [moved], { shape: [n, depth, h * block, w * block] });
  },
  SpaceToDepth(op) {
    const x = op.input(0);
    const [n = 1, c = 1, h = 1, w = 1] = x.type.shape;
    const block = op.int('blocksize');
    rule(
      x.type.shape.length === 4 && block > 0 && h % block === 0 && w % block === 0,
      'needs a whole number of blocks',
    );
    const split = [n, c, h / block, block, w / block, block];
    const moved = op.emit(transpose, [op.emit(reshape, [x], { shape: split })], { perm: [0, 3, 5, 1, 2, 4] });
    return op.emit(reshape, [moved], { shape: [n, c * block * block, h / block, w / block] });
  },
};

/** Part `count` from `start` of one axis. */
export function sliceAxis(op: NodeContext, x: Value, axis: number, start: number, count: number): Value {
  const { shape } = x.type;
  rule(axis < shape.length, () => `takes a part along axis ${axis} of a tensor of rank ${shape.length}`);
  return op.emit(slice, [x], { start: shape.map((_, d) => (d === axis ? start : 0)), size: shape.with(axis, count) });
}

/** As many parts as outputs, or as `num_outputs`; the last is smaller where they do not divide (Split-18). */
function equalParts(op: NodeContext, extent: number): number[] {
  const parts = op.int('num_outputs', op.outputCount);
  rule(parts > 0 && parts <= 65536, () => `cannot split into ${parts} parts`);
  const size = Math.ceil(extent / parts);
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(size, extent - i * size)));
}

/** Which elements numpy's start:end:step takes of an axis. */
function sliceRange(extent: number, start: number, end: number, step: number): { start: number; count: number } {
  rule(step !== 0, 'has a step of 0');
  const fromEnd = (i: number) => (i < 0 ? i + extent : i);
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const first = Math.max(step > 0 ? 0 : -1, Math.min(fromEnd(start), high));
  const last = Math.max(low, Math.min(fromEnd(end), high));
  const count = Math.max(0, Math.ceil((last - first) / step));
  return { start: count === 0 ? 0 : first, count };
}

/** Indices that count from the end where negative: `extents` are those of the dimensions that they count, in turn. */
export function wrapped(op: NodeContext, indices: Value, extents: readonly number[]): Value {
  const known = constantOf(indices);
  const { element } = indices.type;
  rule(element === 'i32' || element === 'i64', () => `takes i32 or i64 indices, not ${element}`);
  if (known !== undefined) {
    const values = Array.from(known.data as ArrayLike<number | bigint>, (x, i) => {
      const extent = extents[i % extents.length] ?? 0;
      const index = Number(x) < 0 ? Number(x) + extent : Number(x);
      rule(index >= 0 && index < extent, () => `takes element ${x} of a dimension of ${extent}`);
      return index;
    });
    return op.numbers(element, indices.type.shape, values);
  }
  const extent =
    extents.length === 1 ? op.scalar(element, extents[0]!) : op.numbers(element, [extents.length], extents);
  return op.emit(select, [op.emit(less, [indices, op.scalar(element, 0)]), op.emit(add, [indices, extent]), indices]);
}

/** Indices with the positions of their leading `batch` dimensions written before them. */
function withBatch(op: NodeContext, indices: Value, batch: number): Value {
  const { shape, element } = indices.type;
  const positions = Array.from({ length: batch }, (_, d) => {
    const counting = op.numbers(
      element,
      shape.map((_, i) => (i === d ? shape[d]! : 1)),
      op.counting(shape[d]!),
    );
    return op.emit(broadcastTo, [counting], { shape: shape.with(-1, 1) });
  });
  return op.emit(concat, [...positions, indices], { axis: shape.length - 1 });
}

/** Negative pads take elements away. */
function cutAway(op: NodeContext, x: Value, before: readonly number[], after: readonly number[]): Value {
  if (![...before, ...after].some((n) => n < 0)) return x;
  const start = before.map((n) => Math.max(0, -n));
  const size = x.type.shape.map((extent, d) => extent - start[d]! - Math.max(0, -after[d]!));
  return op.emit(slice, [x], { start, size });
}

/** Borders that repeat the edge, or go on at the other end; one axis after the other. */
function bordered(
  op: NodeContext,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  mode: 'edge' | 'wrap',
): Value {
  return x.type.shape.reduce((y, extent, axis) => {
    const [front, back] = [before[axis]!, after[axis]!];
    if (front === 0 && back === 0) return y;
    rule(extent > 0, 'has no elements to repeat');
    op.checkMade(front + extent + back);
    const source = (i: number) =>
      mode === 'edge' ? Math.max(0, Math.min(i, extent - 1)) : ((i % extent) + extent) % extent;
    const indices = Array.from({ length: front + extent + back }, (_, i) => source(i - front));
    return op.emit(gather, [y, op.numbers('i32', [indices.length], indices)], { axis });
  }, x);
}
