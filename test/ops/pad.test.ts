// pad and mirror_pad: worked examples, then references and loops against the definitions on random borders.
import { describe, expect, it } from 'vitest';
import { mirrorPad } from '../../ir/ops/mirror-pad.ts';
import { pad } from '../../ir/ops/pad.ts';
import { tensorType } from '../../ir/types.ts';
import { everyType, pickedElements } from './element-types.ts';
import { counting, numbers, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

describe('pad', () => {
  it('puts a border around a matrix', () => {
    const x = counting(tensorType('i8', [2, 2]), 1);
    const [y] = runOperator(pad, [x], { before: [1, 0], after: [1, 2], value: -7 });
    expect(y!.type.shape).toEqual([4, 4]);
    expect(numbers(y)).toEqual([-7, -7, -7, -7, 1, 2, -7, -7, 3, 4, -7, -7, -7, -7, -7, -7]);
  });

  it('stores no value that the element type cannot hold', () => {
    const border = { before: [0], after: [1] };
    const padded = (element: 'i8' | 'u8' | 'f32' | 'i64' | 'bool', value: number) => () =>
      runOperator(pad, [counting(tensorType(element, [0]))], { ...border, value });
    for (const fits of [padded('i8', -128), padded('u8', 255), padded('f32', 0.5), padded('bool', 1)]) fits();
    expect(numbers(padded('i64', -(2 ** 53) + 1)()[0])).toEqual([-(2 ** 53) + 1]);
    expect(padded('i8', 128)).toThrow(/cannot store 128 as i8/);
    expect(padded('u8', -1)).toThrow(/cannot store -1/);
    expect(padded('i8', 0.5)).toThrow(/cannot store 0.5/);
    expect(padded('f32', 0.1)).toThrow(/cannot store 0.1/);
    expect(padded('i64', 2 ** 53)).toThrow(/cannot store/);
  });

  const random = randomNumbers(32);
  it.each(Array.from({ length: 40 }, (_, i) => i))('borders every dimension, case %i', () => {
    const shape = Array.from({ length: randomInteger(random, 0, 5) }, () => randomInteger(random, 0, 4) || 1);
    if (random() < 0.1 && shape.length > 0) shape[randomInteger(random, 0, shape.length - 1)] = 0;
    const border = () => shape.map(() => (random() < 0.5 ? 0 : randomInteger(random, 1, 3)));
    const [before, after] = [border(), border()];
    const padded = shape.map((n, d) => n + before[d]! + after[d]!);
    for (const type of everyType(shape)) {
      const x = randomTensor(random, type);
      const [y] = runOperator(pad, [x], { before, after, value: 1 });
      const expected = pickedElements(
        x,
        padded,
        (index) => {
          const inside = index.map((i, d) => i - before[d]!);
          return inside.every((i, d) => i >= 0 && i < shape[d]!) ? inside : undefined;
        },
        1,
      );
      expect(y).toEqual(expected);
    }
  });
});

describe('mirror_pad', () => {
  it('turns at the edge, or behind it', () => {
    const x = counting(tensorType('u8', [3]), 1);
    const reflected = runOperator(mirrorPad, [x], { before: [2], after: [2], mode: 'reflect' });
    expect(numbers(reflected[0])).toEqual([3, 2, 1, 2, 3, 2, 1]);
    const symmetric = runOperator(mirrorPad, [x], { before: [3], after: [2], mode: 'symmetric' });
    expect(numbers(symmetric[0])).toEqual([3, 2, 1, 1, 2, 3, 3, 2]);
  });

  it('repeats no more than there is', () => {
    const x = counting(tensorType('u8', [3]));
    const run = (border: number, mode: 'reflect' | 'symmetric') => () =>
      runOperator(mirrorPad, [x], { before: [border], after: [0], mode });
    expect(run(3, 'reflect')).toThrow(/cannot mirror 3 elements of a dimension of 3/);
    expect(run(4, 'symmetric')).toThrow(/cannot mirror 4 elements/);
    run(3, 'symmetric')();
  });

  /** Walks back and forth over [0, extent) one element at a time. */
  function walk(position: number, extent: number, repeatEdge: boolean): number {
    let [at, direction] = [0, position < 0 ? -1 : 1];
    for (let steps = Math.abs(position); steps > 0; steps--) {
      const next = at + direction;
      if (next >= 0 && next < extent) {
        at = next;
        continue;
      }
      direction = -direction;
      if (!repeatEdge) at += direction;
    }
    return at;
  }

  const random = randomNumbers(33);
  it.each(Array.from({ length: 30 }, (_, i) => i))('walks back into its operand, case %i', () => {
    const shape = Array.from({ length: randomInteger(random, 1, 4) }, () => randomInteger(random, 1, 5));
    const mode = random() < 0.5 ? 'reflect' : 'symmetric';
    const border = () =>
      shape.map((n) => (random() < 0.4 ? 0 : randomInteger(random, 0, mode === 'reflect' ? n - 1 : n)));
    const [before, after] = [border(), border()];
    const padded = shape.map((n, d) => n + before[d]! + after[d]!);
    for (const type of everyType(shape)) {
      const x = randomTensor(random, type);
      const [y] = runOperator(mirrorPad, [x], { before, after, mode });
      const source = (index: readonly number[]) =>
        index.map((i, d) => walk(i - before[d]!, shape[d]!, mode === 'symmetric'));
      expect(y).toEqual(pickedElements(x, padded, source));
    }
  });
});
