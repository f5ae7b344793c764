// concat and broadcast_to: worked examples, then references and loops against the definitions on random shapes.
import { describe, expect, it } from 'vitest';
import { broadcastTo } from '../../ir/ops/broadcast-to.ts';
import { concat } from '../../ir/ops/concat.ts';
import { perTensor, tensorType } from '../../ir/types.ts';
import { everyType, pickedElements } from './element-types.ts';
import { counting, numbers, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

describe('concat', () => {
  it('joins rows, or columns', () => {
    const a = counting(tensorType('i8', [2, 2]));
    const b = counting(tensorType('i8', [2, 2]), 10);
    expect(numbers(runOperator(concat, [a, b], { axis: 0 })[0])).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
    expect(numbers(runOperator(concat, [a, b], { axis: 1 })[0])).toEqual([0, 1, 10, 11, 2, 3, 12, 13]);
  });

  it('wants parts of one kind and one cross-section', () => {
    const a = counting(tensorType('i8', [2, 2], perTensor(1, 0)));
    const joined = (b: Parameters<typeof counting>[0]) => () => runOperator(concat, [a, counting(b)], { axis: 1 });
    joined(tensorType('i8', [2, 5], perTensor(1, 0)))();
    expect(joined(tensorType('i8', [2, 2], perTensor(2, 0)))).toThrow(/one quantization/);
    expect(joined(tensorType('u8', [2, 2], perTensor(1, 0)))).toThrow(/mixes i8 with u8/);
    expect(joined(tensorType('i8', [3, 2], perTensor(1, 0)))).toThrow(/cannot join \[2, 2\] and \[3, 2\]/);
    expect(joined(tensorType('i8', [2], perTensor(1, 0)))).toThrow(/cannot join/);
    expect(() => runOperator(concat, [a], { axis: 2 })).toThrow(/axis 2 is outside rank 2/);
    expect(() => runOperator(concat, [], { axis: 0 })).toThrow(/needs operand/);
  });

  const random = randomNumbers(34);
  it.each(Array.from({ length: 30 }, (_, i) => i))('keeps the parts in order, case %i', () => {
    const shape = Array.from({ length: randomInteger(random, 1, 4) }, () => randomInteger(random, 1, 4));
    const axis = randomInteger(random, 0, shape.length - 1);
    const extents = Array.from({ length: randomInteger(random, 1, 4) }, () => randomInteger(random, 0, 3));
    const total = extents.reduce((sum, n) => sum + n, 0);
    for (const type of everyType(shape.map((n, d) => (d === axis ? total : n)))) {
      const whole = randomTensor(random, type);
      let start = 0;
      const parts = extents.map((n) => {
        const first = start;
        start += n;
        const part = type.shape.map((extent, d) => (d === axis ? n : extent));
        return pickedElements(whole, part, (index) => index.map((i, d) => (d === axis ? i + first : i)));
      });
      expect(runOperator(concat, parts, { axis })[0]).toEqual(whole);
    }
  });
});

describe('broadcast_to', () => {
  it('repeats rows and columns', () => {
    const x = counting(tensorType('i8', [2, 1]));
    const [y] = runOperator(broadcastTo, [x], { shape: [2, 2, 3] });
    expect(numbers(y)).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]);
  });

  it('stretches nothing but ones', () => {
    const x = counting(tensorType('i8', [2, 1]));
    for (const shape of [[3, 4], [1], [2], [1, 1]]) {
      expect(() => runOperator(broadcastTo, [x], { shape })).toThrow(/cannot/);
    }
  });

  const random = randomNumbers(35);
  it.each(Array.from({ length: 30 }, (_, i) => i))('reads stretched dimensions at 0, case %i', () => {
    const shape = Array.from({ length: randomInteger(random, 0, 5) }, () => randomInteger(random, 1, 4));
    const own = shape.slice(randomInteger(random, 0, shape.length)).map((n) => (random() < 0.5 ? 1 : n));
    const missing = shape.length - own.length;
    for (const type of everyType(own)) {
      const x = randomTensor(random, type);
      const source = (index: readonly number[]) => own.map((n, d) => (n === 1 ? 0 : index[missing + d]!));
      expect(runOperator(broadcastTo, [x], { shape })[0]).toEqual(pickedElements(x, shape, source));
    }
  });
});
