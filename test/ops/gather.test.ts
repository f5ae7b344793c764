// gather and gather_nd: worked examples, indices that leave their dimension, and random shapes against the definitions.
import { describe, expect, it } from 'vitest';
import { gather } from '../../ir/ops/gather.ts';
import { gatherNd } from '../../ir/ops/gather-nd.ts';
import { type TensorData, tensorOf } from '../../ir/tensor-data.ts';
import { elementCount, tensorType } from '../../ir/types.ts';
import { everyType, pickedElements } from './element-types.ts';
import { counting, numbers, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

const indexTensor = (shape: readonly number[], values: readonly (number | bigint)[], element: 'i32' | 'i64' = 'i32') =>
  tensorOf(tensorType(element, shape), values);

const clamp = (i: number, extent: number) => Math.min(Math.max(i, 0), extent - 1);

describe('gather', () => {
  it('chooses rows, columns, and along a batch', () => {
    const x = counting(tensorType('i8', [2, 3]));
    expect(numbers(runOperator(gather, [x, indexTensor([2], [1, 1])], { axis: 0 })[0])).toEqual([3, 4, 5, 3, 4, 5]);
    expect(numbers(runOperator(gather, [x, indexTensor([], [2])], { axis: 1 })[0])).toEqual([2, 5]);
    const each = indexTensor([2, 1], [2, 0]);
    expect(numbers(runOperator(gather, [x, each], { axis: 1, batch_dims: 1 })[0])).toEqual([2, 3]);
  });

  it('takes the nearest element for an index outside', () => {
    const x = counting(tensorType('i8', [3]), 5);
    const outside = [-1, 3, -2147483648, 2147483647];
    expect(numbers(runOperator(gather, [x, indexTensor([4], outside)], { axis: 0 })[0])).toEqual([5, 7, 5, 7]);
    // The low 32 bits of these are inside: they must not be looked at alone.
    const wide = [2n ** 32n + 1n, -(2n ** 32n) + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
    expect(numbers(runOperator(gather, [x, indexTensor([4], wide, 'i64')], { axis: 0 })[0])).toEqual([7, 5, 7, 5]);
  });

  it('refuses impossible choices', () => {
    const x = counting(tensorType('i8', [2, 3]));
    const indices = indexTensor([2], [0, 0]);
    expect(() => runOperator(gather, [x, indices], { axis: 2 })).toThrow(/axis 2/);
    expect(() => runOperator(gather, [x, indices], { axis: 0, batch_dims: 1 })).toThrow(/cannot share 1/);
    expect(() => runOperator(gather, [x, counting(tensorType('i8', [1]))], { axis: 0 })).toThrow(/i32 or i64/);
    expect(() => runOperator(gather, [counting(tensorType('i8', [0])), indices], { axis: 0 })).toThrow(/without/);
    const mismatch = indexTensor([3, 1], [0, 0, 0]);
    expect(() => runOperator(gather, [x, mismatch], { axis: 1, batch_dims: 1 })).toThrow(/equal batch/);
  });

  const random = randomNumbers(36);
  it.each(Array.from({ length: 30 }, (_, i) => i))('reads where the indices say, case %i', () => {
    const shape = Array.from({ length: randomInteger(random, 1, 4) }, () => randomInteger(random, 1, 4));
    const axis = randomInteger(random, 0, shape.length - 1);
    const batch = randomInteger(random, 0, axis);
    const extra = Array.from({ length: randomInteger(random, 0, 2) }, () => randomInteger(random, 1, 3));
    const chosen = [...shape.slice(0, batch), ...extra];
    const indices = indexTensor(
      chosen,
      Array.from({ length: elementCount(chosen) }, () => randomInteger(random, -1, shape[axis]!)),
      random() < 0.5 ? 'i32' : 'i64',
    );
    const result = [...shape.slice(0, axis), ...extra, ...shape.slice(axis + 1)];
    for (const type of everyType(shape)) {
      const x = randomTensor(random, type);
      const source = (index: readonly number[]) => {
        const at = [...index.slice(0, batch), ...index.slice(axis, axis + extra.length)];
        const flat = at.reduce((sum, i, d) => sum * chosen[d]! + i, 0);
        const picked = clamp(Number(indices.data[flat]), shape[axis]!);
        return [...index.slice(0, axis), picked, ...index.slice(axis + extra.length)];
      };
      const [y] = runOperator(gather, [x, indices], { axis, batch_dims: batch });
      expect(y).toEqual(pickedElements(x, result, source));
    }
  });
});

describe('gather_nd', () => {
  const nd = (x: TensorData, indices: TensorData) => runOperator(gatherNd, [x, indices])[0];

  it('chooses elements and slices', () => {
    const x = counting(tensorType('i8', [2, 3]));
    expect(numbers(nd(x, indexTensor([2, 2], [0, 2, 1, 0])))).toEqual([2, 3]);
    expect(numbers(nd(x, indexTensor([1, 1], [1])))).toEqual([3, 4, 5]);
    expect(numbers(nd(x, indexTensor([2, 0], [])))).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
    expect(() => nd(x, indexTensor([1, 3], [0, 0, 0]))).toThrow(/at most every dimension/);
    expect(() => nd(x, indexTensor([], [0]))).toThrow(/at most every dimension/);
  });

  const random = randomNumbers(37);
  it.each(Array.from({ length: 20 }, (_, i) => i))('reads where the tuples say, case %i', () => {
    const shape = Array.from({ length: randomInteger(random, 1, 4) }, () => randomInteger(random, 1, 4));
    const depth = randomInteger(random, 1, shape.length);
    const outer = Array.from({ length: randomInteger(random, 0, 2) }, () => randomInteger(random, 1, 3));
    const tuples = Array.from({ length: elementCount(outer) }, () =>
      shape.slice(0, depth).map((n) => randomInteger(random, -1, n)),
    );
    const indices = indexTensor([...outer, depth], tuples.flat(), random() < 0.5 ? 'i32' : 'i64');
    for (const type of everyType(shape)) {
      const x = randomTensor(random, type);
      const source = (index: readonly number[]) => {
        const flat = outer.reduce((sum, n, d) => sum * n + index[d]!, 0);
        return [...tuples[flat]!.map((i, d) => clamp(i, shape[d]!)), ...index.slice(outer.length)];
      };
      expect(nd(x, indices)).toEqual(pickedElements(x, [...outer, ...shape.slice(depth)], source));
    }
  });
});
