// Rows of operators that read a grid at computed places, or add pieces into one.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (GridSample, AffineGrid, Col2Im).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { greater, greaterEqual, lessEqual } from '../../../../ir/ops/comparison.ts';
import { floor, round } from '../../../../ir/ops/elementary.ts';
import { floorMod } from '../../../../ir/ops/floor-div.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { logicalAnd } from '../../../../ir/ops/logical.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs } from '../../../../ir/ops/sign.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { elementCount } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { spreadTaps } from './convolution.ts';
import { sliceAxis } from './moving.ts';

export const samplingRows: Rows = {
  GridSample: (op) => new GridSampler(op).sample(),
  AffineGrid(op) {
    const theta = op.input(0);
    const size = op.constantInts(1, 'size').slice(2);
    const [batch = 0, rank = 0, width = 0] = theta.type.shape;
    rule(
      rank === size.length && width === rank + 1 && (rank === 2 || rank === 3),
      'takes matrices of 2 or 3 dimensions',
    );
    const total = elementCount(size);
    rule(total <= 2 ** 22 && size.every((n) => n > 0), () => `makes a grid of [${size.join(', ')}]`);
    const corners = op.flag('align_corners');
    const position = (i: number, n: number) => (corners ? (n === 1 ? 0 : -1 + (2 * i) / (n - 1)) : (2 * i + 1) / n - 1);
    // Homogeneous coordinates, the last axis of the image first.
    const points = Array.from({ length: total }, (_, i) => {
      const coordinates: number[] = [];
      let rest = i;
      for (const n of size.toReversed()) {
        coordinates.push(position(rest % n, n));
        rest = Math.floor(rest / n);
      }
      return [...coordinates, 1];
    }).flat();
    const grid = op.emit(batchMatmul, [op.numbers('f32', [1, total, rank + 1], points), theta], { adjoint_w: true });
    return op.emit(reshape, [grid], { shape: [batch, ...size, rank] });
  },
  Col2Im(op) {
    const x = op.input(0);
    const [image, block] = [op.constantInts(1, 'image shape'), op.constantInts(2, 'block shape')];
    const rank = image.length;
    const list = (name: string, fallback: number) => op.ints(name) ?? new Array<number>(rank).fill(fallback);
    const [stride, dilation, pads] = [
      list('strides', 1),
      list('dilations', 1),
      op.ints('pads') ?? new Array<number>(2 * rank).fill(0),
    ];
    rule(
      block.length === rank && stride.length === rank && dilation.length === rank && pads.length === 2 * rank,
      'has lists of unequal lengths',
    );
    rule(
      [...image, ...block, ...stride, ...dilation].every((n) => n > 0 && n <= 2 ** 20),
      'has extents or steps below 1',
    );
    const taps = elementCount(block);
    rule(taps <= 4096, () => `has a block of ${taps} elements`);
    const [batch = 0, rows = 0] = x.type.shape;
    rule(x.type.shape.length === 3 && rows % taps === 0, () => `cannot divide ${rows} rows into blocks of ${taps}`);
    const full = image.map((n, d) => n + pads[d]! + pads[d + rank]!);
    const count = full.map((n, d) => Math.floor((n - (block[d]! - 1) * dilation[d]! - 1) / stride[d]!) + 1);
    const pieces = op.emit(reshape, [x], { shape: [batch, rows / taps, taps, ...count] });
    let sum: Value | undefined;
    for (let tap = 0; tap < taps; tap++) {
      let rest = tap;
      const at = block
        .toReversed()
        .map((n) => {
          const i = rest % n;
          rest = Math.floor(rest / n);
          return i;
        })
        .reverse();
      let piece = op.emit(reshape, [sliceAxis(op, pieces, 2, tap, 1)], { shape: [batch, rows / taps, ...count] });
      for (let d = 0; d < rank; d++) piece = spreadTaps(op, piece, d + 2, stride[d]!);
      const before = [0, 0, ...at.map((i, d) => i * dilation[d]!)];
      const after = piece.type.shape.map((n, d) => (d < 2 ? 0 : full[d - 2]! - n - before[d]!));
      const placed = op.emit(pad, [piece], { before, after });
      sum = sum === undefined ? placed : op.emit(add, [sum, placed]);
    }
    return image.reduce((y, n, d) => sliceAxis(op, y, d + 2, pads[d]!, n), sum!);
  },
};

