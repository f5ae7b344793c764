// Pooling: average_pool2d, max_pool2d and l2_pool2d combine the elements of a window, channel by channel.
import { type AttributesOf, attr } from '../attributes.ts';
import type { Builder } from '../builder.ts';
import { bothSigns, factorsOfFirst, signsPassing } from '../channel-factors.ts';
import { defineOp, type OpDefinition, required, rule, type TypeRuleInput } from '../define-op.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import type { Op, Value } from '../module.ts';
import { greater, INT32_MAX, lesser, roundHalfAway } from '../numerics.ts';
import { type Bounds, quantizedBounds, unbounded } from '../quantized.ts';
import { windowCount } from '../shapes.ts';
import { type ElementType, integerRange, type TensorType, tensorType } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';
import { reduceMean } from './reduce-sum.ts';

const attributes = {
  kernel: attr.ints({ length: 2, min: 1, doc: 'Height and width of the window.' }),
  stride: attr.ints({ length: 2, min: 1, fallback: [1, 1], doc: 'Vertical, horizontal step.' }),
  pad: attr.ints({
    length: 4,
    min: 0,
    fallback: [0, 0, 0, 0],
    doc: 'Rows and columns added: top, bottom, left, right. Each is smaller than the window, and belongs to no element.',
  }),
  clamp: attr.floats({ length: 2, fallback: unbounded, doc: 'Real bounds of a fused activation.' }),
};
type Attributes = typeof attributes;

/** Windows and steps stay below this, so that positions fit an i32. */
const maxWindow = 65536;

/** What one pooling does with the elements of a window, as numbers and in loops. */
interface Pooling {
  readonly name: string;
  readonly doc: string;
  readonly elements: readonly ElementType[];
  /** True where the elements of a window add up, so that their sum must fit the accumulator. */
  readonly sums: boolean;
  /** True for the mean. */
  readonly mean?: boolean;
  initial(element: ElementType): number;
  /** Rounds f32 results itself. */
  combine(acc: number, x: number): number;
  finish(acc: number, count: number, element: ElementType): number;
  combineLoops(b: LoopBuilder, acc: LoopValue, x: LoopValue): LoopValue;
  /** `count` is an i32: the elements of the window that lie inside x. */
  finishLoops(b: LoopBuilder, acc: LoopValue, count: LoopValue): LoopValue;
}

const f = Math.fround;

const average: Pooling = {
  name: 'average_pool2d',
  doc: 'The mean of the window’s elements that lie inside x. Integers are rounded half away from zero. Sources: TensorFlow Lite reference/integer_ops/pooling.h and reference/pooling.h, AveragePool.',
  elements: ['f32', 'i8', 'u8', 'i16'],
  sums: true,
  mean: true,
  initial: () => 0,
  combine: (acc, x) => f(acc + x),
  finish: (acc, count, element) => (element === 'f32' ? f(acc / count) : roundHalfAway(acc / count)),
  combineLoops: (b, acc, x) => b.add(acc, x),
  finishLoops(b, acc, count) {
    if (acc.type === 'f32') return b.div(acc, b.convert(count, 'f32'));
    // Away from zero: half the divisor is added on the dividend's side, and the quotient truncated.
    const half = b.shr(count, 1);
    return b.div(b.select(b.compare('gt', acc, 0), b.add(acc, half), b.sub(acc, half)), count);
  },
};

const max: Pooling = {
  name: 'max_pool2d',
  doc: 'The greatest of the window’s elements that lie inside x. Sources: TensorFlow Lite reference/integer_ops/pooling.h and reference/pooling.h, MaxPool.',
  elements: ['f32', 'i8', 'u8', 'i16', 'i32'],
  sums: false,
  initial: (element) => (element === 'f32' ? Number.NEGATIVE_INFINITY : integerRange(element).min),
  combine: greater,
  finish: (acc) => acc,
  combineLoops: (b, acc, x) => b.max(acc, x),
  finishLoops: (_b, acc) => acc,
};

