// Quantized functions of one operand, on every 8-bit integer (and a sweep of 16-bit ones): close to the real function,
// and facts of TensorFlow Lite's own definitions.
import { describe, expect, it } from 'vitest';
import type { AnyOpDefinition, AttributeRecord } from '../../ir/module.ts';
import { clamp } from '../../ir/ops/clamp.ts';
import { exp, log, sqrt } from '../../ir/ops/elementary.ts';
import { elu } from '../../ir/ops/elu.ts';
import { gelu } from '../../ir/ops/gelu.ts';
import { hardSwish } from '../../ir/ops/hard-swish.ts';
import { leakyRelu } from '../../ir/ops/leaky-relu.ts';
import { logistic, tanh } from '../../ir/ops/logistic.ts';
import { rsqrt } from '../../ir/ops/rsqrt.ts';
import { abs, neg } from '../../ir/ops/sign.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { integerRange, perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { erfOfDouble } from '../functions/erf-of-double.ts';
import { numbers, runOperator } from './operator-runs.ts';

type Small = 'i8' | 'u8' | 'i16';

/** Every 8-bit integer, or every 97th 16-bit one with both ends. */
function sweep(element: Small): number[] {
  const { min, max } = integerRange(element);
  const all: number[] = [];
  for (let q = min; q < max; q += element === 'i16' ? 97 : 1) all.push(q);
  return [...all, max];
}

const type = (element: Small, scale: number, zero: number, count: number): TensorType =>
  tensorType(element, [count], perTensor(scale, zero));

type Quant = readonly [scale: number, zero: number];

/** The greatest distance, in steps of the result, between what the operator gives and the saturated real function. */
function greatestDistance(
  op: AnyOpDefinition,
  element: Small,
  x: Quant,
  y: Quant,
  f: (x: number) => number,
  attributes: AttributeRecord = {},
): number {
  const values = sweep(element);
  const from = type(element, x[0], x[1], values.length);
  const to = type(element, y[0], y[1], values.length);
  const [result] = runOperator(op, [tensorOf(from, values)], attributes, [to]);
  const { min, max } = integerRange(element);
  const scales = [from, to].map((t) => t.quant!.scale[0]!);
  return values.reduce((greatest, q, i) => {
    const exact = f(scales[0]! * (q - x[1])) / scales[1]! + y[1];
    if (Number.isNaN(exact)) return greatest;
    return Math.max(greatest, Math.abs(Number(result!.data[i]) - Math.min(Math.max(exact, min), max)));
  }, 0);
}

const plainLogistic = (x: number) => 1 / (1 + Math.exp(-x));
const plainGelu = (x: number) => (x / 2) * (1 + erfOfDouble(x * Math.SQRT1_2));
const plainHardSwish = (x: number) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6;