/** One tap along one axis: the index that it reads, and how much of it counts. */
interface AxisTap {
  readonly index: Value;
  readonly weight: Value | undefined;
  /** Where the index is outside of the image, for padding with zeros. */
  readonly inside: Value | undefined;
}

class GridSampler {
  private readonly op: NodeContext;
  private readonly mode: string;
  private readonly padding: string;
  private readonly corners: boolean;

  constructor(op: NodeContext) {
    this.op = op;
    const mode = op.string('mode', op.opset < 20 ? 'bilinear' : 'linear');
    this.mode = mode === 'bilinear' ? 'linear' : mode === 'bicubic' ? 'cubic' : mode;
    this.padding = op.string('padding_mode', 'zeros');
    this.corners = op.flag('align_corners');
    if (!['linear', 'nearest', 'cubic'].includes(this.mode))
      op.unsupported(`The mode is ${JSON.stringify(mode.slice(0, 40))}.`);
    if (!['zeros', 'border', 'reflection'].includes(this.padding)) {
      op.unsupported(`The padding mode is ${JSON.stringify(this.padding.slice(0, 40))}.`);
    }
  }

  sample(): Value {
    const { op } = this;
    const [x, grid] = [op.input(0), op.input(1)];
    const [batch = 0, channels = 0, ...extents] = x.type.shape;
    const rank = extents.length;
    const places = grid.type.shape.slice(1, -1);
    rule(
      rank >= 1 && rank <= 3 && grid.type.shape.length === rank + 2 && grid.type.shape.at(-1) === rank,
      'takes a grid of as many coordinates as the image has axes',
    );
    const points = elementCount(places);
    // n x places x channels: a place is one row of the image's elements.
    const perm = [0, ...extents.map((_, d) => d + 2), 1];
    const table = op.emit(reshape, [op.emit(transpose, [x], { perm })], {
      shape: [batch, elementCount(extents), channels],
    });
    const flat = op.emit(reshape, [grid], { shape: [batch, points, rank] });
    // The last coordinate of a place is that of the first axis.
    const axes = extents.map((extent, d) => this.taps(sliceAxis(op, flat, 2, rank - 1 - d, 1), extent));
    const y = this.mixed(table, axes, extents);
    const shaped = op.emit(reshape, [y], { shape: [batch, ...places, channels] });
    return op.emit(transpose, [shaped], { perm: [0, places.length + 1, ...places.map((_, d) => d + 1)] });
  }

  /** Sums over all combinations of taps of the axes. */
  private mixed(table: Value, axes: readonly (readonly AxisTap[])[], extents: readonly number[]): Value {
    const { op } = this;
    const combinations = axes.reduce<AxisTap[][]>(
      (list, taps) => list.flatMap((head) => taps.map((tap) => [...head, tap])),
      [[]],
    );
    const parts = combinations.map((taps) => {
      const index = taps.reduce<Value | undefined>((sum, tap, d) => {
        if (sum === undefined) return tap.index;
        return op.emit(add, [op.emit(mul, [sum, op.scalar('i32', extents[d]!)]), tap.index]);
      }, undefined)!;
      const [batch = 0, points = 0] = index.type.shape;
      let values = op.emit(gather, [table, op.emit(reshape, [index], { shape: [batch, points] })], {
        axis: 1,
        batch_dims: 1,
      });
      const inside = taps.flatMap((tap) => tap.inside ?? []);
      if (inside.length > 0) {
        const all = inside.reduce((a, b) => op.emit(logicalAnd, [a, b]));
        values = op.emit(select, [all, values, op.scalar(values.type.element, 0)]);
      }
      const weights = taps.flatMap((tap) => tap.weight ?? []);
      return weights.length === 0 ? values : op.emit(mul, [values, weights.reduce((a, b) => op.emit(mul, [a, b]))]);
    });
    return parts.reduce((a, b) => op.emit(add, [a, b]));
  }

