// Rows of operators that resample a grid: Resize and Upsample, and cutting or padding to a size.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { round } from '../../../../ir/ops/elementary.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { select } from '../../../../ir/ops/select.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { elementCount, maxElements } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { type AxisTaps, axisTaps, type ResizeAxis, type ResizeRule } from './resize-taps.ts';

export const resizingRows: Rows = {
  Resize(op) {
    const x = op.input(0);
    if (op.opset < 11)
      return resampled(op, x, scaledAxes(x, op.constantFloats(1, 'scales')), ruleOf(op, 'asymmetric', 'floor'));
    return resampled(op, x, resizeAxes(op, x), ruleOf(op, 'half_pixel', 'round_prefer_floor'));
  },
  Upsample(op) {
    const x = op.input(0);
    const scales = op.opset < 9 ? (op.floats('scales') ?? []) : op.constantFloats(1, 'scales');
    return resampled(op, x, scaledAxes(x, scales), ruleOf(op, 'asymmetric', 'floor'));
  },
  CenterCropPad(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const wanted = op.constantInts(1, 'shape');
    const axes = (op.ints('axes') ?? shape.map((_, d) => d)).map((a) => normalizeAxis(a, shape.length));
    rule(wanted.length === axes.length, () => `needs ${axes.length} extents, got ${wanted.length}`);
    const target = shape.map((extent, d) => (axes.includes(d) ? wanted[axes.indexOf(d)]! : extent));
    rule(
      target.every((n) => n >= 0),
      'has a negative extent',
    );
    const start = shape.map((extent, d) => Math.max(0, Math.floor((extent - target[d]!) / 2)));
    const size = shape.map((extent, d) => Math.min(extent, target[d]!));
    const before = shape.map((extent, d) => Math.max(0, Math.floor((target[d]! - extent) / 2)));
    const after = shape.map((extent, d) => Math.max(0, target[d]! - extent) - before[d]!);
    return op.emit(pad, [op.emit(slice, [x], { start, size })], { before, after });
  },
};

function ruleOf(op: NodeContext, coordinates: string, nearest: string): ResizeRule {
  const mode = op.string('mode', 'nearest');
  const known = mode === 'nearest' || mode === 'linear' || mode === 'cubic' ? mode : undefined;
  return {
    mode:
      known ?? (mode === 'bilinear' ? 'linear' : op.unsupported(`The mode is ${JSON.stringify(mode.slice(0, 40))}.`)),
    coordinates: op.string('coordinate_transformation_mode', coordinates),
    nearest: op.string('nearest_mode', nearest),
    cubicA: op.float('cubic_coeff_a', -0.75),
    antialias: op.flag('antialias'),
    excludeOutside: op.flag('exclude_outside'),
  };
}

/** One entry per dimension; undefined for those that keep their extent as it is. */
type ResizeAxes = readonly (ResizeAxis | undefined)[];

function scaledAxes(x: Value, scales: readonly number[]): ResizeAxes {
  const { shape } = x.type;
  rule(scales.length === shape.length, () => `needs ${shape.length} scales, got ${scales.length}`);
  return shape.map((from, d) => scaledAxis(from, scales[d]!, [0, 1]));
}

function scaledAxis(from: number, scale: number, region: readonly [number, number]): ResizeAxis {
  rule(scale > 0 && Number.isFinite(scale), () => `has a scale of ${scale}`);
  return { from, to: Math.floor(from * scale), scale, region };
}

