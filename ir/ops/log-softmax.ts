// log_softmax: the logarithm of softmax along the last axis.
import { defineOp, required, rule } from '../define-op.ts';
import { loopArithmetic, numberArithmetic } from '../functions/arithmetic.ts';
import { exp } from '../functions/exp.ts';
import { log } from '../functions/log.ts';
import { greater, quantizeMultiplier } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { forEachRow, rowDepth } from '../rows.ts';
import { transposedRows } from '../transposition.ts';
import { integerRange, tensorType } from '../types.ts';
import { constant } from './constant.ts';
import { integerLogSoftmax } from './integer-log-softmax.ts';
import { differenceScale, expTable } from './integer-softmax.ts';

export const logSoftmax = defineOp({
  name: 'log_softmax',
  doc: 'y = x - max - log(sum of exp(x - max)) along the last axis, where max is the row’s greatest element. The quantized form is `integer_log_softmax`, with results in units of 1/16 below 0. Source: TensorFlow Lite reference/log_softmax.h.',
  operands: [{ name: 'x', doc: 'f32, or quantized i8 or u8.' }],
  attributes: {},
  results: ['y'],
  // 256 steps of 1/16 (TensorFlow Lite kernels/activations.cc, LogSoftmaxPrepare).
  resultRange: (_, element) => (element === 'i8' ? [-255 / 16, 0] : undefined),
  types({ operands, asked }) {
    const x = required(operands, 0);
    rowDepth(x);
    if (x.element === 'f32') return [tensorType('f32', x.shape)];
    rule(x.element === 'i8' || x.element === 'u8', `takes f32, i8 or u8, got ${x.element}`);
    scaleAndZero(x, 'input');
    const y = asked?.[0];
    rule(y?.element === x.element, 'keeps the element type');
    const { scale, zero } = scaleAndZero(y, 'result');
    const { max } = integerRange(x.element);
    rule(scale === 1 / 16 && zero === max, `needs a result with scale 1/16 and zero point ${max}`);
    return [tensorType(x.element, x.shape, y.quant)];
  },
  integer({ op, builder }) {
    const x = op.operand(0);
    if (x.type.element === 'f32') return undefined;
    const difference = differenceScale(1, scaleAndZero(x.type, 'input').scale);
    const { multiplier, shift, least } = difference;
    // The inverse of a smaller factor, for the limit of the results, would leave 32 bits.
    rule(shift > 0, 'has an input scale too small for its fixed point');
    const inverse = quantizeMultiplier(2 ** (31 - shift) / multiplier);
    const type = tensorType('i32', [256]);
    const value = { type, data: expTable(difference, 'double') };
    const attributes = {
      ...{ multiplier, shift, least },
      inverse_multiplier: inverse.multiplier,
      inverse_shift: inverse.shift,
    };
    const exps = builder.create(constant, [], { value }, type);
    return [builder.create(integerLogSoftmax, [x, exps], attributes, op.result.type)];
  },
  reference({ operands, results }) {
    const x = operands[0]!.data as Float32Array;
    const y = results[0]!.data;
    const depth = rowDepth(operands[0]!.type);
    const m = numberArithmetic;
    for (let row = 0; row < x.length; row += depth) {
      let max = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < depth; c++) max = greater(max, x[row + c]!);
      let sum = 0;
      for (let c = 0; c < depth; c++) sum = m.add(sum, exp(m, m.sub(x[row + c]!, max)));
      const logSum = log(m, sum);
      for (let c = 0; c < depth; c++) y[row + c] = m.sub(m.sub(x[row + c]!, max), logSum);
    }
  },
  lower({ operand, result, type }) {
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
            const [sum] = b.forCarry(0, depth, [b.f32(0)], (c, [s]) => [
              b.add(s!, exp(m, b.sub(b.load(x, at(c)), max!))),
            ]);
            const logSum = log(m, sum!);
            b.for(0, depth, (c) => b.store(y, at(c), b.sub(b.sub(b.load(x, at(c)), max!), logSum)));
          });
        },
      },
    ];
  },
  transposed: transposedRows,
  inPlace: (op) => (op.operand(0).type.element === 'f32' ? [0] : []),
});
