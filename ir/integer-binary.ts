// What the integer operators behind quantized arithmetic share: two broadcast integer operands, an i32 computed from
// each pair, and a requantization of it.
import { differenceRange, fitsI32 } from './accumulator-range.ts';
import {
  type AttributeKind,
  type AttributeSchema,
  type AttributesOf,
  attr,
  type Requantization,
  type Rounding,
} from './attributes.ts';
import { defineOp, type OpDefinition, required, rule } from './define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from './elementwise.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { AccumulatorKnowledge, AccumulatorRange, RescaledPair } from './loops/lowering.ts';
import { applyRequantization } from './numerics.ts';
import type { Elements } from './tensor-data.ts';
import { transposedElementwise } from './transposition.ts';
import { type ElementType, isInteger, tensorType } from './types.ts';
import { unsignedPair } from './unsigned-storage.ts';

/** A requantization with one of some roundings. */
type RequantizationBy<R extends Rounding> = Requantization & { readonly rounding: R };

const common = { requant: attr.requantization({ doc: 'From the i32 of a pair to y.' }) };

/** Zero points of the two operands. */
interface Zeros {
  readonly zeros: AttributeKind<readonly number[]>;
}

export interface IntegerBinary<S extends AttributeSchema, R extends Rounding> {
  readonly name: string;
  readonly doc: string;
  readonly attributes: S;
  /** Roundings that the definition allows. */
  readonly roundings: readonly R[];
  /** What must hold of the attributes beside their kinds; throws RuleViolation. */
  check?(attributes: AttributesOf<S>): void;
  /** The i32 of a pair of integers. */
  pair(a: number, b: number, attributes: AttributesOf<S>, requant: RequantizationBy<R>): number;
  /** The same on i32 registers. */
  code(
    b: LoopBuilder,
    x: LoopValue,
    y: LoopValue,
    attributes: AttributesOf<S>,
    requant: RequantizationBy<R>,
  ): LoopValue;
  /** The i32 of all pairs of these differences from the zero points, where none wraps. Absent: unknown. */
  range?(a: AccumulatorRange, b: AccumulatorRange): AccumulatorRange;
  /** The operator as a sum of rescaled operands of these types, if it is one. */
  rescaledPair?(
    attributes: AttributesOf<S>,
    requant: RequantizationBy<R>,
    elements: readonly [ElementType, ElementType],
  ): RescaledPair | undefined;
}

/** The attribute of a valid operator. */
function requantOf<R extends Rounding>(
  requant: Requantization | undefined,
  roundings: readonly R[],
): RequantizationBy<R> {
  const rounding = roundings.find((r) => r === requant?.rounding);
  rule(requant !== undefined && rounding !== undefined, () => `needs requant with rounding ${roundings.join(' or ')}`);
  rule(requant.multiplier.length === 1 || requant.scale.length === 1, 'needs one multiplier in requant');
  return { ...requant, rounding };
}

/** Declares an integer operator of two i8, u8 or i16 operands with zero points and numpy broadcasting. */
export function defineIntegerBinary<const S extends AttributeSchema & Zeros, const R extends Rounding>(
  operator: IntegerBinary<S, R>,
): OpDefinition<S & typeof common> {
  const { name, doc, check, pair, code, roundings } = operator;
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
      requantOf(attributes.requant as Requantization | undefined, roundings);
      check?.(attributes);
      return [tensorType(y.element, elementwiseShape([a.shape, b.shape]), y.quant)];
    },
    unsigned: unsignedPair,
    reference({ operands, attributes, results }) {
      const [a, b] = [operands[0]!, operands[1]!];
      const y = results[0]!;
      const put: Elements = y.data;
      const requant = requantOf(attributes.requant as Requantization | undefined, roundings);
      forEachElement(y.type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
        put[at] = applyRequantization(pair(Number(a.data[i!]), Number(b.data[j!]), attributes, requant), requant, 0);
      });
    },
    lower({ attributes, operand, result, type, resultType, ...buffers }) {
      const requant = requantOf(attributes.requant as Requantization | undefined, roundings);
      const elements = [type(0).element, type(1).element] as const;
      const epilogue = buffers.requantization(
        requant,
        knownPairs(operator.range, attributes.zeros as readonly number[], elements),
      );
      const pair = operator.rescaledPair?.(attributes, requant, elements);
      const sum = pair && buffers.rescaledPair(pair);
      const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
      return [
        elementwiseMap(result(0), resultType(0).shape, operands, (b, [x, y]) =>
          sum === undefined ? epilogue.emit(b, code(b, x!, y!, attributes, requant), b.constant(0)) : sum(b, x!, y!),
        ),
      ];
    },
    transposed: transposedElementwise,
    inPlace: elementwiseInPlace,
  });
}

/** What is known of the i32 of pairs of integers of these types. */
function knownPairs(
  rangeOf: ((a: AccumulatorRange, b: AccumulatorRange) => AccumulatorRange) | undefined,
  zeros: readonly number[],
  elements: readonly [ElementType, ElementType],
): AccumulatorKnowledge | undefined {
  const range = rangeOf?.(differenceRange(elements[0], zeros[0]!), differenceRange(elements[1], zeros[1]!));
  return range !== undefined && fitsI32(range) ? { ranges: [range], movable: false } : undefined;
}
