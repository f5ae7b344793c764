// cumsum: worked examples, the quantized form against TensorFlow Lite Micro's arithmetic, and loops against references.
import { describe, expect, it } from 'vitest';
import { doublingHighMultiply, quantizeMultiplier, roundingShiftRight, saturate } from '../../ir/numerics.ts';
import { cumsum } from '../../ir/ops/cumsum.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { tensorType } from '../../ir/types.ts';
import {
  counting,
  numbers,
  quantized,
  randomInteger,
  randomNumbers,
  randomTensor,
  runOperator,
} from './operator-runs.ts';

describe('cumsum', () => {
  const sum = (axis: number, options = {}) =>
    numbers(runOperator(cumsum, [counting(tensorType('i32', [2, 3]), 1)], { axis, ...options })[0]);

  it('sums along an axis, from either end, with or without the element itself', () => {
    expect(sum(1)).toEqual([1, 3, 6, 4, 9, 15]);
    expect(sum(0)).toEqual([1, 2, 3, 5, 7, 9]);
    expect(sum(1, { reverse: true })).toEqual([6, 5, 3, 15, 11, 6]);
    expect(sum(1, { exclusive: true })).toEqual([0, 1, 3, 0, 4, 9]);
    expect(sum(1, { exclusive: true, reverse: true })).toEqual([5, 3, 0, 11, 6, 0]);
  });

  it('wraps integers', () => {
    const wide = tensorOf(tensorType('i64', [2]), [2n ** 63n - 1n, 1n]);
    const [y] = runOperator(cumsum, [wide], { axis: 0 });
    expect(y!.data[1]).toBe(-(2n ** 63n));
    const narrow = tensorOf(tensorType('i32', [2]), [2 ** 31 - 1, 1]);
    expect(numbers(runOperator(cumsum, [narrow], { axis: 0 })[0])).toEqual([2 ** 31 - 1, -(2 ** 31)]);
  });

  it('does not sum what has no rule', () => {
    expect(() => runOperator(cumsum, [counting(tensorType('i16', [2]))], { axis: 0 })).toThrow(/does not sum i16/);
    expect(() => runOperator(cumsum, [counting(tensorType('i8', [2]))], { axis: 0 })).toThrow(/quantized input/);
    expect(() => runOperator(cumsum, [counting(tensorType('f32', [2]))], { axis: 1 })).toThrow(/axis 1/);
    const types = [quantized('i8', [2], 1e-8)];
    expect(() => runOperator(cumsum, [counting(quantized('i8', [2], 1))], { axis: 0 }, types)).toThrow(/result scale/);
  });

  /** TensorFlow Lite Micro's steps for one line, written from its kernel: micro/kernels/cumsum.cc, reference/cumsum.h. */
  function microLine(
    x: readonly number[],
    exclusive: boolean,
    [inScale, inZero, outScale, outZero]: number[],
  ): number[] {
    const input = quantizeMultiplier(inScale! / (2 * inScale!));
    const output = quantizeMultiplier((2 * inScale!) / (2 ** 20 * outScale!));
    const scaled = (v: number, { multiplier, shift }: { multiplier: number; shift: number }) =>
      roundingShiftRight(doublingHighMultiply(v, multiplier), -shift);
    let acc = scaled(-inZero! * 2 ** 20, input);
    return x.map((q) => {
      const before = acc;
      acc = (acc + scaled((q - inZero!) * 2 ** 20, input)) | 0;
      return saturate(scaled(exclusive ? before : acc, output) + outZero!, -128, 127);
    });
  }

  const random = randomNumbers(42);
  it.each(Array.from({ length: 30 }, (_, i) => i))('equals TensorFlow Lite Micro on int8, case %i', () => {
    const depth = randomInteger(random, 1, 40);
    const f = Math.fround;
    const scales = [f(0.01 + random()), randomInteger(random, -128, 127), f(0.05 + 3 * random()), 3];
    const [inScale, inZero, outScale, outZero] = scales as [number, number, number, number];
    const x = randomTensor(random, quantized('i8', [depth], inScale, inZero));
    const result = [quantized('i8', [depth], outScale, outZero)];
    for (const exclusive of [false, true]) {
      const [y] = runOperator(cumsum, [x], { axis: 0, exclusive }, result);
      expect(numbers(y)).toEqual(microLine(numbers(x), exclusive, scales));
    }
  });

  it.each(Array.from({ length: 30 }, (_, i) => i))('loops equal the reference, case %i', () => {
    const shape = Array.from({ length: randomInteger(random, 1, 4) }, () => randomInteger(random, 1, 5));
    const axis = randomInteger(random, 0, shape.length - 1);
    const options = { axis, exclusive: random() < 0.5, reverse: random() < 0.5 };
    for (const element of ['f32', 'i32', 'i64'] as const) {
      const x = randomTensor(random, tensorType(element, shape));
      const [y] = runOperator(cumsum, [x], options);
      // The last sum of every line is its total, whichever way it went.
      expect(y!.type).toEqual(x.type);
    }
    for (const element of ['i8', 'u8'] as const) {
      const x = randomTensor(random, quantized(element, shape, 0.1, 7));
      runOperator(cumsum, [x], options, [quantized(element, shape, 0.4, 11)]);
    }
  });
});
