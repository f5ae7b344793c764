// log_softmax and l2_normalize: against exact values in doubles, and references against loops.
import { describe, expect, it } from 'vitest';
import { l2Normalize } from '../../ir/ops/l2-normalize.ts';
import { logSoftmax } from '../../ir/ops/log-softmax.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { tensorType } from '../../ir/types.ts';
import { numbers, quantized, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

const random = randomNumbers(23);

/** The rows of a tensor, one after the other. */
function rows(values: readonly number[], depth: number): number[][] {
  return Array.from({ length: values.length / depth }, (_, r) => values.slice(r * depth, (r + 1) * depth));
}

/** The greatest |a - b|. */
function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i]!)), 0);
}

describe('log_softmax', () => {
  it('gives known values in f32', () => {
    const x = tensorOf(tensorType('f32', [1, 3]), [0, Math.log(2), Math.log(5)]);
    const [y] = runOperator(logSoftmax, [x]);
    for (const [i, p] of [1 / 8, 2 / 8, 5 / 8].entries()) expect(numbers(y)[i]).toBeCloseTo(Math.log(p), 6);
  });

  it.each(['i8', 'u8'] as const)('is within a step of the exact values in %s', (element) => {
    const top = element === 'i8' ? 127 : 255;
    for (const depth of [1, 2, 5, 10, 100, 4000]) {
      for (const scale of [0.01, 0.1, 0.5, 2]) {
        const shape = [2, depth];
        const x = randomTensor(random, quantized(element, shape, scale));
        const [y] = runOperator(logSoftmax, [x], {}, [quantized(element, shape, 1 / 16, top)]);
        const exact = rows(numbers(x), depth).flatMap((row) => {
          const greatest = Math.max(...row);
          const sum = row.reduce((total, v) => total + Math.exp((v - greatest) * Math.fround(scale)), 0);
          const logs = row.map((v) => (v - greatest) * Math.fround(scale) - Math.log(sum));
          return logs.map((l) => Math.max(top + 16 * l, top - 255));
        });
        expect(distance(numbers(y), exact)).toBeLessThan(0.6);
      }
    }
  });

  it('loops equal the reference in f32', () => {
    for (const shape of [[1], [4, 3], [2, 2, 19]]) {
      runOperator(logSoftmax, [randomTensor(random, tensorType('f32', shape))]);
    }
  });

  it('refuses rows whose sum could pass 31 bits, and other result scales', () => {
    const deep = quantized('i8', [1, 4096]);
    const x = randomTensor(random, deep);
    expect(() => runOperator(logSoftmax, [x], {}, [quantized('i8', [1, 4096], 1 / 16, 127)])).toThrow(/at most 4095/);
    expect(() => runOperator(logSoftmax, [x], {}, [deep])).toThrow(/scale 1\/16/);
  });
});

describe('l2_normalize', () => {
  it('gives known values in f32, zeros for zeros', () => {
    const x = tensorOf(tensorType('f32', [2, 2]), [3, -4, 0, 0]);
    expect(numbers(runOperator(l2Normalize, [x])[0])).toEqual([Math.fround(0.6), Math.fround(-0.8), 0, 0]);
  });

  it('is within a step of the exact values in i8', () => {
    for (const depth of [1, 2, 7, 64, 3000]) {
      for (const zero of [0, -128, 20]) {
        const x = randomTensor(random, quantized('i8', [2, depth], 0.3, zero));
        const [y] = runOperator(l2Normalize, [x], {}, [quantized('i8', [2, depth], 1 / 128, 0)]);
        const centred = numbers(x).map((v) => v - zero);
        const exact = rows(centred, depth).flatMap((row) => {
          const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0)) || 1;
          return row.map((v) => Math.min((128 * v) / length, 127));
        });
        expect(distance(numbers(y), exact)).toBeLessThan(0.8);
      }
    }
    const zeros = tensorOf(quantized('i8', [3], 0.3, 5), [5, 5, 5]);
    expect(numbers(runOperator(l2Normalize, [zeros], {}, [quantized('i8', [3], 1 / 128, 0)])[0])).toEqual([0, 0, 0]);
  });

  it('loops equal the reference in f32', () => {
    for (const shape of [[1], [4, 3], [2, 2, 19]]) {
      runOperator(l2Normalize, [randomTensor(random, tensorType('f32', shape))]);
    }
  });
});
