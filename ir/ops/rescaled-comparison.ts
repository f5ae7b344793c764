// rescaled_comparison: the six comparisons of quantized operands.
import { attr } from '../attributes.ts';
import { checkCommonScale, commonScaleAttributes, rescaled, rescaledCode } from '../common-scale.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import { transposedElementwise } from '../transposition.ts';
import { tensorType } from '../types.ts';

type Comparable = number | bigint;

/** The relations: their meaning, their opcode in loops, their sign. */
export const relations = {
  equal: { holds: (a: Comparable, b: Comparable) => a === b, opcode: 'eq', sign: '=' },
  not_equal: { holds: (a: Comparable, b: Comparable) => a !== b, opcode: 'ne', sign: '≠' },
  less: { holds: (a: Comparable, b: Comparable) => a < b, opcode: 'lt', sign: '<' },
  less_equal: { holds: (a: Comparable, b: Comparable) => a <= b, opcode: 'le', sign: '≤' },
  greater: { holds: (a: Comparable, b: Comparable) => a > b, opcode: 'gt', sign: '>' },
  greater_equal: { holds: (a: Comparable, b: Comparable) => a >= b, opcode: 'ge', sign: '≥' },
} as const;
export type Relation = keyof typeof relations;

export const rescaledComparison = defineOp({
  name: 'rescaled_comparison',
  doc: 'y = whether A stands in a relation to B, where A = round(((a - zero) << left_shift) * multiplier * 2^(shift - 31)) and B likewise. Close real numbers may compare equal where the operands’ scale is below 2^-left_shift. Source: TensorFlow Lite reference/comparisons.h.',
  operands: [
    { name: 'a', doc: 'i8, u8 or i16.' },
    { name: 'b', doc: 'The same element type; shapes broadcast as in numpy.' },
  ],
  attributes: {
    relation: attr.word(Object.keys(relations) as Relation[], { doc: 'What is asked of A and B.' }),
    rounding: attr.word(['double', 'single'], { doc: 'Rounding of A and B.' }),
    ...commonScaleAttributes,
  },
  results: ['y'],
  types({ operands, attributes }) {
    const a = required(operands, 0);
    const b = required(operands, 1);
    rule(['i8', 'u8', 'i16'].includes(a.element), `takes i8, u8 or i16, got ${a.element}`);
    rule(a.element === b.element, `takes operands of one element type, got ${a.element} and ${b.element}`);
    checkCommonScale(attributes);
    return [tensorType('bool', elementwiseShape([a.shape, b.shape]))];
  },
  reference({ operands, attributes, results }) {
    const [a, b] = [operands[0]!, operands[1]!];
    const y = results[0]!.data as Uint8Array;
    const { relation, rounding } = attributes;
    forEachElement(results[0]!.type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
      const p = rescaled(Number(a.data[i!]), 0, attributes, rounding);
      const q = rescaled(Number(b.data[j!]), 1, attributes, rounding);
      y[at] = relations[relation].holds(p, q) ? 1 : 0;
    });
  },
  lower({ attributes, operand, result, type, resultType }) {
    const { relation, rounding } = attributes;
    const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
    return [
      elementwiseMap(result(0), resultType(0).shape, operands, (b, values) => {
        const [p, q] = values.map((v, i) => rescaledCode(b, v, i, attributes, rounding));
        return b.convert(b.compare(relations[relation].opcode, p!, q!), 'i32');
      }),
    ];
  },
  transposed: transposedElementwise,
  inPlace: elementwiseInPlace,
});
