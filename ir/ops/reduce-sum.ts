// reduce_sum and reduce_mean: sums along axes. Their quantized forms are an integer sum and a requantization.
import { differenceRange, sumRange } from '../accumulator-range.ts';
import { attr, type Requantization, type Rounding } from '../attributes.ts';
import type { Builder } from '../builder.ts';
import { defineOp, required, rule, type TypeRuleInput } from '../define-op.ts';
import type { Op, Value } from '../module.ts';
import { applyRequantization, INT32_MAX, quantizeMultiplier } from '../numerics.ts';
import { quantizedBounds, requantizationFor, scaleAndZero, unbounded } from '../quantized.ts';
import {
  foldReduced,
  forEachReduced,
  forEachResult,
  keptShape,
  type ReductionAttributes,
  reducedFactors,
  reducedShape,
  reductionAttributes,
  reductionSpace,
} from '../reduction.ts';
import { transposedReduction } from '../transposition.ts';
import { type ElementType, integerRange, type TensorType, tensorType } from '../types.ts';
import { unsignedByZeros } from '../unsigned-storage.ts';
import { requantize } from './requantize.ts';

const sumAttributes = {
  ...reductionAttributes,
  input_zero: attr.int({ fallback: 0, doc: 'Subtracted from every element of small integers.' }),
  requant: attr.requantization({ doc: 'Present in the fused integer form: how sums become results.' }),
};

const small: readonly ElementType[] = ['i8', 'u8', 'i16'];

/** The type that elements are added in. */
function sumElement(x: TensorType): 'f32' | 'i32' | 'i64' {
  return x.element === 'f32' || x.element === 'i64' ? x.element : 'i32';
}

/** Checks that a sum of `count` small integers fits 32 bits. */
function checkRange(x: TensorType, zero: number, count: number): void {
  const { min, max } = integerRange(x.element);
  const reach = Math.max(Math.abs(min - zero), Math.abs(max - zero));
  rule(reach * count <= INT32_MAX, `sums ${count} elements, more than 32 bits hold`);
}

function sumType({ operands, attributes, asked }: TypeRuleInput<typeof sumAttributes>): TensorType {
  const x = required(operands, 0);
  const y = asked?.[0];
  rule(x.element !== 'f16' && x.element !== 'bool' && x.element !== 'i4', `does not add ${x.element}`);
  const shape = reducedShape(x.shape, attributes);
  const zeroFits = attributes.input_zero === 0 || small.includes(x.element);
  rule(zeroFits, 'has a zero point for elements that take none');
  if (!small.includes(x.element)) return tensorType(x.element, shape);
  checkRange(x, attributes.input_zero, reductionSpace(x.shape, attributes.axes).count);
  const results = attributes.requant !== undefined || x.quant !== undefined;
  if (!results || y === undefined || (y.element === 'i32' && y.quant === undefined)) return tensorType('i32', shape);
  rule([...small, 'i32'].includes(y.element), `gives integers, not ${y.element}`);
  rule(attributes.requant !== undefined || y.quant !== undefined, 'needs a quantized result');
  return tensorType(y.element, shape, y.quant);
}

/** True for the form with a scale on both sides, which only the integer hook gives a meaning to. */
function isQuantized(op: Op): boolean {
  const [x, y] = [op.operand(0).type, op.result.type];
  return op.attributes.requant === undefined && x.quant !== undefined && y.quant !== undefined;
}

/** The quantized sum or mean: an i32 sum, requantized. */
function integerSum(
  builder: Builder,
  op: Op,
  attributes: ReductionAttributes,
  requant: (x: TensorType, y: TensorType, count: number) => Requantization,
): readonly Value[] | undefined {
  if (!isQuantized(op)) return undefined;
  const [x, y] = [op.operand(0), op.result.type];
  const { axes, keep_dims } = attributes;
  const sumOf = { axes, keep_dims, input_zero: scaleAndZero(x.type, 'input').zero };
  const sum = builder.create(reduceSum, [x], sumOf, tensorType('i32', y.shape));
  const { count } = reductionSpace(x.type.shape, axes);
  return [builder.create(requantize, [sum], { requant: requant(x.type, y, count) }, y)];
}

