// What the integer operators behind quantized arithmetic share: two broadcast integer operands, an i32 computed from
// each pair, and a requantization of it.
import { type AttributeSchema, type AttributesOf, attr, type Requantization } from './attributes.ts';
import { defineOp, type OpDefinition, required, rule } from './define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from './elementwise.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import { applyRequantization } from './numerics.ts';
import type { Elements } from './tensor-data.ts';
import { isInteger, tensorType } from './types.ts';

/** A requantization with one of the roundings that are made of integers. */
export type IntegerRequantization = Requantization & { readonly rounding: 'double' | 'single' };

const common = { requant: attr.requantization({ doc: 'From the i32 of a pair to y, with an integer rounding.' }) };

export interface IntegerBinary<S extends AttributeSchema> {
  readonly name: string;
  readonly doc: string;
  readonly attributes: S;
  /** What must hold of the attributes beside their kinds; throws RuleViolation. */
  check?(attributes: AttributesOf<S>): void;
  /** The i32 of a pair of integers. */
  pair(a: number, b: number, attributes: AttributesOf<S>, requant: IntegerRequantization): number;
  /** The same on i32 registers. */
  code(
    b: LoopBuilder,
    x: LoopValue,
    y: LoopValue,
    attributes: AttributesOf<S>,
    requant: IntegerRequantization,
  ): LoopValue;
}

/** The attribute of a valid operator. */
function requantOf(requant: Requantization | undefined): IntegerRequantization {
  rule(requant !== undefined && requant.rounding !== 'half-even', 'needs requant with an integer rounding');
  rule(requant.multiplier.length === 1, 'needs one multiplier in requant');
  return { ...requant, rounding: requant.rounding };
}

/** Declares an integer operator of two i8, u8 or i16 operands with numpy broadcasting. */
export function defineIntegerBinary<const S extends AttributeSchema>(
  operator: IntegerBinary<S>,
): OpDefinition<S & typeof common> {
  const { name, doc, check, pair, code } = operator;
  return defineOp<S & typeof common>({
    name,
    doc,
    operands: [
      { name: 'a', doc: 'i8, u8 or i16.' },
      { name: 'b', doc: 'The same element type; shapes broadcast as in numpy.' },
    ],
    attributes: { ...operator.attributes, ...common },
    results: ['y'],
    types({ operands, attributes, asked }) {
      const a = required(operands, 0);
      const b = required(operands, 1);
      const y = asked?.[0];
      rule(['i8', 'u8', 'i16'].includes(a.element), `takes i8, u8 or i16, got ${a.element}`);
      rule(a.element === b.element, `takes operands of one element type, got ${a.element} and ${b.element}`);
      rule(y !== undefined && isInteger(y.element) && y.element !== 'i64', 'needs an integer result type');
      requantOf(attributes.requant as Requantization | undefined);
      check?.(attributes);
      return [tensorType(y.element, elementwiseShape([a.shape, b.shape]), y.quant)];
    },
    reference({ operands, attributes, results }) {
      const [a, b] = [operands[0]!, operands[1]!];
      const y = results[0]!;
      const put: Elements = y.data;
      const requant = requantOf(attributes.requant as Requantization | undefined);
      forEachElement(y.type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
        put[at] = applyRequantization(pair(Number(a.data[i!]), Number(b.data[j!]), attributes, requant), requant, 0);
      });
    },
    lower({ attributes, operand, result, type, resultType, ...buffers }) {
      const requant = requantOf(attributes.requant as Requantization | undefined);
      const epilogue = buffers.requantization(requant);
      const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
      return [
        elementwiseMap(result(0), resultType(0).shape, operands, (b, [x, y]) =>
          epilogue.emit(b, code(b, x!, y!, attributes, requant), b.constant(0)),
        ),
      ];
    },
    inPlace: elementwiseInPlace,
  });
}
