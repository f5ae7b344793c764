// transpose: a worked example, then references and loops against the definition on random permutations of any rank.
import { expect, it } from 'vitest';
import { RuleViolation } from '../../ir/define-op.ts';
import { transpose } from '../../ir/ops/transpose.ts';
import { tensorType } from '../../ir/types.ts';
import { everyType, pickedElements } from './element-types.ts';
import { counting, numbers, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

it('turns rows into columns', () => {
  const [y] = runOperator(transpose, [counting(tensorType('i32', [2, 3]))], { perm: [1, 0] });
  expect(y!.type.shape).toEqual([3, 2]);
  expect(numbers(y)).toEqual([0, 3, 1, 4, 2, 5]);
});

it('takes a quantization along with its axis', () => {
  const x = tensorType('i8', [2, 3], { axis: 1, scale: [1, 2, 4], zero: [0, 1, 2] });
  const [y] = runOperator(transpose, [counting(x)], { perm: [1, 0] });
  expect(y!.type.quant).toEqual({ axis: 0, scale: [1, 2, 4], zero: [0, 1, 2] });
});

it('refuses what is no permutation', () => {
  const x = counting(tensorType('i32', [2, 3]));
  for (const perm of [[0], [0, 0], [1, 2], [0, 1, 2]]) {
    expect(() => runOperator(transpose, [x], { perm })).toThrow(RuleViolation);
  }
});

const random = randomNumbers(30);

it.each(Array.from({ length: 40 }, (_, i) => i))('moves every element to its place, case %i', () => {
  const rank = randomInteger(random, 0, 5);
  const shape = Array.from({ length: rank }, () => randomInteger(random, random() < 0.05 ? 0 : 1, 4));
  const perm = shape.map((_, d) => d).sort(() => random() - 0.5);
  for (const type of everyType(shape)) {
    const x = randomTensor(random, type);
    const [y] = runOperator(transpose, [x], { perm });
    const expected = pickedElements(
      x,
      perm.map((d) => shape[d]!),
      (index) => shape.map((_, d) => index[perm.indexOf(d)]!),
    );
    expect(y).toEqual(expected);
  }
});
