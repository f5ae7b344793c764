// Rows of normalizations: softmax, and means and variances over axes.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import type { AnyOpDefinition, Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { argMax } from '../../../../ir/ops/arg-extreme.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { equal } from '../../../../ir/ops/comparison.ts';
import { div } from '../../../../ir/ops/div.ts';
import { sqrt } from '../../../../ir/ops/elementary.ts';
import { logSoftmax } from '../../../../ir/ops/log-softmax.ts';
import { maximum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { pow } from '../../../../ir/ops/pow.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { abs, square } from '../../../../ir/ops/sign.ts';
import { softmax } from '../../../../ir/ops/softmax.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { elementCount } from '../../../../ir/types.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { sliceAxis } from './moving.ts';

/** Softmax and its like run along the last axis; before version 13 over all axes from `axis` on. */
const alongAxis =
  (definition: AnyOpDefinition): Row =>
  (op) => {
    const x = op.input(0);
    const { shape } = x.type;
    if (op.opset < 13) {
      const axis = normalizeAxis(op.int('axis', 1), Math.max(shape.length, 1));
      const rows = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
      return op.emit(reshape, [op.emit(definition, [op.emit(reshape, [x], { shape: rows })])], { shape });
    }
    return lastAxis(op, x, normalizeAxis(op.int('axis', -1), shape.length), (y) => op.emit(definition, [y]));
  };

/** Computes along the last axis what is wanted along `axis`. */
export function lastAxis(op: NodeContext, x: Value, axis: number, compute: (x: Value) => Value): Value {
  const rank = x.type.shape.length;
  if (axis === rank - 1) return compute(x);
  const perm = x.type.shape.map((_, d) => d);
  [perm[axis], perm[rank - 1]] = [rank - 1, axis];
  return op.emit(transpose, [compute(op.emit(transpose, [x], { perm }))], { perm });
}

/** x - mean and 1 / standard deviation over `axes`. */
export function centered(op: NodeContext, x: Value, axes: readonly number[], epsilon: number) {
  const mean = op.emit(reduceMean, [x], { axes, keep_dims: true });
  const difference = op.emit(sub, [x, mean]);
  const variance = op.emit(reduceMean, [op.emit(square, [difference])], { axes, keep_dims: true });
  const deviation = op.emit(sqrt, [op.emit(add, [variance, op.scalar('f32', epsilon)])]);
  return { mean, difference, inverse: op.emit(div, [op.scalar('f32', 1), deviation]) };
}

/** A tensor of one number per channel (dimension 1) in a shape that broadcasts against `x`. */
function perChannel(op: NodeContext, values: Value, x: Value): Value {
  return op.emit(reshape, [values], {
    shape: [elementCount(values.type.shape), ...x.type.shape.slice(2).map(() => 1)],
  });
}

const axesFrom = (x: Value, axis: number) => x.type.shape.flatMap((_, d) => (d >= axis ? [d] : []));

/** BatchNormalization by the statistics of this very batch, and the running ones moved towards them. */
function trainingNormalization(op: NodeContext, x: Value): Value[] {
  const axes = x.type.shape.flatMap((_, d) => (d === 1 ? [] : [d]));
  const { mean, difference, inverse } = centered(op, x, axes, op.float('epsilon', Math.fround(1e-5)));
  const variance = op.emit(reduceMean, [op.emit(square, [difference])], { axes, keep_dims: true });
  const scaled = op.emit(mul, [op.emit(mul, [difference, inverse]), perChannel(op, op.input(1), x)]);
  const momentum = op.float('momentum', Math.fround(0.9));
  const moved = (running: Value, current: Value) => {
    const own = op.emit(reshape, [current], { shape: running.type.shape });
    const kept = op.emit(mul, [running, op.scalar('f32', momentum)]);
    return op.emit(add, [kept, op.emit(mul, [own, op.scalar('f32', 1 - momentum)])]);
  };
  const y = op.emit(add, [scaled, perChannel(op, op.input(2), x)]);
  return [y, moved(op.input(3), mean), moved(op.input(4), variance)];
}

export const normalizationRows: Rows = {
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
  Hardmax(op) {
    const x = op.input(0);
    const old = op.opset < 13;
    const { shape } = x.type;
    const axis = normalizeAxis(op.int('axis', old ? 1 : -1), shape.length);
    const flat = old ? [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))] : [...shape];
    const along = old ? 1 : axis;
    const y = op.emit(reshape, [x], { shape: flat });
    const first = op.emit(cast, [op.emit(argMax, [y], { axis: along })], { to: 'i32' });
    const spread = op.emit(reshape, [first], { shape: flat.with(along, 1) });
    const positions = op.numbers('i32', flat.map(() => 1).with(along, flat[along]!), op.counting(flat[along]!));
    const hot = op.emit(cast, [op.emit(equal, [spread, positions])], { to: 'f32' });
    return op.emit(reshape, [hot], { shape });
  },
  BatchNormalization(op) {
    const x = op.input(0);
    if (op.flag('training_mode')) return trainingNormalization(op, x);
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => op.input(i)) as [Value, Value, Value, Value];
    const epsilon = op.scalar('f32', op.float('epsilon', Math.fround(1e-5)));
    const factor = op.emit(div, [scale, op.emit(sqrt, [op.emit(add, [variance, epsilon])])]);
    const offset = op.emit(sub, [bias, op.emit(mul, [mean, factor])]);
    return op.emit(add, [op.emit(mul, [x, perChannel(op, factor, x)]), perChannel(op, offset, x)]);
  },
  InstanceNormalization(op) {
    const x = op.input(0);
    const { difference, inverse } = centered(op, x, axesFrom(x, 2), op.float('epsilon', Math.fround(1e-5)));
    const normal = op.emit(mul, [difference, inverse]);
    const scaled = op.emit(mul, [normal, perChannel(op, op.input(1), x)]);
    return op.emit(add, [scaled, perChannel(op, op.input(2), x)]);
  },
  LayerNormalization(op) {
    const x = op.input(0);
    const axis = normalizeAxis(op.int('axis', -1), x.type.shape.length);
    const { mean, difference, inverse } = centered(op, x, axesFrom(x, axis), op.float('epsilon', Math.fround(1e-5)));
    let y = op.emit(mul, [op.emit(mul, [difference, inverse]), op.input(1)]);
    if (op.has(2)) y = op.emit(add, [y, op.input(2)]);
    return [y, mean, inverse];
  },
  RMSNormalization(op) {
    const x = op.input(0);
    const axes = axesFrom(x, normalizeAxis(op.int('axis', -1), x.type.shape.length));
    const meanSquare = op.emit(reduceMean, [op.emit(square, [x])], { axes, keep_dims: true });
    const epsilon = op.scalar('f32', op.float('epsilon', Math.fround(1e-5)));
    const norm = op.emit(sqrt, [op.emit(add, [meanSquare, epsilon])]);
    return op.emit(mul, [op.emit(div, [x, norm]), op.input(1)]);
  },
  GroupNormalization(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const groups = op.int('num_groups');
    const [n = 1, channels = 1] = shape;
    rule(groups > 0 && channels % groups === 0, () => `cannot divide ${channels} channels into ${groups} groups`);
    const grouped = op.emit(reshape, [x], { shape: [n, groups, elementCount(shape.slice(1)) / groups] });
    const { difference, inverse } = centered(op, grouped, [2], op.float('epsilon', Math.fround(1e-5)));
    const normal = op.emit(mul, [difference, inverse]);
    // Until version 21 scale and bias are per group, then per channel.
    const [scale, bias] = [op.input(1), op.input(2)];
    if (op.opset < 21) {
      const perGroup = (v: Value) => op.emit(reshape, [v], { shape: [groups, 1] });
      const scaled = op.emit(add, [op.emit(mul, [normal, perGroup(scale)]), perGroup(bias)]);
      return op.emit(reshape, [scaled], { shape });
    }
    const whole = op.emit(reshape, [normal], { shape });
    return op.emit(add, [op.emit(mul, [whole, perChannel(op, scale, x)]), perChannel(op, bias, x)]);
  },
  MeanVarianceNormalization(op) {
    const x = op.input(0);
    const axes = op.ints('axes') ?? [0, 2, 3];
    const { difference } = centered(op, x, axes, 0);
    const variance = op.emit(reduceMean, [op.emit(square, [difference])], { axes, keep_dims: true });
    return op.emit(div, [difference, op.emit(add, [op.emit(sqrt, [variance]), op.scalar('f32', 1e-9)])]);
  },
  LpNormalization(op) {
    const x = op.input(0);
    const axes = [normalizeAxis(op.int('axis', -1), x.type.shape.length)];
    const p = op.int('p', 2);
    if (p !== 1 && p !== 2) return op.unsupported(`The order is ${p}; ONNX has 1 and 2.`);
    const powers = op.emit(p === 1 ? abs : square, [x]);
    const sum = op.emit(reduceSum, [powers], { axes, keep_dims: true });
    const norm = p === 1 ? sum : op.emit(sqrt, [sum]);
    // Where all is zero the result is zero.
    return op.emit(div, [x, op.emit(maximum, [norm, op.scalar('f32', 2 ** -126)])]);
  },
  LRN(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const size = op.int('size');
    const channels = shape[1] ?? 0;
    rule(size > 0 && size <= 1024, () => `has a size of ${size}`);
    const before = shape.map((_, d) => (d === 1 ? Math.floor((size - 1) / 2) : 0));
    const after = shape.map((_, d) => (d === 1 ? Math.ceil((size - 1) / 2) : 0));
    const squares = op.emit(pad, [op.emit(square, [x])], { before, after });
    let sum = sliceAxis(op, squares, 1, 0, channels);
    for (let i = 1; i < size; i++) sum = op.emit(add, [sum, sliceAxis(op, squares, 1, i, channels)]);
    const scaled = op.emit(mul, [sum, op.scalar('f32', op.float('alpha', Math.fround(1e-4)) / size)]);
    const base = op.emit(add, [scaled, op.scalar('f32', op.float('bias', 1))]);
    return op.emit(div, [x, op.emit(pow, [base, op.scalar('f32', op.float('beta', 0.75))])]);
  },
};