const l2: Pooling = {
  name: 'l2_pool2d',
  doc: 'sqrt(mean of x^2) over the window’s elements that lie inside x. Source: TensorFlow Lite reference/pooling.h, L2Pool.',
  elements: ['f32'],
  sums: true,
  initial: () => 0,
  combine: (acc, x) => f(acc + f(x * x)),
  finish: (acc, count) => f(Math.sqrt(f(acc / count))),
  combineLoops: (b, acc, x) => b.add(acc, b.mul(x, x)),
  finishLoops: (b, acc, count) => b.unary('sqrt', b.div(acc, b.convert(count, 'f32'))),
};

/** Same zero point, and scales that TensorFlow Lite takes for the same (pooling_common.cc: within 1e-6). */
function sameScale(x: TensorType, y: TensorType): boolean {
  if (x.quant === undefined || y.quant === undefined) return x.quant === y.quant;
  const [a, z] = [x.quant.scale[0]!, x.quant.zero[0]];
  return x.quant.scale.length === 1 && Math.abs(a - y.quant.scale[0]!) <= 1e-6 && y.quant.zero[0] === z;
}

function resultType(pooling: Pooling, { operands, attributes: a, asked }: TypeRuleInput<Attributes>): TensorType {
  const x = required(operands, 0);
  rule(x.shape.length === 4, 'takes an input of rank 4');
  rule(pooling.elements.includes(x.element), `takes ${pooling.elements.join(', ')}, got ${x.element}`);
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  rule(height > 0 && width > 0, 'takes an input with rows and columns');
  rule(
    [...a.kernel, ...a.stride].every((k) => k <= maxWindow),
    `has a window or stride above ${maxWindow}`,
  );
  const fits = a.pad.every((p, i) => p < a.kernel[i >> 1]!);
  rule(fits, 'has as much padding as its window: a result would have no elements');
  const rows = windowCount(height, a.kernel[0]!, a.stride[0]!, 1, a.pad[0]!, a.pad[1]!);
  const columns = windowCount(width, a.kernel[1]!, a.stride[1]!, 1, a.pad[2]!, a.pad[3]!);
  if (pooling.sums && x.element !== 'f32') {
    const { min, max: most } = integerRange(x.element);
    const elements = Math.min(a.kernel[0]!, height) * Math.min(a.kernel[1]!, width);
    rule(elements * (Math.max(-min, most) + 1) <= INT32_MAX, 'sums more elements than 32 bits hold');
  }
  const y = tensorType(x.element, [n, rows, columns, channels], asked?.[0]?.quant ?? x.quant);
  rule(sameScale(x, y), 'needs one quantization for input and result');
  rule(x.element === 'f32' || y.quant !== undefined || isUnbounded(a.clamp), 'clamps integers without a scale');
  return y;
}

const isUnbounded = (clamp: readonly number[]) => clamp.every((v) => !Number.isFinite(v));

/** An average over the whole image in f32 is a reduce_mean: it adds in the same order, and quantizes to any scale. */
function wholeMean({ op, builder }: { readonly op: Op; readonly builder: Builder }): readonly Value[] | undefined {
  const x = op.operand(0);
  const { kernel, pad, clamp } = op.attributes as AttributesOf<Attributes>;
  const isWhole = x.type.shape[1] === kernel[0] && x.type.shape[2] === kernel[1] && pad.every((p) => p === 0);
  if (x.type.element !== 'f32' || !isWhole || !isUnbounded(clamp)) return undefined;
  return [builder.create(reduceMean, [x], { axes: [1, 2], keep_dims: true }, op.result.type)];
}

/** The bounds of the fused activation in the result's own numbers; undefined where there are none. */
function resultBounds(y: TensorType, clamp: readonly number[]): Bounds | undefined {
  const [low, high] = clamp as [number, number];
  if (!Number.isFinite(low) && !Number.isFinite(high)) return undefined;
  return y.element === 'f32' ? [low, high] : quantizedBounds(y, [low, high]);
}

/** The part of a window inside one dimension of x, as loop values. `count` is constant where there is no padding. */
interface WindowRange {
  readonly count: LoopValue;
  /** Calls `visit` with each position, carrying one value. */
  fold(b: LoopBuilder, acc: LoopValue, visit: (position: LoopValue, acc: LoopValue) => LoopValue): LoopValue;
}

