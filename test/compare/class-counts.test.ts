// Accuracy and agreement on scores written by hand.
import { describe, expect, it } from 'vitest';
import { ClassCounts, classesOf, rankOf } from '../../src/compare/class-counts.ts';

describe('classes of an output', () => {
  it.each([
    [[1, 10], 10],
    [[10], 10],
    [[1, 1, 1, 7], 7],
    [[1, 1], undefined],
    [[], undefined],
    [[2, 10], undefined],
    [[1, 4, 4, 3], undefined],
  ])('%j: %s', (shape, classes) => {
    expect(classesOf(shape)).toBe(classes);
  });
});

describe('the rank of a label', () => {
  it('counts greater scores, and equal ones before it', () => {
    expect([0, 1, 2, 3].map((label) => rankOf([2, 5, 5, 1], label))).toEqual([2, 0, 1, 3]);
  });
});

describe('counts', () => {
  const float = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

  it('are top 1, top 5 from ten classes on, and agreement', () => {
    const counts = new ClassCounts(10, [9, 5, 0]);
    counts.add(0, float, float);
    counts.add(1, float, float.toReversed());
    counts.add(2, float, float.toReversed());
    expect(counts.accuracy).toEqual({
      top1: { float: 1 / 3, quantized: 2 / 3 },
      // Label 5 is the fifth of the first ten, and the sixth of the reversed ones.
      top5: { float: 2 / 3, quantized: 2 / 3 },
    });
    expect(counts.agreement).toBe(1 / 3);
  });

  it('have no top 5 for few classes, and no accuracy without labels', () => {
    const few = new ClassCounts(3, [0]);
    few.add(0, [1, 0, 0], [0, 1, 0]);
    expect(few.accuracy).toEqual({ top1: { float: 1, quantized: 0 } });
    const none = new ClassCounts(3, undefined);
    none.add(0, [1, 0, 0], [1, 0, 0]);
    expect([none.accuracy, none.agreement]).toEqual([undefined, 1]);
  });

  it.each([-1, 3, 0.5, Number.NaN])('refuse the label %s of three classes', (label) => {
    expect(() => new ClassCounts(3, [0, label])).toThrow(/sample 1 is none of the 3 classes/);
  });
});
