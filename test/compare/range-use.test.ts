// Use of a range on values and integers written by hand.
import { describe, expect, it } from 'vitest';
import { perTensor, tensorType } from '../../ir/types.ts';
import { RangeCounts, SeenRange } from '../../src/compare/range-use.ts';

describe('use of a range', () => {
  // Integers -128 to 127 stand for -14 to 113.5.
  const type = tensorType('i8', [4], perTensor(0.5, -100));

  it('says what the integers reach, what is clipped and which integers occur', () => {
    const counts = new RangeCounts(type);
    counts.add([0, 113.75, 113.8, -14.3], Int8Array.of(-100, 127, 127, -128));
    counts.add([0, 0, 0, 0], Int8Array.of(-100, -100, -100, -100));
    expect(counts.use).toEqual({
      chosen: { low: -14, high: 113.5 },
      clipped: { low: 1 / 8, high: 1 / 8 },
      levels: 3 / 256,
    });
  });

  it('counts the levels of 16 bits', () => {
    const counts = new RangeCounts(tensorType('i16', [2], perTensor(1, 0)));
    counts.add([-32768, 32767], Int16Array.of(-32768, 32767));
    expect(counts.use).toMatchObject({ clipped: { low: 0, high: 0 }, levels: 2 / 65536 });
  });
});

describe('what was seen', () => {
  it('is the least and the greatest finite value', () => {
    const seen = new SeenRange();
    expect(seen.range).toEqual({ low: 0, high: 0 });
    seen.add([3, Number.NaN, -2]);
    seen.add([Number.POSITIVE_INFINITY, 5]);
    expect(seen.range).toEqual({ low: -2, high: 5 });
  });
});