/** Resize from version 11 on: regions, scales or sizes, for some of the axes. */
function resizeAxes(op: NodeContext, x: Value): ResizeAxes {
  const { shape } = x.type;
  const axes = (op.ints('axes') ?? shape.map((_, d) => d)).map((a) => normalizeAxis(a, shape.length));
  const list = (operand: number, what: string, float: boolean) => {
    if (!op.has(operand)) return undefined;
    const values = float ? op.constantFloats(operand, what) : op.constantInts(operand, what);
    return values.length === 0 ? undefined : values;
  };
  const [roi, scales, sizes] = [list(1, 'region', true), list(2, 'scales', true), list(3, 'sizes', false)];
  const regionOf = (i: number): [number, number] => [roi?.[i] ?? 0, roi?.[i + axes.length] ?? 1];
  const given = scales ?? sizes;
  if (given === undefined) return op.fail('I8C0207', 'It has neither scales nor sizes.');
  rule(given.length === axes.length, () => `needs ${axes.length} scales or sizes, got ${given.length}`);
  const result: (ResizeAxis | undefined)[] = shape.map(() => undefined);
  const policy = op.string('keep_aspect_ratio_policy', 'stretch');
  const ratios = axes.map((axis, i) => given[i]! / shape[axis]!);
  const common = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  for (const [i, axis] of axes.entries()) {
    const from = shape[axis]!;
    if (scales !== undefined) result[axis] = scaledAxis(from, scales[i]!, regionOf(i));
    else if (policy === 'stretch') result[axis] = { from, to: given[i]!, scale: ratios[i]!, region: regionOf(i) };
    else {
      // Extents are rounded, half up (the specification's round_int).
      result[axis] = { from, to: Math.floor(common * from + 0.5), scale: common, region: regionOf(i) };
    }
  }
  return result;
}

function resampled(op: NodeContext, x: Value, axes: ResizeAxes, how: ResizeRule): Value {
  const { shape, element } = x.type;
  const target = shape.map((extent, d) => axes[d]?.to ?? extent);
  rule(
    target.every((n) => n >= 0) && elementCount(target) <= maxElements,
    () => `gives a shape of [${target.join(', ')}]`,
  );
  rule(!shape.includes(0), 'takes no empty tensor');
  for (const axis of axes) op.checkMade(axis?.to ?? 0);
  // Integers are mixed as floats and rounded at the end, half to even as numpy does.
  const mixes = how.mode !== 'nearest' && element !== 'f32';
  let y = mixes ? op.emit(cast, [x], { to: 'f32' }) : x;
  const fill = op.scalar(y.type.element, op.float('extrapolation_value', 0));
  for (const [d, axis] of axes.entries()) {
    if (axis === undefined || isIdentity(axis)) continue;
    const taps = axisTaps(axis, how);
    y = mixed(op, y, d, taps);
    if (!taps.outside.includes(true)) continue;
    const mask = op.numbers('bool', target.map(() => 1).with(d, axis.to), taps.outside.map(Number));
    y = op.emit(select, [mask, fill, y]);
  }
  return mixes ? op.emit(cast, [op.emit(round, [y])], { to: element }) : y;
}

const isIdentity = ({ from, to, scale, region }: ResizeAxis): boolean =>
  from === to && scale === 1 && region[0] === 0 && region[1] === 1;

/** The sum over taps of weight * (the elements that the tap takes along `axis`). */
function mixed(op: NodeContext, x: Value, axis: number, { indices, weights }: AxisTaps): Value {
  const count = indices.length;
  const shape = x.type.shape.map(() => 1).with(axis, count);
  let sum: Value | undefined;
  for (let t = 0; t < (indices[0]?.length ?? 0); t++) {
    const factors = weights.map((w) => Math.fround(w[t]!));
    if (factors.every((w) => w === 0)) continue;
    const taken = op.emit(
      gather,
      [
        x,
        op.numbers(
          'i32',
          [count],
          indices.map((list) => list[t]!),
        ),
      ],
      { axis },
    );
    const part = factors.every((w) => w === 1) ? taken : op.emit(mul, [taken, op.numbers('f32', shape, factors)]);
    sum = sum === undefined ? part : op.emit(add, [sum, part]);
  }
  return sum ?? op.filled(x.type.element, x.type.shape.with(axis, count), 0);
}