  /** The taps of one axis for coordinates in [-1, 1]. */
  private taps(coordinate: Value, extent: number): AxisTap[] {
    const { op } = this;
    const f = (value: number) => op.scalar('f32', value);
    // -1 and 1 are the centres of the outer elements, or their edges.
    const position = this.corners
      ? op.emit(mul, [op.emit(add, [coordinate, f(1)]), f((extent - 1) / 2)])
      : op.emit(sub, [op.emit(mul, [op.emit(add, [coordinate, f(1)]), f(extent / 2)]), f(0.5)]);
    if (this.mode === 'nearest') {
      return [{ ...this.tap(op.emit(round, [this.placed(position, extent)]), extent), weight: undefined }];
    }
    // A cubic's neighbours are brought inside one by one, a line's with the position.
    const at = this.mode === 'cubic' ? position : this.placed(position, extent);
    const base = op.emit(floor, [at]);
    const ratio = op.emit(sub, [at, base]);
    const offsets = this.mode === 'cubic' ? [-1, 0, 1, 2] : [0, 1];
    return offsets.map((offset) => {
      const index = op.emit(add, [base, f(offset)]);
      const distance = op.emit(abs, [op.emit(sub, [ratio, f(offset)])]);
      const weight = this.mode === 'cubic' ? this.cubicWeight(distance, offset) : op.emit(sub, [f(1), distance]);
      return { ...this.tap(this.mode === 'cubic' ? this.placed(index, extent) : index, extent), weight };
    });
  }

  /** Keys' cubic with a = -0.75; the neighbours at -1 and 2 are 1 to 2 away, the others at most 1. */
  private cubicWeight(d: Value, offset: number): Value {
    const { op } = this;
    const a = -0.75;
    const [c3, c2, c1, c0] = offset === 0 || offset === 1 ? [a + 2, -(a + 3), 0, 1] : [a, -5 * a, 8 * a, -4 * a];
    const horner = [c2, c1, c0].reduce<Value>(
      (sum, c) => op.emit(add, [op.emit(mul, [sum, d]), op.scalar('f32', c)]),
      op.scalar('f32', c3),
    );
    return horner;
  }

  /** A position after padding with the border or a reflection; zeros leave it as it is. */
  private placed(position: Value, extent: number): Value {
    const { op } = this;
    if (this.padding === 'border') return op.emit(clamp, [position], { min: 0, max: extent - 1 });
    if (this.padding === 'zeros') return position;
    // Reflected at the centres of the outer elements, or at their edges.
    const [low, high] = this.corners ? [0, extent - 1] : [-0.5, extent - 0.5];
    const range = high - low;
    if (range === 0) return op.filled('f32', position.type.shape, 0);
    const away = op.emit(abs, [op.emit(sub, [position, op.scalar('f32', low)])]);
    const phase = op.emit(floorMod, [away, op.scalar('f32', 2 * range)]);
    const folded = op.emit(select, [
      op.emit(greater, [phase, op.scalar('f32', range)]),
      op.emit(sub, [op.scalar('f32', 2 * range), phase]),
      phase,
    ]);
    const back = op.emit(add, [folded, op.scalar('f32', low)]);
    return op.emit(clamp, [back], { min: 0, max: extent - 1 });
  }

  /** The index for a whole position, brought inside of the image, and whether it was there. */
  private tap(position: Value, extent: number): { index: Value; inside: Value | undefined } {
    const { op } = this;
    const index = op.emit(cast, [op.emit(clamp, [position], { min: 0, max: extent - 1 })], { to: 'i32' });
    if (this.padding !== 'zeros') return { index, inside: undefined };
    const from = op.emit(greaterEqual, [position, op.scalar('f32', 0)]);
    return { index, inside: op.emit(logicalAnd, [from, op.emit(lessEqual, [position, op.scalar('f32', extent - 1)])]) };
  }
}