function windowRange(
  b: LoopBuilder,
  index: LoopValue,
  extent: number,
  [kernel, stride, before, after]: readonly [number, number, number, number],
): WindowRange {
  const first = b.sub(b.mul(index, stride), before);
  if (before === 0 && after === 0) {
    return {
      count: b.constant(kernel),
      fold: (c, acc, visit) => c.forCarry(0, kernel, [acc], (k, [a]) => [visit(c.add(first, k), a!)])[0]!,
    };
  }
  const from = before === 0 ? first : b.max(first, 0);
  const to = b.min(b.add(first, kernel), extent);
  return {
    count: b.sub(to, from),
    fold: (c, acc, visit) => c.forCarry(from, to, [acc], (position, [a]) => [visit(position, a!)])[0]!,
  };
}

function definePool(pooling: Pooling): OpDefinition<Attributes> {
  return defineOp({
    name: pooling.name,
    doc: pooling.doc,
    operands: [{ name: 'x', doc: 'n x height x width x channels.' }],
    attributes,
    results: ['y'],
    oneQuantization: true,
    factors(op) {
      const fused = signsPassing(op.attributes.clamp as readonly number[]);
      return fused && factorsOfFirst(bothSigns(pooling.mean ? 'any' : 'positive', fused))(op);
    },
    types: (input) => [resultType(pooling, input)],
    ...(pooling.sums
      ? {}
      : { unsigned: unsignedAlike, moves: ({ attributes: a }) => isUnbounded(a.clamp as number[]) }),
    simplify: (input) => (pooling.mean ? wholeMean(input) : undefined),
    reference({ operands, attributes: { kernel, stride, pad, clamp }, results }) {
      const [x, y] = [operands[0]!, results[0]!];
      const [n, height, width, channels] = x.type.shape as [number, number, number, number];
      const [, rows, columns] = y.type.shape as [number, number, number];
      const { element } = x.type;
      const bounds = resultBounds(y.type, clamp) ?? unbounded;
      const data = x.data as Float32Array;
      let at = 0;
      for (let image = 0; image < n; image++)
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++)
            for (let c = 0; c < channels; c++, at++) {
              let acc = pooling.initial(element);
              let count = 0;
              for (let u = 0; u < kernel[0]!; u++)
                for (let v = 0; v < kernel[1]!; v++) {
                  const row = i * stride[0]! + u - pad[0]!;
                  const column = j * stride[1]! + v - pad[2]!;
                  if (row < 0 || row >= height || column < 0 || column >= width) continue;
                  acc = pooling.combine(acc, data[((image * height + row) * width + column) * channels + c]!);
                  count++;
                }
              const value = pooling.finish(acc, count, element);
              y.data[at] = lesser(greater(value, bounds[0]), bounds[1]);
            }
    },
    lower({ attributes: { kernel, stride, pad, clamp }, operand, result, type, resultType: typeOfResult }) {
      const x = operand(0);
      const [, height, width, channels] = type(0).shape as [number, number, number, number];
      const { element } = type(0);
      const bounds = resultBounds(typeOfResult(0), clamp);
      return [
        {
          kind: 'map',
          result: result(0),
          shape: typeOfResult(0).shape,
          body(b, [image, i, j, c]) {
            const rows = windowRange(b, i!, height, [kernel[0]!, stride[0]!, pad[0]!, pad[1]!]);
            const columns = windowRange(b, j!, width, [kernel[1]!, stride[1]!, pad[2]!, pad[3]!]);
            const initial = pooling.initial(element);
            const start = element === 'f32' ? b.f32(initial) : b.constant(initial);
            const total = rows.fold(b, start, (row, outer) =>
              columns.fold(b, outer, (column, acc) => {
                const position = b.flatten([0, height, width, channels], [image!, row, column, c!]);
                return pooling.combineLoops(b, acc, b.load(x, position));
              }),
            );
            const value = pooling.finishLoops(b, total, b.mul(rows.count, columns.count));
            return bounds === undefined ? value : b.clamp(value, ...bounds);
          },
        },
      ];
    },
  });
}

export const averagePool2d = definePool(average);
export const maxPool2d = definePool(max);
export const l2Pool2d = definePool(l2);
