// l2_normalize: rows along the last axis divided by their Euclidean length.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { loopArithmetic, numberArithmetic } from '../fixed-point/arithmetic.ts';
import { inverseSquareRoot } from '../fixed-point/inverse-square-root.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import type { Buffer } from '../loops/types.ts';
import { greater, INT32_MAX, requantizeDouble, saturate } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { forEachRow, rowDepth } from '../rows.ts';
import type { TensorData } from '../tensor-data.ts';
import { transposedRows } from '../transposition.ts';
import { tensorType } from '../types.ts';

/** Results are in units of 2^-7. */
const resultBits = 7;

const f = Math.fround;

function floatRow(x: Float32Array, y: Float32Array, epsilon: number): void {
  const squares = x.reduce((sum, v) => f(sum + f(v * v)), 0);
  const length = greater(f(Math.sqrt(squares)), f(epsilon));
  for (const [i, v] of x.entries()) y[i] = v / length;
}

function integerRow(x: Int8Array, y: Int8Array, zero: number): void {
  const squares = x.reduce((sum, v) => sum + (v - zero) ** 2, 0);
  const { multiplier, shift } = inverseSquareRoot(numberArithmetic, squares);
  for (const [i, v] of x.entries()) {
    y[i] = saturate(requantizeDouble(v - zero, multiplier, shift + resultBits), -128, 127);
  }
}

function floatLoops(
  b: LoopBuilder,
  x: Buffer,
  y: Buffer,
  epsilon: number,
  depth: number,
  at: (c: LoopValue) => LoopValue,
) {
  const [squares] = b.forCarry(0, depth, [b.f32(0)], (c, [sum]) => {
    const v = b.load(x, at(c));
    return [b.add(sum!, b.mul(v, v))];
  });
  const length = b.max(b.unary('sqrt', squares!), b.f32(epsilon));
  b.for(0, depth, (c) => b.store(y, at(c), b.div(b.load(x, at(c)), length)));
}

function integerLoops(
  b: LoopBuilder,
  x: Buffer,
  y: Buffer,
  zero: number,
  depth: number,
  at: (c: LoopValue) => LoopValue,
) {
  const [squares] = b.forCarry(0, depth, [b.constant(0)], (c, [sum]) => {
    const v = b.sub(b.load(x, at(c)), zero);
    return [b.add(sum!, b.mul(v, v))];
  });
  const { multiplier, shift } = inverseSquareRoot(loopArithmetic(b), squares!);
  const total = b.add(shift, resultBits);
  b.for(0, depth, (c) => {
    const v = b.sub(b.load(x, at(c)), zero);
    b.store(y, at(c), b.clamp(b.requantize(v, multiplier, total, 'double'), -128, 127));
  });
}

const rowsOf = <T extends Float32Array | Int8Array>(data: T, depth: number, row: number) =>
  data.subarray(row * depth, (row + 1) * depth) as T;

export const l2Normalize = defineOp({
  name: 'l2_normalize',
  doc: 'y = x / max(sqrt(sum of x^2 over the row), epsilon), rows along the last axis. The i8 form works on x - zero_x in fixed point and gives units of 1/128; a row of zeros gives zeros. Sources: TensorFlow Lite reference/l2normalization.h and reference/integer_ops/l2normalization.h.',
  operands: [{ name: 'x', doc: 'f32, or quantized i8.' }],
  attributes: { epsilon: attr.float({ fallback: 1e-6, doc: 'Least length of the f32 form.' }) },
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    const depth = rowDepth(x);
    if (x.element === 'f32') return [tensorType('f32', x.shape)];
    rule(x.element === 'i8', `takes f32 or i8, got ${x.element}`);
    const { zero } = scaleAndZero(x, 'input');
    rule(depth * Math.max(127 - zero, zero + 128) ** 2 <= INT32_MAX, 'sums more squares than 32 bits hold');
    const y = asked?.[0]?.quant;
    rule(y !== undefined, 'needs its quantized result type given');
    rule(y.scale[0] === 1 / 128 && y.zero[0] === 0, 'needs a result with scale 1/128 and zero point 0');
    return [tensorType('i8', x.shape, y)];
  },
  reference({ operands, attributes, results }) {
    const [x, y] = [operands[0]!, results[0] as TensorData];
    const depth = rowDepth(x.type);
    for (let row = 0; row < x.data.length / depth; row++) {
      if (x.data instanceof Int8Array) {
        const { zero } = scaleAndZero(x.type, 'input');
        integerRow(rowsOf(x.data, depth, row), rowsOf(y.data as Int8Array, depth, row), zero);
      } else {
        const from = rowsOf(x.data as Float32Array, depth, row);
        floatRow(from, rowsOf(y.data as Float32Array, depth, row), attributes.epsilon);
      }
    }
  },
  lower({ attributes, operand, result, type }) {
    const [x, y, depth] = [operand(0), result(0), rowDepth(type(0))];
    return [
      {
        kind: 'loops',
        body: (b) =>
          forEachRow(b, type(0), (at) => {
            if (type(0).element === 'f32') floatLoops(b, x, y, attributes.epsilon, depth, at);
            else integerLoops(b, x, y, scaleAndZero(type(0), 'input').zero, depth, at);
          }),
      },
    ];
  },
  transposed: transposedRows,
  inPlace: () => [0],
});
