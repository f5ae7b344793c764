// Rows of pools: the greatest, the mean or a norm of the elements in a window.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import type { AnyOpDefinition, Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { greater } from '../../../../ir/ops/comparison.ts';
import { div } from '../../../../ir/ops/div.ts';
import { sqrt } from '../../../../ir/ops/elementary.ts';
import { maximum } from '../../../../ir/ops/maximum.ts';
import { averagePool2d, maxPool2d } from '../../../../ir/ops/pool2d.ts';
import { pow } from '../../../../ir/ops/pow.ts';
import { reduceMax } from '../../../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs, square } from '../../../../ir/ops/sign.ts';
import { elementCount, integerRange, type TensorType } from '../../../../ir/types.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { channelsFirst, channelsLast, type Tap, tapsOf, type Window, windowOf } from './window.ts';

const spatial = (x: Value): number[] => x.type.shape.flatMap((_, d) => (d >= 2 ? [d] : []));

/** A pool over all of each channel. */
const global =
  (definition: AnyOpDefinition): Row =>
  (op) =>
    op.emit(definition, [op.input(0)], { axes: spatial(op.input(0)), keep_dims: true });

export const poolingRows: Rows = {
  GlobalAveragePool: global(reduceMean),
  GlobalMaxPool: global(reduceMax),
  GlobalLpPool(op) {
    const x = op.input(0);
    return norm(op, op.int('p', 2), x, (y) => op.emit(reduceSum, [y], { axes: spatial(x), keep_dims: true }));
  },
  MaxPool(op) {
    const x = op.input(0);
    const window = poolWindow(op, x);
    if (op.wants(1)) return maximaAndPlaces(op, x, window);
    if (isPlain(window)) return plainPool(op, x, window, maxPool2d);
    return combine(tapsOf(op, x, window, least(x.type)), (a, b) => op.emit(maximum, [a, b]));
  },
  AveragePool: (op) => averagePool(op, op.input(0)),
  LpPool(op) {
    const x = op.input(0);
    const window = poolWindow(op, x);
    return norm(op, op.int('p', 2), x, (y) => combine(tapsOf(op, y, window, 0), (a, b) => op.emit(add, [a, b])));
  },
};

/** AveragePool of x, n x channels x ..., by the node's window. */
export function averagePool(op: NodeContext, x: Value): Value {
  const window = poolWindow(op, x);
  const includePad = op.flag('count_include_pad');
  const padded = [...window.before, ...window.after, ...window.extra].some((n) => n > 0);
  if (isPlain(window) && !(includePad && padded)) return plainPool(op, x, window, averagePool2d);
  const sum = combine(tapsOf(op, x, window, 0), (a, b) => op.emit(add, [a, b]));
  op.checkMade(elementCount(window.count));
  const counts = countsOf(window, x.type.shape.slice(2), includePad);
  return op.emit(div, [sum, op.numbers('f32', window.count, counts)]);
}

function poolWindow(op: NodeContext, x: Value): Window {
  const { shape } = x.type;
  rule(shape.length >= 3, () => `takes tensors of rank 3 or more, got ${shape.length}`);
  return windowOf(
    op,
    shape.slice(2),
    op.ints('kernel_shape') ?? op.fail('I8C0207', 'Attribute kernel_shape is missing.'),
  );
}

/** Whether the IR has the window as an operator: at most two dimensions, neighbouring taps, no window outside. */
function isPlain({ kernel, dilation, before, after, extra, count }: Window): boolean {
  const touches = kernel.every((k, d) => before[d]! < k && after[d]! + extra[d]! < k && count[d]! > 0);
  return kernel.length <= 2 && touches && dilation.every((n, d) => n === 1 || kernel[d] === 1);
}

