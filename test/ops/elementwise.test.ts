// Elementwise operators: iteration spaces, broadcasting against an oracle that walks indices, quantized arithmetic
// against real numbers, and references against loops throughout.
import { describe, expect, it } from 'vitest';
import type { BinaryOperator } from '../../ir/binary-arithmetic.ts';
import { RuleViolation } from '../../ir/define-op.ts';
import { elementwiseSpace } from '../../ir/elementwise.ts';
import { roundHalfEven } from '../../ir/numerics.ts';
import { add, sub } from '../../ir/ops/add.ts';
import { equal, less } from '../../ir/ops/comparison.ts';
import { div } from '../../ir/ops/div.ts';
import { maximum, minimum } from '../../ir/ops/maximum.ts';
import { mul } from '../../ir/ops/mul.ts';
import { prelu } from '../../ir/ops/prelu.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import { roundedDiv } from '../../ir/ops/rounded-div.ts';
import { select } from '../../ir/ops/select.ts';
import { squaredDifference } from '../../ir/ops/squared-difference.ts';
import { forEachIndex } from '../../ir/shapes.ts';
import { type TensorData, tensorOf } from '../../ir/tensor-data.ts';
import { type ElementType, integerRange, perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { numbers, quantized, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

/** The element of `x` that a broadcast result reads at `index`. */
function elementAt(x: TensorData, index: readonly number[]): number {
  const { shape } = x.type;
  let position = 0;
  for (const [d, extent] of shape.entries()) {
    position = position * extent + (extent === 1 ? 0 : index[index.length - shape.length + d]!);
  }
  return Number(x.data[position]);
}

function oracle(
  shape: readonly number[],
  operands: readonly TensorData[],
  f: (...values: number[]) => number,
): number[] {
  const out: number[] = [];
  forEachIndex(shape, (index) => out.push(f(...operands.map((x) => elementAt(x, index)))));
  return out;
}

describe('iteration spaces', () => {
  it.each([
    [
      [2, 3, 4],
      [
        [2, 3, 4],
        [2, 3, 4],
      ],
      [24],
      [[1], [1]],
    ],
    [
      [2, 3, 4],
      [[2, 3, 4], [4]],
      [6, 4],
      [
        [4, 1],
        [0, 1],
      ],
    ],
    [[2, 3, 4], [[2, 3, 4], []], [24], [[1], [0]]],
    [
      [2, 3, 4],
      [
        [2, 1, 4],
        [3, 1],
      ],
      [2, 3, 4],
      [
        [4, 0, 1],
        [0, 1, 0],
      ],
    ],
    [
      [1, 5, 1, 2],
      [
        [5, 1, 2],
        [1, 1, 1, 2],
      ],
      [5, 2],
      [
        [2, 1],
        [0, 1],
      ],
    ],
    [
      [2, 3, 4, 5],
      [
        [2, 3, 4, 5],
        [2, 3, 1, 1],
      ],
      [6, 20],
      [
        [20, 1],
        [1, 0],
      ],
    ],
    [[], [[], []], [1], [[0], [0]]],
    [[1, 1], [[1], [1, 1]], [1], [[0], [0]]],
    [
      [0, 3],
      [[0, 3], [3]],
      [0, 3],
      [
        [3, 1],
        [0, 1],
      ],
    ],
  ])('%j of %j', (result, operands, shape, strides) => {
    expect(elementwiseSpace(result, operands)).toEqual({ shape, strides });
  });
});

describe('broadcasting', () => {
  const shapes: [number[], number[], number[]][] = [
    [[4], [4], [4]],
    [[2, 3], [3], [2, 3]],
    [
      [3, 1],
      [2, 1, 4],
      [2, 3, 4],
    ],
    [[], [2, 2], [2, 2]],
    [
      [1, 2, 1, 2, 1, 3],
      [2, 1, 2, 1, 2, 1],
      [2, 2, 2, 2, 2, 3],
    ],
  ];
  const operators: [BinaryOperator, (a: number, b: number) => number][] = [
    [add, (a, b) => a + b],
    [sub, (a, b) => a - b],
    [mul, (a, b) => Math.imul(a, b)],
    [maximum, Math.max],
    [minimum, Math.min],
    [squaredDifference, (a, b) => Math.imul(a - b, a - b)],
  ];
  const cases = operators.flatMap(([op, f]) => shapes.map((s) => [op.name, op, f, ...s] as const));
  it.each(cases)('%s of %#', (_name, op, f, a, b, y) => {
    const random = randomNumbers(a.length + 10 * b.length);
    for (const element of ['i32', 'i8', 'i64', 'f32'] as const) {
      const operands = [a, b].map((shape) => {
        const x = randomTensor(random, tensorType(element, shape));
        // Whole numbers that sums and products of f32 and i64 hold exactly.
        for (let i = 0; i < x.data.length; i++) if (element === 'f32') x.data[i] = randomInteger(random, -1000, 1000);
        return x;
      });
      const [result] = runOperator(op, operands);
      expect(result!.type).toEqual(tensorType(element, y));
      const wrap =
        element === 'i8' ? (x: number) => (x << 24) >> 24 : element === 'i32' ? (x: number) => x | 0 : (x: number) => x;
      expect(numbers(result)).toEqual(oracle(y, operands, (p, q) => wrap(f(p, q))));
    }
  });

  it('select broadcasts three shapes', () => {
    const random = randomNumbers(9);
    const operands = [
      randomTensor(random, tensorType('bool', [3, 1])),
      randomTensor(random, tensorType('i16', [2, 1, 4])),
      randomTensor(random, tensorType('i16', [4])),
    ];
    const [result] = runOperator(select, operands);
    expect(numbers(result)).toEqual(oracle([2, 3, 4], operands, (c, p, q) => (c ? p : q)));
  });

  it('refuses shapes that do not fit and operands that do not match', () => {
    const f = (shape: number[], element: ElementType = 'f32') => tensorOf(tensorType(element, shape), [1, 2, 3]);
    expect(() => runOperator(add, [f([3]), f([2])])).toThrow(RuleViolation);
    expect(() => runOperator(add, [f([3]), f([3], 'i32')])).toThrow(/one element type/);
    expect(() => runOperator(add, [f([3], 'bool'), f([3], 'bool')])).toThrow(RuleViolation);
    expect(() => runOperator(equal, [f([3], 'i8'), f([3], 'u8')])).toThrow(/one element type/);
    expect(() => runOperator(prelu, [f([1]), f([3])])).toThrow(/alpha/);
    const q = tensorOf(quantized('i8', [3]), [1, 2, 3]);
    expect(() => runOperator(maximum, [q, tensorOf(quantized('i8', [3], 0.2), [1, 2, 3])])).toThrow(/one quantization/);
    expect(() => runOperator(add, [q, f([3], 'i8')])).toThrow(RuleViolation);
    expect(() => runOperator(add, [q, q], { clamp: [2, 1] }, [q.type])).toThrow(/empty clamp/);
  });
});

describe('quantized arithmetic is within a step of the real result', () => {
  const real = (x: TensorData, i: number) => {
    const q = x.type.quant!;
    return q.scale[0]! * (Number(x.data[i]) - q.zero[0]!);
  };
  const random = randomNumbers(77);
  const scale = () => 0.001 * 100 ** random();
  const type = (element: 'i8' | 'u8' | 'i16'): TensorType => {
    const { min, max } = integerRange(element);
    return tensorType(element, [64], perTensor(scale(), element === 'i16' ? 0 : randomInteger(random, min, max)));
  };
  // Two roundings, of which the first may be to halves: three quarters of a step, where there are no spare bits.
  it.each<[string, BinaryOperator, (a: number, b: number) => number, readonly ('i8' | 'u8' | 'i16')[], number]>([
    ['add', add, (a, b) => a + b, ['i8', 'u8', 'i16'], 0.51],
    ['sub', sub, (a, b) => a - b, ['i8', 'u8', 'i16'], 0.51],
    ['mul', mul, (a, b) => a * b, ['i8', 'u8', 'i16'], 0.76],
    ['div', div, (a, b) => a / b, ['i8', 'u8', 'i16'], 0.51],
    // 7 spare bits: A - B is off by up to 1 of at least 128 steps each way, and then squared.
    ['squared_difference', squaredDifference, (a, b) => (a - b) ** 2, ['i8', 'u8'], 3],
  ])('%s', (_name, op, f, elements, tolerance) => {
    for (let round = 0; round < 30; round++) {
      for (const element of elements) {
        const [a, b] = [randomTensor(random, type(element)), randomTensor(random, type(element))];
        // The result's scale covers the results, so that saturation is rare.
        const values = Array.from({ length: 64 }, (_, i) => f(real(a, i), real(b, i))).map(Math.abs);
        const largest = Math.max(...values.filter(Number.isFinite), 0.01);
        const { min, max } = integerRange(element);
        const zero = element === 'u8' ? 128 : 0;
        const y = tensorType(element, [64], perTensor(largest / (max - min) / (0.4 + random()), zero));
        const [result] = runOperator(op, [a, b], {}, [y]);
        for (let i = 0; i < 64; i++) {
          const exact = f(real(a, i), real(b, i)) / y.quant!.scale[0]! + zero;
          if (!Number.isFinite(exact) || exact < min || exact > max) continue;
          expect(Math.abs(Number(result!.data[i]) - exact)).toBeLessThan(tolerance);
        }
      }
    }
  });

  it('quotients of all bytes are the real ones, rounded once', () => {
    const bytes = Array.from({ length: 256 }, (_, i) => i - 128);
    const [a, b] = [tensorOf(tensorType('i8', [256, 1]), bytes), tensorOf(tensorType('i8', [256]), bytes)];
    // Factors that are powers of two: n / d in doubles is on a tie just where the fraction is.
    for (const scale of [1, 0.5, 16]) {
      const requant = {
        multiplier: [],
        shift: [],
        scale: [scale],
        rounding: 'half-even',
        zero: 7,
        clamp: [-120, 127],
      } as const;
      const zeros = [3, -20];
      const [result] = runOperator(roundedDiv, [a, b], { zeros, requant }, [tensorType('i8', [256, 256])]);
      const expected = bytes.flatMap((p) =>
        bytes.map((q) => {
          const [n, d] = [p - 3, q + 20];
          const quotient = d === 0 ? Math.sign(n) * 1000 : roundHalfEven((n / d) * scale);
          return Math.min(Math.max(quotient + 7, -120), 127);
        }),
      );
      expect(numbers(result)).toEqual(expected);
    }
  });

  it('comparisons tell numbers apart that differ by a 256th', () => {
    for (let round = 0; round < 30; round++) {
      for (const element of ['i8', 'u8', 'i16'] as const) {
        const [a, b] = [randomTensor(random, type(element)), randomTensor(random, type(element))];
        const [below] = runOperator(less, [a, b]);
        for (let i = 0; i < 64; i++) {
          const difference = real(a, i) - real(b, i);
          if (Math.abs(difference) > 1 / 256) expect(below!.data[i]).toBe(difference < 0 ? 1 : 0);
        }
      }
    }
  });

  it('changes of scale in every pair of types', () => {
    for (const from of ['i8', 'u8', 'i16', 'i32'] as const) {
      for (const to of ['i8', 'u8', 'i16', 'i32'] as const) {
        const x = randomTensor(random, tensorType(from, [64], perTensor(0.01, from === 'u8' ? 100 : 0)));
        if (from === 'i32') for (let i = 0; i < 64; i++) x.data[i] = Number(x.data[i]) >> 12;
        const y = tensorType(to, [64], perTensor(0.037, to === 'u8' ? 7 : 0));
        const [result] = runOperator(quantize, [x], {}, [y]);
        const { min, max } = integerRange(to);
        for (let i = 0; i < 64; i++) {
          const exact = real(x, i) / y.quant!.scale[0]! + y.quant!.zero[0]!;
          const limited = Math.min(Math.max(exact, min), max);
          expect(Math.abs(Number(result!.data[i]) - limited)).toBeLessThan(0.76);
        }
      }
    }
  });
});