describe('distance from the real function', () => {
  it.each([0.01, 0.05, 0.1, 0.3])('logistic and tanh of i8 at scale %f', (scale) => {
    for (const zero of [-128, -7, 0, 100]) {
      expect(greatestDistance(logistic, 'i8', [scale, zero], [1 / 256, -128], plainLogistic)).toBeLessThan(1.01);
      expect(greatestDistance(tanh, 'i8', [scale, zero], [1 / 128, 0], Math.tanh)).toBeLessThan(1.01);
    }
  });
  it.each([2 ** -12, 2 ** -11, 0.0001, 0.0003, 0.001, 0.002])('logistic and tanh of i16 at scale %f', (scale) => {
    // The interpolation is good to about 3 parts in 2^16; the greatest result is 32767 or less.
    expect(greatestDistance(logistic, 'i16', [scale, 0], [2 ** -15, 0], plainLogistic)).toBeLessThan(6);
    expect(greatestDistance(tanh, 'i16', [scale, 0], [2 ** -15, 0], Math.tanh)).toBeLessThan(8);
  });
  it('logistic and tanh of 16 bits that TensorFlow Lite’s table does not take go through f32', () => {
    expect(greatestDistance(logistic, 'i16', [0.001, 5], [2 ** -15, 0], plainLogistic)).toBeLessThan(0.51);
    expect(greatestDistance(tanh, 'i16', [0.001, 0], [0.001, 9], Math.tanh)).toBeLessThan(0.51);
  });
  it.each([
    ['i8' as const, 3],
    ['u8' as const, 130],
  ])('hard_swish of %s', (element, zero) => {
    for (const scale of [0.01, 0.03, 0.06, 0.2]) {
      // 16-bit fixed point: the multiplier below 3 is coarse.
      const distance = greatestDistance(hardSwish, element, [scale, zero], [scale, zero], plainHardSwish);
      expect(distance).toBeLessThan(1.1);
    }
  });
  const rows: [string, Small, Quant, Quant, (x: number) => number, AnyOpDefinition, AttributeRecord?][] = [
    ['elu', 'i8', [0.05, 10], [0.04, -100], (x) => (x < 0 ? Math.expm1(x) : x), elu],
    ['elu', 'i16', [0.001, 0], [0.001, 0], (x) => (x < 0 ? 2 * Math.expm1(x) : x), elu, { alpha: 2 }],
    ['gelu', 'i8', [0.05, 3], [0.03, -100], plainGelu, gelu],
    ['gelu', 'u8', [0.05, 120], [0.03, 10], plainGelu, gelu],
    ['exp', 'i8', [0.03, 20], [0.1, -128], Math.exp, exp],
    ['log', 'u8', [0.1, 3], [0.03, 100], (x) => (x <= 0 ? Number.NEGATIVE_INFINITY : Math.log(x)), log],
    ['sqrt', 'i8', [0.1, -128], [0.03, -100], Math.sqrt, sqrt],
    ['rsqrt', 'i8', [0.1, -128], [0.05, -128], (x) => 1 / Math.sqrt(x), rsqrt],
    ['abs', 'i8', [0.1, 30], [0.08, -128], Math.abs, abs],
    ['abs', 'i16', [0.001, 0], [0.001, 0], Math.abs, abs],
    ['neg', 'u8', [0.1, 30], [0.1, 200], (x) => -x, neg],
    ['leaky_relu', 'i8', [0.1, 5], [0.07, 9], (x) => (x > 0 ? x : 0.2 * x), leakyRelu, { alpha: 0.2 }],
    ['leaky_relu', 'u8', [0.1, 100], [0.1, 90], (x) => (x > 0 ? x : -0.6 * x), leakyRelu, { alpha: -0.6 }],
    ['leaky_relu', 'i16', [0.001, 0], [0.0008, 0], (x) => (x > 0 ? x : -1.5 * x), leakyRelu, { alpha: -1.5 }],
    ['relu', 'i8', [0.1, 5], [0.07, -128], (x) => Math.max(x, 0), clamp, { min: 0 }],
    ['relu_n1_to_1', 'i16', [0.001, 0], [0.0005, 0], (x) => Math.min(Math.max(x, -1), 1), clamp, { min: -1, max: 1 }],
  ];
  it.each(rows)('%s of %s', (_name, element, x, y, f, op, attributes) => {
    // Two roundings, of which the first may be to halves: three quarters of a step.
    expect(greatestDistance(op, element, x, y, f, attributes)).toBeLessThan(0.76);
  });
});

describe('TensorFlow Lite’s definitions', () => {
  const i8 = (values: readonly number[], scale: number, zero: number) =>
    tensorOf(type('i8', scale, zero, values.length), values);

  it('logistic and tanh of i8 are their limits where |x| passes 15', () => {
    const x = i8([-128, -100, 0, 100, 127], 0.15, 0);
    const result = (op: typeof logistic, y: Quant) => numbers(runOperator(op, [x], {}, [type('i8', y[0], y[1], 5)])[0]);
    expect(result(logistic, [1 / 256, -128])).toEqual([-128, -128, 0, 127, 127]);
    expect(result(tanh, [1 / 128, 0])).toEqual([-128, -128, 0, 127, 127]);
  });

  it('logistic of i8 ignores the scale of the result', () => {
    const x = i8(sweep('i8'), 0.05, 3);
    const with256 = runOperator(logistic, [x], {}, [type('i8', 1 / 256, -128, 256)])[0];
    const with100 = runOperator(logistic, [x], {}, [type('i8', 1 / 100, -128, 256)])[0];
    expect(numbers(with100)).toEqual(numbers(with256));
  });

  it('16-bit tanh at 0 is 0, and logistic 1/2; both saturate', () => {
    const x = tensorOf(type('i16', 2 ** -12, 0, 3), [-32768, 0, 32767]);
    const y = [type('i16', 2 ** -15, 0, 3)];
    expect(numbers(runOperator(tanh, [x], {}, y)[0])).toEqual([-32767, 0, 32767]);
    expect(numbers(runOperator(logistic, [x], {}, y)[0])).toEqual([11, 16384, 32757]);
  });

  it('rsqrt of 0 and below is the greatest integer', () => {
    const y = [type('i8', 0.05, -10, 3)];
    expect(numbers(runOperator(rsqrt, [i8([3, 4, -128], 0.1, 4)], {}, y)[0])).toEqual([127, 127, 127]);
  });

  it('a relu at one scale changes no integer above the zero point', () => {
    const x = i8(sweep('i8'), 0.1, -20);
    const expected = sweep('i8').map((q) => Math.max(q, -20));
    expect(numbers(runOperator(clamp, [x], { min: 0 }, [x.type])[0])).toEqual(expected);
  });
});
