// Rows of operators that read regions of an image.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (RoiAlign).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { greaterEqual, lessEqual } from '../../../../ir/ops/comparison.ts';
import { floor } from '../../../../ir/ops/elementary.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { logicalAnd } from '../../../../ir/ops/logical.ts';
import { maximum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reduceMax } from '../../../../ir/ops/reduce.ts';
import { reduceMean } from '../../../../ir/ops/reduce-sum.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { sliceAxis, wrapped } from './moving.ts';

/** Neighbours of the sampled positions along one axis, regions x positions each. */
interface AxisSamples {
  readonly inside: Value;
  readonly neighbours: readonly { readonly index: Value; readonly weight: Value }[];
}

export const regionRows: Rows = {
  RoiAlign(op) {
    const [x, regions] = [op.input(0), op.input(1)];
    rule(
      x.type.shape.length === 4 && regions.type.shape[1] === 4,
      'takes an image of rank 4 and regions of four corners',
    );
    const [batch = 0, channels = 0, height = 0, width = 0] = x.type.shape;
    const count = regions.type.shape[0] ?? 0;
    const [rows, columns] = [op.int('output_height', 1), op.int('output_width', 1)];
    const samples = op.int('sampling_ratio', 0);
    rule(rows > 0 && columns > 0 && rows * columns <= 65536, () => `gives ${rows} x ${columns} elements per region`);
    if (samples <= 0) {
      op.unsupported('The number of samples follows from the size of each region.', 'Export it with a sampling_ratio.');
    }
    const mode = op.string('mode', 'avg');
    if (mode !== 'avg' && mode !== 'max') op.unsupported(`The mode is ${JSON.stringify(mode.slice(0, 40))}.`);
    const vertical = axisSamples(op, regions, 1, rows, samples, height);
    const horizontal = axisSamples(op, regions, 0, columns, samples, width);
    const [ys, xs] = [rows * samples, columns * samples];
    // One row of channels per pixel; a position is a row of that table.
    const pixels = op.emit(transpose, [x], { perm: [0, 2, 3, 1] });
    const table = op.emit(reshape, [pixels], { shape: [batch * height * width, channels] });
    const i32 = (v: Value) => op.emit(cast, [v], { to: 'i32' });
    const image = op.emit(reshape, [i32(wrapped(op, op.input(2), [batch]))], { shape: [count, 1, 1] });
    const first = op.emit(mul, [image, op.scalar('i32', height * width)]);
    const across = (v: Value) => op.emit(reshape, [v], { shape: [count, 1, xs] });
    const down = (v: Value) => op.emit(reshape, [v], { shape: [count, ys, 1] });
    const corners = vertical.neighbours.flatMap((y) =>
      horizontal.neighbours.map((c) => {
        const line = op.emit(add, [first, op.emit(mul, [down(y.index), op.scalar('i32', width)])]);
        const values = op.emit(gather, [table, op.emit(add, [line, across(c.index)])], { axis: 0 });
        const weight = op.emit(mul, [down(y.weight), across(c.weight)]);
        return op.emit(mul, [values, op.emit(reshape, [weight], { shape: [count, ys, xs, 1] })]);
      }),
    );
    const mixed = corners.reduce((a, b) => op.emit(mode === 'avg' ? add : maximum, [a, b]));
    const inside = op.emit(logicalAnd, [down(vertical.inside), across(horizontal.inside)]);
    const seen = op.emit(reshape, [inside], { shape: [count, ys, xs, 1] });
    const known = op.emit(select, [seen, mixed, op.scalar('f32', 0)]);
    const apart = op.emit(reshape, [known], { shape: [count, rows, samples, columns, samples, channels] });
    const pooled = op.emit(mode === 'avg' ? reduceMean : reduceMax, [apart], { axes: [2, 4] });
    return op.emit(transpose, [pooled], { perm: [0, 3, 1, 2] });
  },
};

/** Positions along one axis: `samples` in each of `bins` parts of a region, between corners `first` and `first + 2`. */
function axisSamples(
  op: NodeContext,
  regions: Value,
  first: number,
  bins: number,
  samples: number,
  extent: number,
): AxisSamples {
  const f = (value: number) => op.scalar('f32', value);
  const centred =
    op.string('coordinate_transformation_mode', op.opset < 16 ? 'output_half_pixel' : 'half_pixel') === 'half_pixel';
  const corner = (column: number) => {
    const scaled = op.emit(mul, [sliceAxis(op, regions, 1, column, 1), f(op.float('spatial_scale', 1))]);
    return centred ? op.emit(sub, [scaled, f(0.5)]) : scaled;
  };
  const [start, end] = [corner(first), corner(first + 2)];
  const length = op.emit(sub, [end, start]);
  // Regions of the older kind are at least one pixel large.
  const size = centred ? length : op.emit(maximum, [length, f(1)]);
  const shares = Array.from({ length: bins * samples }, (_, i) => (i + 0.5) / (bins * samples));
  const positions = op.emit(add, [start, op.emit(mul, [size, op.numbers('f32', [1, shares.length], shares)])]);
  const inside = op.emit(logicalAnd, [
    op.emit(greaterEqual, [positions, f(-1)]),
    op.emit(lessEqual, [positions, f(extent)]),
  ]);
  // Beyond the last element there is only that.
  const at = op.emit(clamp, [positions], { min: 0, max: extent - 1 });
  const low = op.emit(floor, [at]);
  const ratio = op.emit(sub, [at, low]);
  const high = op.emit(clamp, [op.emit(add, [low, f(1)])], { min: 0, max: extent - 1 });
  const index = (v: Value) => op.emit(cast, [v], { to: 'i32' });
  return {
    inside,
    neighbours: [
      { index: index(low), weight: op.emit(sub, [f(1), ratio]) },
      { index: index(high), weight: ratio },
    ],
  };
}
