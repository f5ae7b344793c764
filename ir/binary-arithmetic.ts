// What arithmetic operators of two broadcast operands share: types, the plain meaning and the loops of their float and
// integer forms. The operators' files say the arithmetic, and how their quantized forms become integers.
import { attr } from './attributes.ts';
import type { FactorPassage } from './channel-factors.ts';
import { defineOp, type IntegerInput, type OpDefinition, required, rule, type TypeRuleInput } from './define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from './elementwise.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { Op, Value } from './module.ts';
import { saturate } from './numerics.ts';
import { type Bounds, quantizedBounds, scaleAndZero, unbounded } from './quantized.ts';
import type { Elements } from './tensor-data.ts';
import { transposedElementwise } from './transposition.ts';
import { isInteger, sameQuantization, type TensorType, tensorType } from './types.ts';

const attributes = {
  clamp: attr.floats({
    length: 2,
    fallback: unbounded,
    doc: 'Real bounds of a fused activation: relu is [0, inf], relu6 is [0, 6].',
  }),
};

type Attributes = typeof attributes;
export type BinaryOperator = OpDefinition<Attributes>;

export interface BinaryArithmetic {
  readonly name: string;
  readonly doc: string;
  /** f32 operands; the result is rounded once by the caller. Absent: the operator takes no floats. */
  floats?(a: number, b: number): number;
  /** Integers of at most 32 bits; the result wraps. Absent, or `longs` absent: the operator takes no such integers. */
  ints?(a: number, b: number): number;
  longs?(a: bigint, b: bigint): bigint;
  /** The same on loaded elements: f32, i32 or i64. */
  code(b: LoopBuilder, x: LoopValue, y: LoopValue): LoopValue;
  /**
   * The quantized form as integer operators. Absent: operands and result share one quantization, and the integers
   * themselves are operated on.
   */
  integer?(input: IntegerInput<Attributes>): readonly Value[];
  /** As the operator's hook of this name. */
  factors?(op: Op): FactorPassage | undefined;
  /** See define-op.ts. */
  readonly byTable?: boolean;
}

/** True for operands that stand for real numbers; 32- and 64-bit integers are plain numbers whatever their scale says. */
export function isQuantized(type: TensorType): boolean {
  return type.quant !== undefined && ['i8', 'u8', 'i16'].includes(type.element);
}

/** Declares an operator of two operands with numpy broadcasting and a fused clamp. */
export function defineBinary(arithmetic: BinaryArithmetic): BinaryOperator {
  const { name, doc, floats, ints, longs, code, integer, factors, byTable } = arithmetic;
  return defineOp({
    name,
    doc,
    operands: [
      { name: 'a', doc: 'Left operand.' },
      { name: 'b', doc: 'Right operand, of the same element type; shapes broadcast as in numpy.' },
    ],
    attributes,
    results: ['y'],
    types: (input) => binaryTypes(arithmetic, input),
    ...(factors && { factors }),
    ...(byTable === undefined ? {} : { byTable }),
    ...(integer === undefined
      ? { oneQuantization: true }
      : {
          integer: (input: IntegerInput<Attributes>) =>
            isQuantized(input.op.operand(0).type) ? integer(input) : undefined,
        }),
    reference({ operands, attributes: { clamp }, results }) {
      const [a, b] = [operands[0]!, operands[1]!];
      const y = results[0]!;
      const [x0, x1, put]: Elements[] = [a.data, b.data, y.data];
      const shapes = [a.type.shape, b.type.shape];
      if (y.type.element === 'i64') {
        const [low, high] = wholeBounds(clamp).map((x) => (Number.isFinite(x) ? BigInt(x) : undefined));
        forEachElement(y.type.shape, shapes, (at, [i, j]) => {
          const value = BigInt.asIntN(64, longs!(BigInt(x0![i!]!), BigInt(x1![j!]!)));
          put![at] = low !== undefined && value < low ? low : high !== undefined && value > high ? high : value;
        });
        return;
      }
      const operate = y.type.element === 'f32' ? floats! : ints!;
      const wrap = y.type.element === 'f32' ? Math.fround : (x: number) => x | 0;
      const [low, high] = elementBounds(y.type, clamp);
      forEachElement(y.type.shape, shapes, (at, [i, j]) => {
        put![at] = saturate(wrap(operate(Number(x0![i!]), Number(x1![j!]))), low, high);
      });
    },
    lower({ attributes: { clamp }, operand, result, type, resultType }) {
      const y = resultType(0);
      const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
      const bounds = elementBounds(y, clamp);
      const body = (b: LoopBuilder, [p, q]: readonly LoopValue[]) => clamped(b, code(b, p!, q!), bounds);
      return [elementwiseMap(result(0), y.shape, operands, body)];
    },
    transposed: transposedElementwise,
    inPlace: elementwiseInPlace,
  });
}

