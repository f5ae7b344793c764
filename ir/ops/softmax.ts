// softmax: exp(beta * x) divided by its sum along the last axis.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { loopArithmetic, numberArithmetic } from '../functions/arithmetic.ts';
import { exp } from '../functions/exp.ts';
import { greater, quantizeMultiplier } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { forEachRow, rowDepth } from '../rows.ts';
import type { TensorArray } from '../tensor-data.ts';
import { transposedRows } from '../transposition.ts';
import { type ElementType, type TensorType, tensorType } from '../types.ts';
import { constant } from './constant.ts';
import { differenceScale, expTable, integerSoftmax } from './integer-softmax.ts';
import { expTable16, interpolatedSoftmax, reciprocalTable16 } from './interpolated-softmax.ts';

/** The quantizations that TensorFlow Lite's kernels give results in (softmax_common.cc, CalculateSoftmaxParams). */
const resultScales: Readonly<Record<string, { scale: number; zero: number }>> = {
  'i8 i8': { scale: 1 / 256, zero: -128 },
  'u8 u8': { scale: 1 / 256, zero: 0 },
  'i8 i16': { scale: 1 / 65536, zero: -32768 },
  'i16 i16': { scale: 1 / 32768, zero: 0 },
};

function checkQuantized(x: TensorType, y: TensorType): void {
  const expected = resultScales[`${x.element} ${y.element}`];
  rule(expected !== undefined, `does not turn ${x.element} into ${y.element}`);
  const { scale, zero } = scaleAndZero(y, 'result');
  // TensorFlow Lite allows a thousandth for 16-bit results, and nothing for 8-bit ones.
  const close = Math.abs(scale - expected.scale) <= (y.element === 'i16' ? 0.001 * expected.scale : 0);
  rule(close && zero === expected.zero, `needs a result with scale ${expected.scale} and zero point ${expected.zero}`);
  scaleAndZero(x, 'input');
}

export const softmax = defineOp({
  name: 'softmax',
  doc: 'y = exp(beta * (x - max)) / sum of the same, along the last axis, where max is the row’s greatest element. The quantized forms are `integer_softmax` (8-bit) and `interpolated_softmax` (16-bit). Source: TensorFlow Lite reference/softmax.h.',
  operands: [{ name: 'x', doc: 'f32, or quantized i8, u8 or i16.' }],
  attributes: { beta: attr.float({ fallback: 1, doc: 'Factor of the exponent, above zero.' }) },
  results: ['y'],
  // 256 steps of 1/256, of which the last would be 1; of 16 bits with a sign, 1 / 32768.
  resultRange: (_, element) => (element === 'i8' ? [0, 255 / 256] : [-1, 32767 / 32768]),
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    rowDepth(x);
    rule(attributes.beta > 0 && Number.isFinite(attributes.beta), 'needs a beta above zero');
    if (x.element === 'f32') return [tensorType('f32', x.shape)];
    const y = asked?.[0];
    rule(y !== undefined, 'needs its quantized result type given');
    checkQuantized(x, y);
    return [tensorType(y.element, x.shape, y.quant)];
  },
  integer({ op, attributes, builder, rounding }) {
    const x = op.operand(0);
    if (x.type.element === 'f32') return undefined;
    const { scale } = scaleAndZero(x.type, 'input');
    const table = (element: ElementType, data: TensorArray) => {
      const type = tensorType(element, [data.length]);
      return builder.create(constant, [], { value: { type, data } }, type);
    };
    if (x.type.element === 'i16') {
      const factor = quantizeMultiplier((scale * attributes.beta) / (10 / 65535));
      const operands = [x, table('i16', expTable16()), table('i16', reciprocalTable16())];
      return [builder.create(interpolatedSoftmax, operands, factor, op.result.type)];
    }
    const exps = table('i32', expTable(differenceScale(attributes.beta, scale), rounding));
    return [builder.create(integerSoftmax, [x, exps], {}, op.result.type)];
  },
  reference({ operands, attributes, results }) {
    const x = operands[0]!.data as Float32Array;
    const y = results[0]!.data;
    const depth = rowDepth(operands[0]!.type);
    const m = numberArithmetic;
    const beta = Math.fround(attributes.beta);
    for (let row = 0; row < x.length; row += depth) {
      let max = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < depth; c++) max = greater(max, x[row + c]!);
      let sum = 0;
      for (let c = 0; c < depth; c++) {
        const weight = exp(m, m.mul(m.sub(x[row + c]!, max), beta));
        y[row + c] = weight;
        sum = m.add(sum, weight);
      }
      for (let c = 0; c < depth; c++) y[row + c] = m.div(Number(y[row + c]), sum);
    }
  },
  lower({ attributes, operand, result, type }) {
    const [x, y] = [operand(0), result(0)];
    const depth = rowDepth(type(0));
    return [
      {
        kind: 'loops',
        body(b) {
          const m = loopArithmetic(b);
          forEachRow(b, type(0), (at) => {
            const lowest = b.f32(Number.NEGATIVE_INFINITY);
            const [max] = b.forCarry(0, depth, [lowest], (c, [a]) => [b.max(a!, b.load(x, at(c)))]);
            // The result holds the exps until their sum is known.
            const [sum] = b.forCarry(0, depth, [b.f32(0)], (c, [s]) => {
              const distance = b.sub(b.load(x, at(c)), max!);
              const weight = exp(m, attributes.beta === 1 ? distance : b.mul(distance, attributes.beta));
              b.store(y, at(c), weight);
              return [b.add(s!, weight)];
            });
            b.for(0, depth, (c) => b.store(y, at(c), b.div(b.load(y, at(c)), sum!)));
          });
        },
      },
    ];
  },
  transposed: transposedRows,
  inPlace: (op) => (op.operand(0).type.element === 'f32' ? [0] : []),
});
