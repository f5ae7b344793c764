// arg_max and arg_min: ties, every axis, references against loops.
import { describe, expect, it } from 'vitest';
import { argMax, argMin } from '../../ir/ops/arg-extreme.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { tensorType } from '../../ir/types.ts';
import { numbers, quantized, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

const random = randomNumbers(24);

describe('arg_max and arg_min', () => {
  it('give the first of equal elements', () => {
    const x = tensorOf(quantized('i8', [2, 4]), [1, 7, 7, -2, -5, -5, -5, -5]);
    expect(numbers(runOperator(argMax, [x], { axis: 1 })[0])).toEqual([1, 0]);
    expect(numbers(runOperator(argMin, [x], { axis: -1 })[0])).toEqual([3, 0]);
    expect(numbers(runOperator(argMax, [x], { axis: 0 })[0])).toEqual([0, 0, 0, 0]);
    expect(numbers(runOperator(argMin, [x], { axis: 0 })[0])).toEqual([1, 1, 1, 1]);
  });

  it('give the asked index type', () => {
    const x = tensorOf(tensorType('f32', [3]), [1, 3, 2]);
    expect(runOperator(argMax, [x], { axis: 0 }, [tensorType('i32', [])])[0]!.data).toEqual(Int32Array.of(1));
    expect(runOperator(argMax, [x], { axis: 0 }, [tensorType('i64', [])])[0]!.data).toEqual(BigInt64Array.of(1n));
    expect(() => runOperator(argMax, [x], { axis: 0 }, [tensorType('i16', [])])).toThrow(/i32 or i64/);
    expect(() => runOperator(argMax, [x], { axis: 1 })).toThrow(/outside rank/);
  });

  it.each([[[6]], [[1, 4]], [[3, 1, 5]], [[2, 3, 4, 2]]])('loops equal the reference on %j', (shape) => {
    for (let axis = -shape.length; axis < shape.length; axis++) {
      for (const element of ['f32', 'i8', 'u8', 'i16', 'i32', 'i64'] as const) {
        const x = randomTensor(random, tensorType(element, shape));
        for (const result of ['i32', 'i64'] as const) {
          runOperator(argMax, [x], { axis }, [tensorType(result, [])]);
          runOperator(argMin, [x], { axis }, [tensorType(result, [])]);
        }
      }
    }
  });
});
