// slice: worked examples, then references and loops against the definition on random starts, sizes and steps.
import { expect, it } from 'vitest';
import { slice } from '../../ir/ops/slice.ts';
import { tensorType } from '../../ir/types.ts';
import { everyType, pickedElements } from './element-types.ts';
import { counting, numbers, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

it('takes rows, columns and every second one', () => {
  const x = counting(tensorType('i8', [3, 4]));
  expect(numbers(runOperator(slice, [x], { start: [1, 1], size: [2, 2] })[0])).toEqual([5, 6, 9, 10]);
  expect(numbers(runOperator(slice, [x], { start: [0, 1], size: [2, 2], step: [2, 2] })[0])).toEqual([1, 3, 9, 11]);
});

it('reverses with negative steps', () => {
  const x = counting(tensorType('i16', [2, 3]));
  const all = { start: [1, 2], size: [2, 3], step: [-1, -1] };
  expect(numbers(runOperator(slice, [x], all)[0])).toEqual([5, 4, 3, 2, 1, 0]);
  expect(numbers(runOperator(slice, [x], { start: [0, 2], size: [2, 2], step: [1, -2] })[0])).toEqual([2, 0, 5, 3]);
});

it('refuses indices outside its operand', () => {
  const x = counting(tensorType('i32', [4]));
  const take = (start: number, size: number, step: number) =>
    runOperator(slice, [x], { start: [start], size: [size], step: [step] });
  expect(numbers(take(3, 4, -1)[0])).toEqual([3, 2, 1, 0]);
  expect(numbers(take(4, 0, 1)[0])).toEqual([]);
  expect(() => take(1, 4, 1)).toThrow(/indices 1 to 4 of a dimension of 4/);
  expect(() => take(4, 1, 1)).toThrow(/of a dimension of 4/);
  expect(() => take(4, 2, -1)).toThrow(/of a dimension of 4/);
  expect(() => take(3, 5, -1)).toThrow(/of a dimension of 4/);
  expect(() => take(0, 2, 0)).toThrow(/step of 0/);
  expect(() => runOperator(slice, [x], { start: [0, 0], size: [1, 1] })).toThrow(/each of 1 dimensions/);
});

const random = randomNumbers(31);

it.each(Array.from({ length: 40 }, (_, i) => i))('takes the elements it names, case %i', () => {
  const shape = Array.from({ length: randomInteger(random, 0, 5) }, () => randomInteger(random, 1, 5));
  const step = shape.map(() => (random() < 0.5 ? 1 : randomInteger(random, 1, 3) * (random() < 0.5 ? -1 : 1)));
  const start = shape.map((n) => (random() < 0.3 ? 0 : randomInteger(random, 0, n - 1)));
  const size = shape.map((n, d) => {
    const room = step[d]! > 0 ? n - 1 - start[d]! : start[d]!;
    const most = Math.floor(room / Math.abs(step[d]!)) + 1;
    return random() < 0.5 ? most : randomInteger(random, 1, most);
  });
  for (const type of everyType(shape)) {
    const x = randomTensor(random, type);
    const [y] = runOperator(slice, [x], { start, size, step });
    expect(y).toEqual(pickedElements(x, size, (index) => index.map((i, d) => start[d]! + i * step[d]!)));
  }
});