function plainPool(op: NodeContext, x: Value, window: Window, definition: typeof maxPool2d): Value {
  const line = window.kernel.length === 1;
  const pair = (list: readonly number[], first: number) => (line ? [first, ...list] : list);
  const image = line ? op.emit(reshape, [x], { shape: x.type.shape.toSpliced(2, 0, 1) }) : x;
  const [before, after] = [
    pair(window.before, 0),
    pair(
      window.after.map((n, d) => n + window.extra[d]!),
      0,
    ),
  ];
  const pooled = op.emit(definition, [channelsLast(op, image)], {
    kernel: pair(window.kernel, 1),
    stride: pair(window.stride, 1),
    pad: [before[0]!, after[0]!, before[1]!, after[1]!],
  });
  const y = channelsFirst(op, pooled);
  return line ? op.emit(reshape, [y], { shape: y.type.shape.toSpliced(2, 1) }) : y;
}

function combine(taps: readonly Tap[], build: (a: Value, b: Value) => Value): Value {
  return taps.map(({ values }) => values).reduce(build);
}

/** What is below every element. */
function least({ element }: TensorType): number {
  return element === 'f32' ? Number.NEGATIVE_INFINITY : integerRange(element).min;
}

/** The greatest elements, and where they are in x as one row: the first of equal ones. */
function maximaAndPlaces(op: NodeContext, x: Value, window: Window): Value[] {
  const { shape } = x.type;
  const extents = shape.slice(2);
  const columnMajor = op.flag('storage_order');
  const strides = extents.map((_, d) =>
    (columnMajor ? extents.slice(0, d) : extents.slice(d + 1)).reduce((n, extent) => n * extent, 1),
  );
  const perChannel = extents.reduce((n, extent) => n * extent, 1);
  const placeOf = ({ at }: Tap) => {
    const places = positions(window.count).map((position) =>
      position.reduce((sum, p, d) => {
        const i = p * window.stride[d]! + at[d]! * window.dilation[d]! - window.before[d]!;
        return sum + i * strides[d]!;
      }, 0),
    );
    return op.numbers('i64', window.count, places);
  };
  const taps = tapsOf(op, x, window, least(x.type));
  let [best, place] = [taps[0]!.values, placeOf(taps[0]!)];
  for (const tap of taps.slice(1)) {
    const isGreater = op.emit(greater, [tap.values, best]);
    place = op.emit(select, [isGreater, placeOf(tap), place]);
    best = op.emit(select, [isGreater, tap.values, best]);
  }
  const channels = shape[0]! * shape[1]!;
  const first = op.numbers(
    'i64',
    [shape[0]!, shape[1]!, ...extents.map(() => 1)],
    op.counting(channels).map((i) => i * perChannel),
  );
  return [best, op.emit(add, [place, first])];
}

/** All index tuples below `extents`, row-major. */
function positions(extents: readonly number[]): number[][] {
  return extents.reduce<number[][]>(
    (list, extent) => list.flatMap((head) => Array.from({ length: extent }, (_, i) => [...head, i])),
    [[]],
  );
}

/** How many elements each window averages: those of the input, or of the input and its padding. */
function countsOf(window: Window, extents: readonly number[], includePad: boolean): number[] {
  const { kernel, stride, dilation, before, after, count } = window;
  const perAxis = extents.map((extent, d) =>
    Array.from({ length: count[d]! }, (_, position) => {
      const [low, high] = includePad ? [-before[d]!, extent + after[d]!] : [0, extent];
      let taps = 0;
      for (let k = 0; k < kernel[d]!; k++) {
        const i = position * stride[d]! + k * dilation[d]! - before[d]!;
        if (i >= low && i < high) taps++;
      }
      return taps;
    }),
  );
  return positions(count).map((position) => position.reduce((n, p, d) => n * perAxis[d]![p]!, 1));
}

/** (sum of |x|^p)^(1/p). */
function norm(op: NodeContext, p: number, x: Value, sum: (x: Value) => Value): Value {
  rule(p > 0, () => `has a norm of order ${p}`);
  if (p === 1) return sum(op.emit(abs, [x]));
  if (p === 2) return op.emit(sqrt, [sum(op.emit(square, [x]))]);
  const powers = op.emit(pow, [op.emit(abs, [x]), op.scalar('f32', p)]);
  return op.emit(pow, [sum(powers), op.scalar('f32', 1 / p)]);
}
