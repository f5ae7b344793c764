// interpolated_softmax: softmax of 16-bit integers along the last axis, by TensorFlow Lite's two interpolated tables.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import {
  countLeadingZeros,
  type FixedArithmetic,
  loopArithmetic,
  numberArithmetic,
} from '../fixed-point/arithmetic.ts';
import { interpolatedLookup, interpolatedTable } from '../fixed-point/interpolated-table.ts';
import type { TableLookup } from '../fixed-point/sigmoid-table.ts';
import type { LoopValue } from '../loops/kernel.ts';
import type { Buffer } from '../loops/types.ts';
import { requantizeDouble, saturate } from '../numerics.ts';
import { forEachRow, rowDepth } from '../rows.ts';
import { elementCount, tensorType } from '../types.ts';

/** The steps between the least and the greatest i16. */
const range = 65535;

/** exp on [-10, 0]: what lies below has no weight. */
export function expTable16(): Int16Array {
  const scale = Math.fround(Math.fround(10) / range);
  return interpolatedTable(Math.exp, { scale, zero: 32767 }, { scale: Math.fround(2 / range), zero: 0 });
}

/** 1 / (1 + x) on [0, 1]. */
export function reciprocalTable16(): Int16Array {
  const input = { scale: Math.fround(1 / range), zero: -32768 };
  return interpolatedTable((x) => 1 / Math.fround(1 + x), input, { scale: Math.fround(2 / range), zero: 0 });
}

/** Each exp is below 2^15, and their sum is kept in 31 bits. */
const maxDepth = 2 ** 16;

/** The reciprocal of a row's sum of exps: a factor with 15 fraction bits, and the right shift that follows it. */
function reciprocalOfSum<V>(m: FixedArithmetic<V>, table: TableLookup<V>, sum: V): { factor: V; shift: V } {
  const zeros = countLeadingZeros(m, sum);
  // The sum with its leading one at bit 30, then rounded to 17 bits: 1 + x in units of 2^-16.
  const leading = m.shiftLeft(sum, m.sub(zeros, 1));
  const rounded = m.add(m.shiftRight(leading, 14), m.and(m.shiftRight(leading, 13), 1));
  const x = m.min(m.sub(rounded, 2 ** 16 + 2 ** 15), 32767);
  return { factor: interpolatedLookup(m, table, x), shift: m.sub(31, zeros) };
}

export const interpolatedSoftmax = defineOp({
  name: 'interpolated_softmax',
  doc: 'Softmax along the last axis of i16, in fixed point: exp and the reciprocal of the sum are read from tables of 513 entries with linear interpolation; results have 15 fraction bits. Source: TensorFlow Lite reference/softmax.h, SoftmaxInt16.',
  operands: [
    { name: 'x', doc: 'i16.' },
    { name: 'exp', doc: 'i16, 513 entries: exp on [-10, 0].' },
    { name: 'reciprocal', doc: 'i16, 513 entries: 1 / (1 + x) on [0, 1].' },
  ],
  attributes: {
    multiplier: attr.int({ min: 0, doc: 'Brings differences of x to units of 10 / 65535, by rounding `double`.' }),
    shift: attr.int({ min: -31, max: 30, doc: 'Exponent that goes with the multiplier.' }),
  },
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    rule(x.element === 'i16', `takes i16, got ${x.element}`);
    rule(rowDepth(x) <= maxDepth, `takes at most ${maxDepth} elements along the last axis`);
    for (const i of [1, 2]) {
      const table = required(operands, i);
      rule(table.element === 'i16' && elementCount(table.shape) === 513, 'needs tables of 513 i16 entries');
    }
    return [tensorType('i16', x.shape, asked?.[0]?.quant)];
  },
  reference({ operands, attributes: { multiplier, shift }, results }) {
    const [x, exps, reciprocals] = operands.map((o) => o!.data as Int16Array) as [Int16Array, Int16Array, Int16Array];
    const depth = rowDepth(operands[0]!.type);
    const m = numberArithmetic;
    for (let row = 0; row < x.length; row += depth) {
      const elements = x.subarray(row, row + depth);
      const greatest = elements.reduce((a, v) => Math.max(a, v));
      const weights = Array.from(elements, (v) => {
        const difference = requantizeDouble(v - greatest, multiplier, shift);
        return interpolatedLookup(m, (i) => exps[i]!, saturate(difference + 32767, -32768, 32767));
      });
      const sum = weights.reduce((a, v) => a + v, 0);
      const { factor, shift: right } = reciprocalOfSum(m, (i) => reciprocals[i]!, sum);
      weights.forEach((w, c) => {
        results[0]!.data[row + c] = saturate(Math.floor((w * factor) / 2 ** right + 0.5), 0, 32767);
      });
    }
  },
  lower({ attributes: { multiplier, shift }, operand, result, type }) {
    const [x, exps, reciprocals, y] = [operand(0), operand(1), operand(2), result(0)];
    const depth = rowDepth(type(0));
    return [
      {
        kind: 'loops',
        body(b) {
          const m = loopArithmetic(b);
          const entry = (buffer: Buffer) => (i: LoopValue) => b.load(buffer, i);
          forEachRow(b, type(0), (at) => {
            const [greatest] = b.forCarry(0, depth, [b.constant(-32768)], (c, [a]) => [b.max(a!, b.load(x, at(c)))]);
            // The result holds the exps until their sum is known.
            const [sum] = b.forCarry(0, depth, [b.constant(0)], (c, [s]) => {
              const distance = b.sub(b.load(x, at(c)), greatest!);
              const difference = b.requantize(distance, multiplier, shift, 'double');
              const weight = interpolatedLookup(m, entry(exps), b.clamp(b.add(difference, 32767), -32768, 32767));
              b.store(y, at(c), weight);
              return [b.add(s!, weight)];
            });
            const { factor, shift: right } = reciprocalOfSum(m, entry(reciprocals), sum!);
            const half = b.shl(b.constant(1), b.sub(right, 1));
            b.for(0, depth, (c) => {
              const product = b.mul(b.load(y, at(c)), factor);
              b.store(y, at(c), b.clamp(b.shr(b.add(product, half), right), 0, 32767));
            });
          });
        },
      },
    ];
  },
  inPlace: () => [0],
});