function binaryTypes(arithmetic: BinaryArithmetic, { operands, attributes, asked }: TypeRuleInput<Attributes>) {
  const a = required(operands, 0);
  const b = required(operands, 1);
  rule(a.element === b.element, `takes operands of one element type, got ${a.element} and ${b.element}`);
  rule(attributes.clamp[0]! <= attributes.clamp[1]!, 'has an empty clamp');
  const shape = elementwiseShape([a.shape, b.shape]);
  if (a.element === 'f32') {
    rule(arithmetic.floats !== undefined, 'takes no floats');
    return [tensorType('f32', shape)];
  }
  rule(isInteger(a.element) && a.element !== 'i4', `takes f32 or integers, got ${a.element}`);
  const bounded = attributes.clamp.filter(Number.isFinite);
  rule(
    bounded.every((x) => Math.abs(x) < 2 ** 31),
    'has a clamp beyond 32 bits',
  );
  if (isQuantized(a)) return [quantizedResult(arithmetic, a, b, shape, asked?.[0])];
  rule(!isQuantized(b), 'takes two quantized operands or none');
  const meaning = a.element === 'i64' ? arithmetic.longs : arithmetic.ints;
  rule(meaning !== undefined, `is not defined on ${a.element} without quantization`);
  return [tensorType(a.element, shape, asked?.[0]?.quant)];
}

function quantizedResult(
  arithmetic: BinaryArithmetic,
  a: TensorType,
  b: TensorType,
  shape: readonly number[],
  asked: TensorType | undefined,
): TensorType {
  for (const t of [a, b]) scaleAndZero(t, 'operand');
  if (arithmetic.integer === undefined) {
    rule(sameQuantization(a.quant, b.quant), 'needs operands of one quantization');
    return tensorType(a.element, shape, a.quant);
  }
  rule(asked !== undefined, 'needs its result type given: integers do not say their scale');
  rule(asked.element === a.element, `gives ${a.element}, not ${asked.element}`);
  scaleAndZero(asked, 'result');
  return tensorType(a.element, shape, asked.quant);
}

/** The bounds as whole numbers: integers cannot be closer to a bound. */
function wholeBounds(clamp: readonly number[]): Bounds {
  return [Math.ceil(clamp[0]!), Math.floor(clamp[1]!)];
}

/** The bounds of a fused activation in the result's own numbers. */
function elementBounds(y: TensorType, clamp: readonly number[]): Bounds {
  if (y.element === 'f32') return [Math.fround(clamp[0]!), Math.fround(clamp[1]!)];
  if (clamp[0] === unbounded[0] && clamp[1] === unbounded[1]) return unbounded;
  return isQuantized(y) ? quantizedBounds(y, [clamp[0]!, clamp[1]!]) : wholeBounds(clamp);
}

/** x limited to bounds of which either may be infinite. */
function clamped(b: LoopBuilder, x: LoopValue, [low, high]: Bounds): LoopValue {
  const raised = low === Number.NEGATIVE_INFINITY ? x : b.max(x, low);
  return high === Number.POSITIVE_INFINITY ? raised : b.min(raised, high);
}
