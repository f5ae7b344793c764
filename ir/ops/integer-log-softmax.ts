// integer_log_softmax: log of softmax of 8-bit integers along the last axis, in TensorFlow Lite's fixed point.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { loopArithmetic, numberArithmetic } from '../fixed-point/arithmetic.ts';
import { fixedLog } from '../fixed-point/log.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { INT32_MIN, requantizeDouble, roundingShiftRight, saturate } from '../numerics.ts';
import { forEachRow, rowDepth } from '../rows.ts';
import { elementCount, integerRange, tensorType } from '../types.ts';

/** Integer bits of differences, of the sum of exps, and of results in units of 1/16 (reference/log_softmax.h). */
const differenceBits = 5;
const sumBits = 12;
const resultShift = 31 - differenceBits - 4;
/** Each exp is at most 2^19 in a sum of 31 bits. */
const maxDepth = 2 ** 12 - 1;

export const integerLogSoftmax = defineOp({
  name: 'integer_log_softmax',
  doc: 'Log of softmax along the last axis of 8-bit integers, in fixed point: y = max of the type - (greatest - x + log of the sum of exps) in units of 1/16. Source: TensorFlow Lite reference/log_softmax.h, LogSoftmaxQuantized.',
  operands: [
    { name: 'x', doc: 'i8 or u8.' },
    { name: 'exp', doc: 'i32, 256 entries: entry d is exp of minus d steps of x, with 31 fraction bits.' },
  ],
  attributes: {
    multiplier: attr.int({ min: 0, doc: 'Brings differences of x to 5 integer bits, by rounding `double`.' }),
    shift: attr.int({ min: -31, max: 30, doc: 'Exponent that goes with the multiplier.' }),
    least: attr.int({ max: 0, doc: 'The least difference that the 5 integer bits hold.' }),
    inverse_multiplier: attr.int({ min: 0, doc: 'The inverse of multiplier and shift, for the limit of the results.' }),
    inverse_shift: attr.int({ min: -31, max: 30, doc: 'Exponent that goes with the inverse multiplier.' }),
  },
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    const exp = required(operands, 1);
    rule(x.element === 'i8' || x.element === 'u8', `takes i8 or u8, got ${x.element}`);
    rule(rowDepth(x) <= maxDepth, `takes at most ${maxDepth} elements along the last axis`);
    rule(exp.element === 'i32' && elementCount(exp.shape) === 256, 'needs a table of 256 i32 exps');
    return [tensorType(x.element, x.shape, asked?.[0]?.quant)];
  },
  reference({ operands, attributes, results }) {
    const [x, exp] = [operands[0]!, operands[1]!.data as Int32Array];
    const { multiplier, shift, least, inverse_multiplier, inverse_shift } = attributes;
    const y = results[0]!.data;
    const { min, max } = integerRange(x.type.element);
    const depth = rowDepth(x.type);
    const data = x.data as Int8Array;
    for (let row = 0; row < data.length; row += depth) {
      const elements = data.subarray(row, row + depth);
      const greatest = elements.reduce((a, v) => Math.max(a, v));
      const sum = elements.reduce((s, v) => s + roundingShiftRight(exp[greatest - v]!, sumBits), 0);
      const log = fixedLog(numberArithmetic, sum, sumBits, differenceBits);
      // Below this, difference - log would leave 32 bits; such results are the least one anyway.
      const limit = Math.max(least - 1, requantizeDouble((INT32_MIN + log) | 0, inverse_multiplier, inverse_shift));
      for (const [c, v] of elements.entries()) {
        const difference = (requantizeDouble(v - greatest, multiplier, shift) - log) | 0;
        const value = saturate(roundingShiftRight(difference, resultShift) + max, min, max);
        y[row + c] = v - greatest > limit ? value : min;
      }
    }
  },
  lower({ attributes, operand, result, type }) {
    const [x, exp, y] = [operand(0), operand(1), result(0)];
    const { multiplier, shift, least, inverse_multiplier, inverse_shift } = attributes;
    const { min, max } = integerRange(type(0).element);
    const depth = rowDepth(type(0));
    return [
      {
        kind: 'loops',
        body(b) {
          const m = loopArithmetic(b);
          forEachRow(b, type(0), (at) => {
            const element = (c: LoopValue) => b.load(x, at(c));
            const [greatest] = b.forCarry(0, depth, [b.constant(min)], (c, [a]) => [b.max(a!, element(c))]);
            const [sum] = b.forCarry(0, depth, [b.constant(0)], (c, [s]) => [
              b.add(s!, m.roundingShiftRight(b.load(exp, b.sub(greatest!, element(c))), sumBits)),
            ]);
            const log = fixedLog(m, sum!, sumBits, differenceBits);
            const lowest = b.requantize(b.add(log, INT32_MIN), inverse_multiplier, inverse_shift, 'double');
            const limit = b.max(lowest, least - 1);
            b.for(0, depth, (c) => {
              const distance = b.sub(element(c), greatest!);
              const difference = b.sub(b.requantize(distance, multiplier, shift, 'double'), log);
              const value = b.clamp(b.add(m.roundingShiftRight(difference, resultShift), max), min, max);
              b.store(y, at(c), b.select(b.compare('gt', distance, limit), value, min));
            });
          });
        },
      },
    ];
  },
  inPlace: () => [0],
});
