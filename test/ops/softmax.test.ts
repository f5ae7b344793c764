// Softmax in its three arithmetics: against exact values in doubles, and references against loops.
import { describe, expect, it } from 'vitest';
import { RuleViolation } from '../../ir/define-op.ts';
import { differenceScale, expTable } from '../../ir/ops/integer-softmax.ts';
import { expTable16, reciprocalTable16 } from '../../ir/ops/interpolated-softmax.ts';
import { softmax } from '../../ir/ops/softmax.ts';
import { type TensorData, tensorOf } from '../../ir/tensor-data.ts';
import { integerRange, type TensorType, tensorType } from '../../ir/types.ts';
import { numbers, quantized, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

const random = randomNumbers(22);

/** Softmax of the rows in doubles. */
function exact(x: TensorData, scale: number, beta: number): number[] {
  const values = numbers(x);
  const depth = x.type.shape.at(-1)!;
  return values.map((v, i) => {
    const row = values.slice(i - (i % depth), i - (i % depth) + depth);
    const sum = row.reduce((s, u) => s + Math.exp((u - v) * scale * beta), 0);
    return 1 / sum;
  });
}

const results = {
  'i8 i8': (shape: readonly number[]) => quantized('i8', shape, 1 / 256, -128),
  'u8 u8': (shape: readonly number[]) => quantized('u8', shape, 1 / 256, 0),
  'i8 i16': (shape: readonly number[]) => quantized('i16', shape, 1 / 65536, -32768),
  'i16 i16': (shape: readonly number[]) => quantized('i16', shape, 1 / 32768, 0),
};
type Form = keyof typeof results;

/** The greatest distance to the exact softmax, in steps of the result. */
function stepsOff(x: TensorData, form: Form, scale: number, beta: number): number {
  const type: TensorType = results[form](x.type.shape);
  const [y] = runOperator(softmax, [x], { beta }, [type]);
  const { max } = integerRange(type.element);
  const q = type.quant!;
  const expected = exact(x, scale, beta).map((p) => Math.min(p / q.scale[0]! + q.zero[0]!, max));
  return numbers(y).reduce((worst, v, i) => Math.max(worst, Math.abs(v - expected[i]!)), 0);
}

describe('softmax', () => {
  it('gives known values in f32', () => {
    const x = tensorOf(tensorType('f32', [2, 3]), [1, 2, 3, -5, -5, -5]);
    const [y] = runOperator(softmax, [x]);
    const expected = [0.09003057, 0.24472848, 0.66524094, 1 / 3, 1 / 3, 1 / 3];
    for (const [i, v] of numbers(y).entries()) expect(v).toBeCloseTo(expected[i]!, 7);
  });

  it('has exps with 31 fraction bits as its table', () => {
    const table = expTable(differenceScale(1, 0.1), 'double');
    expect(table[0]).toBe(2147483647);
    for (const [d, e] of table.entries()) expect(Math.abs(e / 2 ** 31 - Math.exp(-0.1 * d))).toBeLessThan(1e-6);
    // A scale of 1 leaves 31 steps above exp(-31).
    const steep = expTable(differenceScale(1, 1), 'double');
    expect(steep[31]).toBe(0);
    expect(steep.slice(32).every((e) => e === 0)).toBe(true);
  });

  it('has exps of steps that TensorFlow Lite finds too small', () => {
    for (const scale of [2 ** -27, 2 ** -36, 2 ** -80]) {
      const table = expTable(differenceScale(1, Math.fround(scale)), 'double');
      for (const [d, e] of table.entries()) expect(Math.abs(e / 2 ** 31 - Math.exp(-scale * d))).toBeLessThan(1e-6);
    }
  });

  it('has 16-bit tables within 2 steps of their functions', () => {
    for (const [i, e] of expTable16().entries()) {
      expect(Math.abs(e - 32768 * Math.exp(-10 + (10 * i) / 512))).toBeLessThan(2);
    }
    for (const [i, e] of reciprocalTable16().entries()) {
      expect(Math.abs(e - Math.min(32768 / (1 + i / 512), 32767))).toBeLessThan(2);
    }
  });

  it.each(['i8 i8', 'u8 u8', 'i8 i16', 'i16 i16'] as const)('is near the exact values in %s', (form) => {
    const element = form.split(' ')[0] as 'i8' | 'u8' | 'i16';
    const bound = { 'i8 i8': 0.52, 'u8 u8': 0.52, 'i8 i16': 1.5, 'i16 i16': 12 }[form];
    for (const [depth, step] of [
      [1, 0.1],
      [2, 0.5],
      [10, 0.2],
      [40, 0.05],
      // In 16 bits, exps below exp(-10) weigh as much as that: the spread is kept small.
      [100, element === 'i16' ? 0.03 : 3],
    ] as const) {
      const scale = Math.fround(element === 'i16' ? step / 256 : step);
      const shape = [randomInteger(random, 1, 3), 2, depth];
      const beta = depth === 10 ? 0.5 : 1;
      expect(stepsOff(randomTensor(random, quantized(element, shape, scale)), form, scale, beta)).toBeLessThan(bound);
      const even = randomTensor(random, quantized(element, shape, scale));
      even.data.fill(-3 as never);
      expect(stepsOff(even, form, scale, beta)).toBeLessThan(bound);
    }
  });

  it('stays right in rows so deep that sums or shifts pass 31 bits', () => {
    for (const depth of [511, 512, 700, 4095, 4096, 9000]) {
      for (const form of ['i8 i8', 'i8 i16'] as const) {
        const x = tensorOf(quantized('i8', [1, depth], 0.1), new Array(depth).fill(7));
        expect(stepsOff(x, form, 0.1, 1)).toBeLessThan(form === 'i8 i8' ? 1.01 : 9);
      }
    }
  });

  it('loops equal the reference in f32', () => {
    for (const shape of [[7], [3, 1], [2, 3, 17]]) {
      runOperator(softmax, [randomTensor(random, tensorType('f32', shape))], { beta: 1.5 });
    }
  });

  it('refuses result scales that TensorFlow Lite would refuse, and no elements', () => {
    const x = tensorOf(quantized('i8', [2]), [1, 2]);
    expect(() => runOperator(softmax, [x], {}, [quantized('i8', [2], 1 / 255, -128)])).toThrow(/scale 0.00390625/);
    expect(() => runOperator(softmax, [x], {}, [quantized('u8', [2], 1 / 256, 0)])).toThrow(RuleViolation);
    const nothing = { type: tensorType('f32', [2, 0]), data: new Float32Array(0) };
    expect(() => runOperator(softmax, [nothing])).toThrow(/at least one/);
  });
});
