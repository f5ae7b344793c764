// reduce_max, reduce_min, reduce_prod, reduce_any, reduce_all: elements combined by one operation that keeps their type.
// Sums and means, which leave it, are in reduce-sum.ts.
import { defineOp, type OpDefinition, required, rule } from '../define-op.ts';
import type { LaneValue } from '../loops/opcodes.ts';
import { greater, lesser } from '../numerics.ts';
import {
  foldReduced,
  forEachReduced,
  forEachResult,
  keptShape,
  reducedFactors,
  reducedShape,
  reductionAttributes,
  reductionSpace,
} from '../reduction.ts';
import { transposedReduction } from '../transposition.ts';
import { type ElementType, integerRange, tensorType } from '../types.ts';

interface Reduction {
  readonly name: string;
  readonly doc: string;
  readonly elements: readonly ElementType[];
  /** What combines with any element to that element. */
  initial(element: ElementType): LaneValue;
  /** Two elements: f32 as numbers, i64 as bigints, the others as numbers. */
  combine(acc: LaneValue, x: LaneValue, element: ElementType): LaneValue;
  readonly opcode: 'max' | 'min' | 'mul' | 'or' | 'and';
  /** True where each result is one of the elements that are combined. */
  readonly chooses?: boolean;
}

const ordered: readonly ElementType[] = ['f32', 'i8', 'u8', 'i16', 'i32', 'i64'];
const longest = 9223372036854775807n;

function limit(element: ElementType, side: 'min' | 'max'): LaneValue {
  if (element === 'f32') return side === 'min' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (element === 'i64') return side === 'min' ? -longest - 1n : longest;
  return integerRange(element)[side];
}

function product(a: LaneValue, b: LaneValue, element: ElementType): LaneValue {
  if (typeof a === 'bigint' || typeof b === 'bigint') return BigInt.asIntN(64, BigInt(a) * BigInt(b));
  return element === 'f32' ? Math.fround(a * b) : Math.imul(a, b);
}

function defineReduction(reduction: Reduction): OpDefinition<typeof reductionAttributes> {
  const { name, doc, elements } = reduction;
  return defineOp({
    name,
    doc,
    operands: [{ name: 'x', doc: 'Any shape.' }],
    attributes: reductionAttributes,
    results: ['y'],
    types({ operands, attributes }) {
      const x = required(operands, 0);
      rule(elements.includes(x.element), `takes ${elements.join(', ')}, got ${x.element}`);
      rule(x.quant?.axis === undefined, 'needs one scale for the whole input');
      return [tensorType(x.element, reducedShape(x.shape, attributes), x.quant)];
    },
    ...(reduction.chooses === true ? { moves: () => true, factors: reducedFactors('positive') } : {}),
    transposed: transposedReduction,
    reference({ operands, attributes, results }) {
      const x = operands[0]!;
      const { element, shape } = x.type;
      const y = results[0]!.data;
      const space = reductionSpace(shape, attributes.axes);
      forEachResult(space, (result, first) => {
        let acc = reduction.initial(element);
        forEachReduced(space, first, (position) => {
          acc = reduction.combine(acc, x.data[position]!, element);
        });
        y[result] = acc;
      });
    },
    lower({ attributes, operand, result, type }) {
      const { element, shape } = type(0);
      const space = reductionSpace(shape, attributes.axes);
      const x = operand(0);
      const lane = element === 'f32' || element === 'i64' ? element : 'i32';
      return [
        {
          kind: 'map',
          result: result(0),
          shape: keptShape(space),
          body(b, index) {
            const initial = b.constant(reduction.initial(element), lane);
            const [acc] = foldReduced(b, space, index, [initial], (position, [a]) => [
              b.compute(reduction.opcode, [a!, b.load(x, position)]),
            ]);
            return acc!;
          },
        },
      ];
    },
  });
}

export const reduceMax = defineReduction({
  name: 'reduce_max',
  doc: 'The greatest element along the axes; a quantization stays. Source: TensorFlow Lite reference/reduce.h, ReduceGeneric.',
  elements: ordered,
  initial: (element) => limit(element, 'min'),
  combine: greater,
  opcode: 'max',
  chooses: true,
});

export const reduceMin = defineReduction({
  name: 'reduce_min',
  doc: 'The least element along the axes; a quantization stays. Source: TensorFlow Lite reference/reduce.h, ReduceGeneric.',
  elements: ordered,
  initial: (element) => limit(element, 'max'),
  combine: lesser,
  opcode: 'min',
  chooses: true,
});

export const reduceProd = defineReduction({
  name: 'reduce_prod',
  doc: 'The product of the elements along the axes, in row-major order; integers wrap. Source: TensorFlow Lite reference/reduce.h, ReduceGeneric.',
  elements: ['f32', 'i32', 'i64'],
  initial: (element) => (element === 'i64' ? 1n : 1),
  combine: product,
  opcode: 'mul',
});

export const reduceAny = defineReduction({
  name: 'reduce_any',
  doc: 'True where any element along the axes is. Source: TensorFlow Lite REDUCE_ANY.',
  elements: ['bool'],
  initial: () => 0,
  combine: (acc, x) => Number(acc) | Number(x),
  opcode: 'or',
});

export const reduceAll = defineReduction({
  name: 'reduce_all',
  doc: 'True where all elements along the axes are. Source: TensorFlow Lite REDUCE_ALL.',
  elements: ['bool'],
  initial: () => 1,
  combine: (acc, x) => Number(acc) & Number(x),
  opcode: 'and',
});
