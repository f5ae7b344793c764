// What functions of one operand share: types, the plain meaning and the loops of their float and integer forms, and
// quantized forms as tables or through f32. The operators' files say the functions.
import type { AttributeSchema, AttributesOf } from './attributes.ts';
import { isQuantized } from './binary-arithmetic.ts';
import type { FactorPassage } from './channel-factors.ts';
import { defineOp, type IntegerInput, type OpDefinition, required, rule } from './define-op.ts';
import { loopArithmetic, numberArithmetic, type UnaryFunction } from './functions/arithmetic.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { Op, Value } from './module.ts';
import { isTabulated } from './ops/lookup.ts';
import { scaleAndZero } from './quantized.ts';
import { tabulateReal } from './real-table.ts';
import type { Elements } from './tensor-data.ts';
import { throughFloat } from './through-float.ts';
import { transposedElementwise } from './transposition.ts';
import { elementCount, isInteger, tensorType } from './types.ts';

export interface UnaryArithmetic<S extends AttributeSchema> {
  readonly name: string;
  readonly doc: string;
  readonly attributes?: S;
  /** f32 to f32. */
  floats(x: number, attributes: AttributesOf<S>): number;
  /** Integers of at most 32 bits; the result wraps. Absent: the operator takes no such integers. */
  ints?(x: number, attributes: AttributesOf<S>): number;
  longs?(x: bigint, attributes: AttributesOf<S>): bigint;
  /** The same on a loaded element: f32, i32 or i64. */
  code(b: LoopBuilder, x: LoopValue, attributes: AttributesOf<S>): LoopValue;
  /** The real function on doubles, for tables of quantized operands, which round it to f32. Absent: `floats`. */
  real?(x: number, attributes: AttributesOf<S>): number;
  /** Bounds that TensorFlow Lite's 8-bit form gives results, whatever their type says; its 16-bit form then has [-1, 1). */
  readonly resultRange?: readonly [low: number, high: number];
  /**
   * The quantized form where TensorFlow Lite defines it on integers. Absent or undefined: a table for 8-bit integers,
   * else f32 between a dequantization and a quantization.
   */
  integer?(input: IntegerInput<S>): readonly Value[] | undefined;
  /** As the operator's hook of this name. */
  factors?(op: Op): FactorPassage | undefined;
}

/** `floats` and `code` of a function that is written in f32 arithmetic. */
export function elementary(f: UnaryFunction) {
  return {
    floats: (x: number) => f(numberArithmetic, x),
    code: (b: LoopBuilder, x: LoopValue) => f(loopArithmetic(b), x),
  };
}

/** Declares an operator of one operand that goes element by element. */
export function defineUnary<const S extends AttributeSchema = Record<never, never>>(
  arithmetic: UnaryArithmetic<S>,
): OpDefinition<S> {
  const { name, doc, floats, ints, longs, code, real, factors } = arithmetic;
  return defineOp<S>({
    name,
    doc,
    operands: [{ name: 'x', doc: 'f32, or integers quantized as a whole.' }],
    attributes: arithmetic.attributes ?? ({} as S),
    results: ['y'],
    resultRange(ties, element) {
      if (arithmetic.resultRange === undefined) return undefined;
      if (element === 'i16') return [-1, 32767 / 32768];
      return ties === 'away' ? arithmetic.resultRange : undefined;
    },
    ...(factors && { factors }),
    types({ operands, asked }) {
      const x = required(operands, 0);
      if (x.element === 'f32') return [tensorType('f32', x.shape)];
      rule(isInteger(x.element) && x.element !== 'i4', `takes f32 or integers, got ${x.element}`);
      const y = asked?.[0];
      if (!isQuantized(x)) {
        rule((x.element === 'i64' ? longs : ints) !== undefined, `is not defined on ${x.element} without quantization`);
        return [tensorType(x.element, x.shape, y?.quant)];
      }
      rule(y !== undefined, 'needs its result type given: integers do not say their scale');
      rule(y.element === x.element, `keeps the element type, got ${x.element} and ${y.element}`);
      scaleAndZero(x, 'input');
      scaleAndZero(y, 'result');
      return [tensorType(x.element, x.shape, y.quant)];
    },
    integer(input) {
      const { op, attributes, builder, rounding } = input;
      const x = op.operand(0);
      if (!isQuantized(x.type)) return undefined;
      // TensorFlow Lite's integer definitions go with its roundings. ONNX says what the real function gives: the table of
      // 8-bit integers; of 16-bit ones nothing comes nearer in integers.
      const own = rounding === 'half-even' && isTabulated(x.type) ? undefined : arithmetic.integer?.(input);
      if (own !== undefined) return own;
      if (!isTabulated(x.type)) return throughFloat(input);
      const f = real ?? floats;
      return [tabulateReal(builder, x, op.result.type, rounding, (value) => f(value, attributes))];
    },
    reference({ operands, attributes, results }) {
      const x: Elements = operands[0]!.data;
      const y: Elements = results[0]!.data;
      const { element } = results[0]!.type;
      for (let i = 0; i < x.length; i++) {
        if (element === 'i64') y[i] = longs!(BigInt(x[i]!), attributes);
        else y[i] = element === 'f32' ? floats(Number(x[i]), attributes) : ints!(Number(x[i]), attributes);
      }
    },
    lower({ attributes, operand, result, resultType }) {
      const x = operand(0);
      return [
        {
          kind: 'map',
          result: result(0),
          shape: [elementCount(resultType(0).shape)],
          body: (b, _index, flat) => code(b, b.load(x, flat), attributes),
        },
      ];
    },
    transposed: transposedElementwise,
    inPlace: () => [0],
  });
}