export const reduceSum = defineOp({
  name: 'reduce_sum',
  doc: 'The sum of the elements along the axes, in row-major order. f32 rounds each addition; i32 and i64 wrap; smaller integers add up in i32 without wrapping. The quantized form is sum(x - zero_x) * scale_x / scale_y, rounded. Sources: TensorFlow Lite reference/reduce.h, ReduceGeneric and QuantizedMeanOrSum.',
  operands: [{ name: 'x', doc: 'Any shape.' }],
  attributes: sumAttributes,
  results: ['y'],
  types: (input) => [sumType(input)],
  factors: reducedFactors('any'),
  integer: ({ op, attributes, builder, rounding }) =>
    integerSum(builder, op, attributes, (x, y) => {
      const factor = scaleAndZero(x, 'input').scale / scaleAndZero(y, 'result').scale;
      return requantizationFor([factor], y, unbounded, rounding);
    }),
  unsigned: unsignedByZeros(['input_zero']),
  transposed: transposedReduction,
  reference({ operands, attributes, results }) {
    const x = operands[0]!;
    const { axes, input_zero, requant } = attributes;
    const space = reductionSpace(x.type.shape, axes);
    const y = results[0]!.data;
    if (x.data instanceof BigInt64Array) {
      const longs = x.data;
      forEachResult(space, (result, first) => {
        let sum = 0n;
        forEachReduced(space, first, (position) => {
          sum += longs[position]!;
        });
        y[result] = sum;
      });
      return;
    }
    const data = x.data;
    const round = x.type.element === 'f32' ? Math.fround : (v: number) => v | 0;
    forEachResult(space, (result, first) => {
      let sum = 0;
      forEachReduced(space, first, (position) => {
        sum = round(sum + (data[position]! - input_zero));
      });
      y[result] = requant === undefined ? sum : applyRequantization(sum, requant, 0);
    });
  },
  lower({ attributes, operand, result, type, ...buffers }) {
    const { axes, input_zero, requant } = attributes;
    const space = reductionSpace(type(0).shape, axes);
    const x = operand(0);
    const lane = sumElement(type(0));
    const code =
      requant === undefined
        ? undefined
        : buffers.requantization(requant, {
            ranges: [sumRange(differenceRange(type(0).element, input_zero), space.count)],
            movable: false,
          });
    return [
      {
        kind: 'map',
        result: result(0),
        shape: keptShape(space),
        body(b, index) {
          const start = lane === 'i32' ? b.constant(-input_zero * space.count) : b.constant(0, lane);
          const [sum] = foldReduced(b, space, index, [start], (position, [a]) => [b.add(a!, b.load(x, position))]);
          return code === undefined ? sum! : code.emit(b, sum!, b.constant(0));
        },
      },
    ];
  },
});

/**
 * How a sum of `count` elements becomes their mean: the multiplier of the change of scale is divided by the count in 64
 * bits, after a left shift that keeps its precision (TensorFlow Lite reference/reduce.h, QuantizedMeanOrSum).
 */
function meanRequantization(x: TensorType, y: TensorType, count: number, rounding: Rounding): Requantization {
  const { scale } = scaleAndZero(x, 'input');
  const result = scaleAndZero(y, 'result');
  if (rounding === 'half-even') return requantizationFor([scale / result.scale / count], y, unbounded, rounding);
  const whole = quantizeMultiplier(scale / result.scale);
  const shift = Math.min(Math.floor(Math.log2(count)), 32, 31 + whole.shift);
  const multiplier = Number((BigInt(whole.multiplier) << BigInt(shift)) / BigInt(count));
  const clamp = quantizedBounds(y, unbounded);
  return {
    multiplier: [multiplier],
    shift: [whole.shift - shift],
    scale: [],
    rounding,
    zero: result.zero,
    clamp,
  };
}

export const reduceMean = defineOp({
  name: 'reduce_mean',
  doc: 'The mean of the elements along the axes: their sum in row-major order divided by their number. The quantized form is an integer reduce_sum whose requantization divides. Sources: TensorFlow Lite reference/reduce.h, Mean and QuantizedMeanOrSum.',
  operands: [{ name: 'x', doc: 'f32, or quantized.' }],
  attributes: reductionAttributes,
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const y = asked?.[0];
    const shape = reducedShape(x.shape, attributes);
    if (x.element === 'f32') return [tensorType('f32', shape)];
    rule(small.includes(x.element) && x.quant !== undefined, `takes f32 or quantized integers, got ${x.element}`);
    rule(y === undefined || small.includes(y.element), () => `gives quantized integers, not ${y?.element}`);
    checkRange(x, scaleAndZero(x, 'input').zero, reductionSpace(x.shape, attributes.axes).count);
    return [tensorType(y?.element ?? x.element, shape, y === undefined ? x.quant : y.quant)];
  },
  factors: reducedFactors('any'),
  integer: ({ op, attributes, builder, rounding }) =>
    integerSum(builder, op, attributes, (x, y, count) => meanRequantization(x, y, count, rounding)),
  transposed: transposedReduction,
  reference({ operands, attributes, results }) {
    const x = operands[0]!;
    const space = reductionSpace(x.type.shape, attributes.axes);
    const data = x.data as Float32Array;
    forEachResult(space, (result, first) => {
      let sum = 0;
      forEachReduced(space, first, (position) => {
        sum = Math.fround(sum + data[position]!);
      });
      results[0]!.data[result] = sum / Math.fround(space.count);
    });
  },
  lower({ attributes, operand, result, type }) {
    const space = reductionSpace(type(0).shape, attributes.axes);
    const x = operand(0);
    return [
      {
        kind: 'map',
        result: result(0),
        shape: keptShape(space),
        body(b, index) {
          const [sum] = foldReduced(b, space, index, [b.f32(0)], (position, [a]) => [b.add(a!, b.load(x, position))]);
          return b.div(sum!, b.f32(space.count));
        },
      },
    ];
  },
});
