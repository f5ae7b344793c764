// integer_softmax: softmax of 8-bit integers along the last axis, in TensorFlow Lite's fixed point.
import type { Rounding } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { loopArithmetic, numberArithmetic } from '../fixed-point/arithmetic.ts';
import { expOnNegativeValues } from '../fixed-point/exp.ts';
import { reciprocal } from '../fixed-point/reciprocal.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { INT32_MAX, quantizeMultiplier, requantizeDouble, requantizeSingle } from '../numerics.ts';
import { forEachRow, rowDepth } from '../rows.ts';
import { bytesPerElement, type ElementType, elementCount, integerRange, tensorType } from '../types.ts';

/** Integer bits of exp's argument and of the sum of exps (TensorFlow Lite reference/softmax.h). */
const differenceBits = 5;
const sumBits = 12;

/** The difference to a row's greatest element, brought to 5 integer bits, and the least one that counts. */
export interface DifferenceScale {
  readonly multiplier: number;
  readonly shift: number;
  /** Differences below it have no weight. */
  readonly least: number;
}

/**
 * Of inputs with this scale (TensorFlow Lite quantization_util.cc, PreprocessSoftmaxScaling, CalculateInputRadius). With
 * steps of less than 2^-26 TensorFlow Lite stops; here the same formula goes on: differences keep fewer bits, and rows
 * become equal shares, which they are.
 */
export function differenceScale(beta: number, scale: number): DifferenceScale {
  const real = Math.min(beta * scale * 2 ** (31 - differenceBits), INT32_MAX);
  const { multiplier, shift } = quantizeMultiplier(real);
  const radius = Math.floor(((2 ** differenceBits - 1) * 2 ** (31 - differenceBits)) / 2 ** shift);
  return { multiplier, shift, least: -radius };
}

/** exp of minus d steps of the input, with 31 fraction bits, for d in 0..255. */
export function expTable(difference: DifferenceScale, rounding: Rounding): Int32Array {
  const requantize = rounding === 'single' ? requantizeSingle : requantizeDouble;
  return Int32Array.from({ length: 256 }, (_, d) => {
    if (-d < difference.least) return 0;
    const rescaled = requantize(-d, difference.multiplier, difference.shift);
    return expOnNegativeValues(numberArithmetic, rescaled, differenceBits);
  });
}

/** Each exp is at most 2^19 in the sum: from this depth on a sum could pass 31 bits. */
const deepSum = 2 ** 12;
/** From this depth on a sum can be so large that 8-bit results are all zero: the shift would pass 31. */
const deepResult = 2 ** 9;

/** Bits of the last right shift, beside the sum's own exponent. */
const resultShift = (element: ElementType) => 31 - 8 * bytesPerElement(element);

export const integerSoftmax = defineOp({
  name: 'integer_softmax',
  doc: 'Softmax along the last axis of 8-bit integers, in fixed point: y = min + e(max - x) / sum of e over the row, in units of 2^-8 or 2^-16 of the result’s type, where e is a table of exps with 31 fraction bits. The sum has 12 integer bits and stops at 2^31 - 1. Source: TensorFlow Lite reference/softmax.h.',
  operands: [
    { name: 'x', doc: 'i8 or u8.' },
    { name: 'exp', doc: 'i32, 256 entries: entry d is exp of minus d steps of x, with 31 fraction bits.' },
  ],
  attributes: {},
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    const exp = required(operands, 1);
    const y = asked?.[0];
    rule(x.element === 'i8' || x.element === 'u8', `takes i8 or u8, got ${x.element}`);
    rowDepth(x);
    rule(exp.element === 'i32' && elementCount(exp.shape) === 256, 'needs a table of 256 i32 exps');
    rule(y !== undefined && ['i8', 'u8', 'i16'].includes(y.element), 'needs a result type of i8, u8 or i16');
    return [tensorType(y.element, x.shape, y.quant)];
  },
  // Only differences of elements matter.
  unsigned: (op, { operands, results }) => (operands[1] || results[0] ? undefined : op.attributes),
  reference({ operands, results }) {
    const [x, exp] = [operands[0]!, operands[1]!.data as Int32Array];
    const y = results[0]!;
    const { min, max } = integerRange(y.type.element);
    const depth = rowDepth(x.type);
    const data = x.data as Int8Array;
    for (let row = 0; row < data.length; row += depth) {
      const elements = data.subarray(row, row + depth);
      const greatest = elements.reduce((a, v) => Math.max(a, v));
      // A tie of the rounding is no exception: exps are not negative.
      const sum = elements.reduce((s, v) => s + Math.floor((exp[greatest - v]! + 2 ** 11) / 2 ** 12), 0);
      const { mantissa, exponent } = reciprocal(numberArithmetic, Math.min(sum, INT32_MAX), sumBits);
      const divisor = 2 ** (exponent + resultShift(y.type.element));
      elements.forEach((v, c) => {
        const product = numberArithmetic.highMultiply(mantissa, exp[greatest - v]!);
        y.data[row + c] = Math.min(min + Math.floor(product / divisor + 0.5), max);
      });
    }
  },
  lower({ operand, result, type, resultType }) {
    const [x, exp, y] = [operand(0), operand(1), result(0)];
    const { element } = resultType(0);
    const { min, max } = integerRange(element);
    const shift = resultShift(element);
    const bytes = bytesPerElement(element);
    const depth = rowDepth(type(0));
    const least = integerRange(type(0).element).min;
    return [
      {
        kind: 'loops',
        body(b) {
          const m = loopArithmetic(b);
          forEachRow(b, type(0), (at) => {
            const [greatest] = b.forCarry(0, depth, [b.constant(least)], (c, [a]) => [b.max(a!, b.load(x, at(c)))]);
            const expOf = (c: LoopValue) => b.load(exp, b.sub(greatest!, b.load(x, at(c))));
            const [sum] = b.forCarry(0, depth, [b.constant(0)], (c, [s]) => {
              const next = b.add(s!, m.roundingShiftRight(expOf(c), sumBits));
              return [depth < deepSum ? next : b.select(b.compare('lt', next, 0), INT32_MAX, next)];
            });
            const { mantissa, exponent } = reciprocal(m, sum!, sumBits);
            const total = b.add(exponent, shift);
            const mayVanish = bytes === 1 && depth >= deepResult;
            const factor = mayVanish ? b.select(b.compare('gt', total, 31), 0, mantissa) : mantissa;
            const amount = mayVanish ? b.min(total, 31) : total;
            b.for(0, depth, (c) => {
              const scaled = m.roundingShiftRight(m.highMultiply(factor, expOf(c)), amount);
              b.store(y, at(c), b.min(b.add(scaled, min), max));
            });
          });
        },
      },
    ];
  },
  inPlace: (op) => (bytesPerElement(op.result.type.element) === 1 ? [0] : []),
});
