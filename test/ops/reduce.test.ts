// Reductions: values from the definitions, then references against loops over every choice of axes.
import { describe, expect, it } from 'vitest';
import { RuleViolation } from '../../ir/define-op.ts';
import { reduceAll, reduceAny, reduceMax, reduceMin, reduceProd } from '../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../ir/ops/reduce-sum.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { elementCount, type TensorType, tensorType } from '../../ir/types.ts';
import { counting, numbers, quantized, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

const random = randomNumbers(21);

/** Every subset of the axes of a rank, some counted from the end. */
function axisChoices(rank: number): number[][] {
  return Array.from({ length: 2 ** rank }, (_, bits) =>
    Array.from({ length: rank }, (_, d) => d)
      .filter((d) => bits & (1 << d))
      .map((d) => (d % 2 === 1 ? d - rank : d)),
  );
}

describe('reductions', () => {
  it('sums integers along axes in any place', () => {
    const x = counting(tensorType('i32', [2, 3, 2]));
    const sum = (axes: number[]) => numbers(runOperator(reduceSum, [x], { axes })[0]);
    expect(sum([0])).toEqual([6, 8, 10, 12, 14, 16]);
    expect(sum([1])).toEqual([6, 9, 24, 27]);
    expect(sum([2])).toEqual([1, 5, 9, 13, 17, 21]);
    expect(sum([0, 2])).toEqual([14, 22, 30]);
    expect(sum([-1, 0, 1])).toEqual([66]);
    expect(sum([])).toEqual(numbers(x));
    expect(sum([1, 1])).toEqual([6, 9, 24, 27]);
  });

  it('keeps reduced axes where asked', () => {
    const x = counting(tensorType('f32', [2, 3, 2]));
    expect(runOperator(reduceMean, [x], { axes: [1], keep_dims: true })[0]!.type.shape).toEqual([2, 1, 2]);
    expect(runOperator(reduceMean, [x], { axes: [0, 2] })[0]!.type.shape).toEqual([3]);
    expect(() => runOperator(reduceMean, [x], { axes: [3] })).toThrow(RuleViolation);
  });

  it('gives extremes, products and truth', () => {
    const x = tensorOf(tensorType('f32', [2, 2]), [-3, -0.5, -1, Number.NEGATIVE_INFINITY]);
    expect(numbers(runOperator(reduceMax, [x], { axes: [1] })[0])).toEqual([-0.5, -1]);
    expect(numbers(runOperator(reduceMin, [x], { axes: [0] })[0])).toEqual([-3, Number.NEGATIVE_INFINITY]);
    const longs = tensorOf(tensorType('i64', [3]), [-(2n ** 62n), 2n, 5n]);
    expect(runOperator(reduceProd, [longs], { axes: [0] })[0]!.data).toEqual(BigInt64Array.of(-(2n ** 63n)));
    expect(runOperator(reduceMin, [longs], { axes: [0] })[0]!.data).toEqual(BigInt64Array.of(-(2n ** 62n)));
    const words = tensorOf(tensorType('i32', [2]), [65537, 65537]);
    expect(numbers(runOperator(reduceProd, [words], { axes: [0] })[0])).toEqual([131073]);
    const truth = tensorOf(tensorType('bool', [2, 2]), [1, 0, 1, 1]);
    expect(numbers(runOperator(reduceAny, [truth], { axes: [0] })[0])).toEqual([1, 1]);
    expect(numbers(runOperator(reduceAll, [truth], { axes: [0] })[0])).toEqual([1, 0]);
  });

  it('rounds quantized means to nearest, half away from zero, up to the multiplier’s precision', () => {
    const scale = 0.25;
    const type = quantized('i8', [4, 2], scale, 5);
    const x = tensorOf(type, [5, -128, 6, -127, 7, -128, 8, -128]);
    const same = runOperator(reduceMean, [x], { axes: [0] }, [quantized('i8', [2], scale, 5)]);
    // Means of x - 5 are 1.5 and -132.75.
    expect(numbers(same[0])).toEqual([7, -128]);
    const wider = runOperator(reduceMean, [x], { axes: [0] }, [quantized('i8', [2], 0.5, -1)]);
    // Half of that: 0.75 and -66.375.
    expect(numbers(wider[0])).toEqual([0, -67]);
  });

  it('rounds quantized sums of the real values', () => {
    const x = tensorOf(quantized('i16', [3], 0.5, 0), [1, 2, 4]);
    expect(numbers(runOperator(reduceSum, [x], { axes: [0] }, [quantized('i16', [], 0.25)])[0])).toEqual([14]);
    expect(numbers(runOperator(reduceSum, [x], { axes: [0] }, [quantized('i8', [], 1)])[0])).toEqual([4]);
  });

  it('refuses sums that do not fit 32 bits and reductions of nothing', () => {
    const x = { type: quantized('i16', [70000], 0.5), data: new Int16Array(70000) };
    expect(() => runOperator(reduceMean, [x], { axes: [0] }, [quantized('i16', [], 0.5)])).toThrow(/32 bits/);
    const empty = { type: tensorType('f32', [0, 2]), data: new Float32Array(0) };
    expect(() => runOperator(reduceMax, [empty], { axes: [0] })).toThrow(/no elements/);
  });

  const shapes = [[], [5], [3, 4], [1, 4, 3], [2, 3, 1, 4], [2, 1, 3, 2, 2]];
  it.each(shapes.map((s) => [s]))('loops equal the reference for all axes of %j', (shape) => {
    const types = (['f32', 'i8', 'u8', 'i16', 'i32', 'i64'] as const).map((e) => tensorType(e, shape));
    for (const axes of axisChoices(shape.length)) {
      const attributes = { axes, keep_dims: random() < 0.5 };
      for (const type of types) {
        const x = randomTensor(random, type);
        for (const definition of [reduceMax, reduceMin]) runOperator(definition, [x], attributes);
        runOperator(reduceSum, [x], attributes);
        if (['f32', 'i32', 'i64'].includes(type.element)) runOperator(reduceProd, [x], attributes);
      }
      runOperator(reduceMean, [randomTensor(random, types[0]!)], attributes);
      const truth = randomTensor(random, tensorType('bool', shape));
      runOperator(reduceAny, [truth], attributes);
      runOperator(reduceAll, [truth], attributes);
      for (const element of ['i8', 'u8', 'i16'] as const) {
        const zero = element === 'u8' ? 100 : -7;
        const x = randomTensor(random, quantized(element, shape, 0.1, zero));
        const asked: TensorType[] = [quantized(element, shape, 0.07, zero + 1)];
        const [mean] = runOperator(reduceMean, [x], attributes, asked);
        runOperator(reduceSum, [x], attributes, asked);
        // The mean against doubles: the second of the two roundings may add a quarter.
        const [real] = runOperator(
          reduceMean,
          [{ type: types[0]!, data: Float32Array.from(x.data as Int8Array) }],
          attributes,
        );
        for (let i = 0; i < elementCount(mean!.type.shape); i++) {
          const { min, max } = {
            i8: { min: -128, max: 127 },
            u8: { min: 0, max: 255 },
            i16: { min: -32768, max: 32767 },
          }[element];
          const exact = (Number(real!.data[i]) - zero) * (Math.fround(0.1) / Math.fround(0.07)) + zero + 1;
          const clamped = Math.min(Math.max(exact, min), max);
          expect(Math.abs(Number(mean!.data[i]) - clamped)).toBeLessThan(0.76);
        }
      }
    }
  });
});
