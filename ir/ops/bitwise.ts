// bitwise_and, bitwise_or, bitwise_xor, bitwise_not, shift_left, shift_right: arithmetic on the bits of integers.
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { transposedElementwise } from '../transposition.ts';
import { bytesPerElement, type ElementType, isInteger, type TensorType, tensorType } from '../types.ts';

interface BitOperation {
  readonly name: string;
  readonly doc: string;
  /** On two's complements of any width. */
  evaluate(a: bigint, b: bigint, bits: number): bigint;
  code(b: LoopBuilder, x: LoopValue, y: LoopValue, bits: number): LoopValue;
}

const bitsOf = (element: ElementType): number => 8 * bytesPerElement(element);

function operandType(types: readonly (TensorType | undefined)[], i: number): TensorType {
  const type = required(types, i);
  rule(isInteger(type.element) && type.element !== 'i4', `takes integers, got ${type.element}`);
  rule(type.quant === undefined, 'takes integers without a quantization');
  return type;
}

function defineBitwise({ name, doc, evaluate, code }: BitOperation) {
  return defineOp({
    name,
    doc,
    operands: [
      { name: 'a', doc: 'Integers.' },
      { name: 'b', doc: 'The same element type; shapes broadcast as in numpy.' },
    ],
    attributes: {},
    results: ['y'],
    types({ operands }) {
      const [a, b] = [operandType(operands, 0), operandType(operands, 1)];
      rule(a.element === b.element, `takes one element type, got ${a.element} and ${b.element}`);
      return [tensorType(a.element, elementwiseShape([a.shape, b.shape]))];
    },
    reference({ operands, results }) {
      const [a, b] = [operands[0]!, operands[1]!];
      const { type, data } = results[0]!;
      const bits = bitsOf(type.element);
      forEachElement(type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
        const y = evaluate(BigInt(a.data[i!]!), BigInt(b.data[j!]!), bits);
        if (data instanceof BigInt64Array) data[at] = y;
        else data[at] = Number(BigInt.asIntN(32, y));
      });
    },
    lower({ operand, result, type, resultType }) {
      const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
      const bits = bitsOf(resultType(0).element);
      return [elementwiseMap(result(0), resultType(0).shape, operands, (b, [x, y]) => code(b, x!, y!, bits))];
    },
    transposed: transposedElementwise,
    inPlace: elementwiseInPlace,
  });
}

export const bitwiseAnd = defineBitwise({
  name: 'bitwise_and',
  doc: 'y = a & b. Source: ONNX BitwiseAnd.',
  evaluate: (a, b) => a & b,
  code: (b, x, y) => b.and(x, y),
});

export const bitwiseOr = defineBitwise({
  name: 'bitwise_or',
  doc: 'y = a | b. Source: ONNX BitwiseOr.',
  evaluate: (a, b) => a | b,
  code: (b, x, y) => b.or(x, y),
});

export const bitwiseXor = defineBitwise({
  name: 'bitwise_xor',
  doc: 'y = a ^ b. Source: ONNX BitwiseXor.',
  evaluate: (a, b) => a ^ b,
  code: (b, x, y) => b.xor(x, y),
});

/** Whether a shift by y leaves anything: amounts are natural numbers below the width. */
const isWithin = (b: LoopBuilder, y: LoopValue, bits: number): LoopValue =>
  b.and(b.compare('ge', y, 0), b.compare('lt', y, bits));

export const shiftLeft = defineBitwise({
  name: 'shift_left',
  doc: 'y = a * 2^b, its low bits; 0 where b is not in [0, width). Source: ONNX BitShift.',
  evaluate: (a, b, bits) => (b >= 0n && b < BigInt(bits) ? a << b : 0n),
  code: (b, x, y, bits) => b.select(isWithin(b, y, bits), b.shl(x, y), 0),
});

export const shiftRight = defineBitwise({
  name: 'shift_right',
  doc: 'y = floor(a / 2^b); 0 where b is not in [0, width). Source: ONNX BitShift, for unsigned integers.',
  evaluate: (a, b, bits) => (b >= 0n && b < BigInt(bits) ? a >> b : 0n),
  code: (b, x, y, bits) => b.select(isWithin(b, y, bits), b.shr(x, y), 0),
});
