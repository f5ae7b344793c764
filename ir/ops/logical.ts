// logical_and, logical_or, logical_xor, logical_not.
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import { transposedElementwise } from '../transposition.ts';
import { tensorType } from '../types.ts';

/** A connective of truth values, which are stored as 0 and 1: bitwise on numbers and in loops alike. */
function connective(name: string, opcode: 'and' | 'or' | 'xor', meaning: (a: number, b: number) => number) {
  return defineOp({
    name: `logical_${name}`,
    doc: `y = a ${name} b. Sources: TensorFlow Lite Micro logical.cc; ONNX ${name[0]!.toUpperCase()}${name.slice(1)}.`,
    operands: [
      { name: 'a', doc: 'bool.' },
      { name: 'b', doc: 'bool; shapes broadcast as in numpy.' },
    ],
    attributes: {},
    results: ['y'],
    types({ operands }) {
      const a = required(operands, 0);
      const b = required(operands, 1);
      rule(a.element === 'bool' && b.element === 'bool', `takes bool, got ${a.element} and ${b.element}`);
      return [tensorType('bool', elementwiseShape([a.shape, b.shape]))];
    },
    reference({ operands, results }) {
      const [a, b] = [operands[0]!, operands[1]!];
      const y = results[0]!.data as Uint8Array;
      forEachElement(results[0]!.type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
        y[at] = meaning(Number(a.data[i!]), Number(b.data[j!]));
      });
    },
    lower({ operand, result, type, resultType }) {
      const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
      return [elementwiseMap(result(0), resultType(0).shape, operands, (b, [p, q]) => b[opcode](p!, q!))];
    },
    transposed: transposedElementwise,
    inPlace: elementwiseInPlace,
  });
}

export const logicalAnd = connective('and', 'and', (a, b) => a & b);
export const logicalOr = connective('or', 'or', (a, b) => a | b);
export const logicalXor = connective('xor', 'xor', (a, b) => a ^ b);

export const logicalNot = defineOp({
  name: 'logical_not',
  doc: 'y = not x. Sources: TensorFlow Lite Micro elementwise.cc; ONNX Not.',
  operands: [{ name: 'x', doc: 'bool.' }],
  attributes: {},
  results: ['y'],
  types({ operands }) {
    const x = required(operands, 0);
    rule(x.element === 'bool', `takes bool, got ${x.element}`);
    return [tensorType('bool', x.shape)];
  },
  reference({ operands, results }) {
    const x = operands[0]!.data as Uint8Array;
    const y = results[0]!.data as Uint8Array;
    for (let i = 0; i < y.length; i++) y[i] = 1 - x[i]!;
  },
  lower({ operand, result, type }) {
    const x = { buffer: operand(0), shape: type(0).shape };
    return [elementwiseMap(result(0), x.shape, [x], (b, [value]) => b.xor(value!, 1))];
  },
  transposed: transposedElementwise,
  inPlace: () => [0],
});
