// Ranges by every method: what all of them keep, and small cases by hand.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bestRange,
  type Estimator,
  estimateRange,
  methods,
  quantizationOf,
  type Range,
  type RangeOptions,
  rangeError,
} from '../../src/quantize/estimators/index.ts';
import { TensorStatistics } from '../../src/quantize/tensor-statistics.ts';

fc.configureGlobal({ seed: 20261123 });

const estimators = methods.filter((m): m is Estimator => m !== 'auto');

const value = fc.oneof(
  { weight: 6, arbitrary: fc.float({ noNaN: true, min: -8, max: 8 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, -1, 6, 1e-3, 1000) },
  { weight: 1, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
);
const nonNegative = value.map(Math.abs);
const samples = fc.array(
  fc.array(
    fc.boolean().chain((relu) => (relu ? nonNegative : value)),
    { minLength: 1, maxLength: 60 },
  ),
  { minLength: 1, maxLength: 4 },
);
const options: fc.Arbitrary<RangeOptions> = fc.record({
  bits: fc.constantFrom(8 as const, 16 as const),
  symmetric: fc.boolean(),
  percentile: fc.constantFrom(99.99, 99.9, 100, 60),
});

function statisticsOf(...tensors: readonly (readonly number[])[]): TensorStatistics {
  const s = new TensorStatistics(1);
  for (const tensor of tensors) s.add(Float32Array.from(tensor));
  return s;
}

describe('all methods', () => {
  test('finite, containing 0, not empty, within the extremes', () => {
    fc.assert(
      fc.property(samples, options, fc.constantFrom(...estimators), (tensors, o, method) => {
        const s = statisticsOf(...tensors);
        const { low, high } = estimateRange(s, method, o);
        expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
        expect(low <= 0 && high >= 0 && low < high).toBe(true);
        const widest = estimateRange(s, 'minmax', o);
        expect(low).toBeGreaterThanOrEqual(widest.low);
        expect(high).toBeLessThanOrEqual(widest.high);
        if (o.bits === 16 || o.symmetric) expect(low).toBe(-high);
      }),
    );
  });

  test('none errs less than mse, nor than the best', () => {
    fc.assert(
      fc.property(samples, options, (tensors, o) => {
        const s = statisticsOf(...tensors);
        const error = (range: Range) => rangeError(s, range, o.bits);
        const least = error(estimateRange(s, 'mse', o));
        for (const method of estimators) expect(error(estimateRange(s, method, o))).toBeGreaterThanOrEqual(least);
        const best = bestRange(s, o);
        expect(error(best.range)).toBe(least);
        expect(best.range).toEqual(estimateRange(s, best.method, o));
      }),
    );
  });

  test.each(estimators)('%s: a tensor without values, or of zeros, gets a range of 1', (method) => {
    for (const s of [statisticsOf(), statisticsOf([0, 0]), statisticsOf([1e-31, 0])]) {
      expect(estimateRange(s, method, { bits: 8 })).toEqual({ low: 0, high: 1 });
      expect(estimateRange(s, method, { bits: 16 })).toEqual({ low: -1, high: 1 });
      expect(bestRange(s, { bits: 8 }).method).toBe('minmax');
    }
  });

  test('grid is mse', () => {
    const s = statisticsOf(Array.from({ length: 999 }, (_, i) => Math.tan((i - 499) / 320)));
    expect(estimateRange(s, 'grid', { bits: 8 })).toEqual(estimateRange(s, 'mse', { bits: 8 }));
  });
});

describe('by hand', () => {
  test('minmax contains 0', () => {
    expect(estimateRange(statisticsOf([2, 5], [3]), 'minmax', { bits: 8 })).toEqual({ low: 0, high: 5 });
    expect(estimateRange(statisticsOf([-2, -5]), 'minmax', { bits: 8 })).toEqual({ low: -5, high: 0 });
    expect(estimateRange(statisticsOf([-2, 5]), 'minmax', { bits: 8, symmetric: true })).toEqual({ low: -5, high: 5 });
  });

  test('mean is between the means of the extremes', () => {
    expect(estimateRange(statisticsOf([-1, 2], [-3, 8]), 'mean', { bits: 8 })).toEqual({ low: -2, high: 5 });
  });

  test('percentile gives up as much at either end', () => {
    const s = statisticsOf(Array.from({ length: 1001 }, (_, i) => i - 500));
    const { low, high } = estimateRange(s, 'percentile', { bits: 8, percentile: 90 });
    expect(low).toBeCloseTo(-450, -1);
    expect(high).toBeCloseTo(450, -1);
    const both = estimateRange(s, 'percentile', { bits: 8, percentile: 90, symmetric: true });
    expect(both.high).toBeCloseTo(450, -1);
  });

  test('percentile counts zeros, and keeps the others where nearly all are zero', () => {
    const half = [...new Array<number>(500).fill(0), ...Array.from({ length: 500 }, (_, i) => (i + 1) / 500)];
    const { low, high } = estimateRange(statisticsOf(half), 'percentile', { bits: 8, percentile: 80 });
    expect(low).toBe(0);
    expect(high).toBeCloseTo(0.8, 2);
    const few = [...new Array<number>(1e6).fill(0), 3];
    expect(estimateRange(statisticsOf(few), 'percentile', { bits: 8 })).toEqual({ low: 0, high: 3 });
  });

  test('entropy drops a far outlier that minmax keeps, and keeps what is even', () => {
    const even = Array.from({ length: 20000 }, (_, i) => (i % 2001) / 1000 - 1);
    const options = { bits: 8 } as const;
    expect(estimateRange(statisticsOf(even), 'entropy', options)).toEqual({ low: -1, high: 1 });
    // Quantiles of a logistic distribution, 200000 values between -12 and 12.
    const bell = Array.from({ length: 200000 }, (_, i) => Math.log((i + 0.5) / (200000 - i - 0.5)));
    const { low, high } = estimateRange(statisticsOf([...bell, 80]), 'entropy', options);
    expect(low).toBeLessThan(-8);
    expect(high).toBeGreaterThan(8);
    expect(high).toBeLessThan(20);
  });

  test('entropy is not led astray by zeros, by few values or by values of few levels', () => {
    const options = { bits: 8 } as const;
    const uniform = Array.from({ length: 20000 }, (_, i) => (i % 2001) / 2000);
    const relu = [...uniform, ...new Array<number>(200000).fill(0)];
    expect(estimateRange(statisticsOf(relu), 'entropy', options)).toEqual({ low: 0, high: 1 });
    expect(estimateRange(statisticsOf([-0.9, 0.1, 0.35, 1]), 'entropy', options)).toMatchObject({ high: 1 });
    const pixels = Array.from({ length: 25600 }, (_, i) => (i % 256) / 255);
    expect(estimateRange(statisticsOf(pixels), 'entropy', options)).toEqual({ low: 0, high: 1 });
  });

  test('mse clips one of a million to represent the others', () => {
    const s = statisticsOf([...Array.from({ length: 1e6 }, (_, i) => Math.sin(i)), 3]);
    const { low, high } = estimateRange(s, 'mse', { bits: 8 });
    expect([low, high]).toEqual([expect.closeTo(-1, 1), expect.closeTo(1, 0)]);
    expect(high).toBeLessThan(2.5);
    expect(rangeError(s, { low, high }, 8)).toBeLessThan(0.9 * rangeError(s, { low: -1, high: 3 }, 8));
  });
});

describe('quantization of a range', () => {
  const end = fc.double({ noNaN: true, min: 0, max: 3.4e38 });
  const small = fc.double({ noNaN: true, min: 0, max: 300 });
  const range = fc
    .tuple(fc.oneof(end, small), fc.oneof(end, small))
    .map(([a, b]) => ({ low: -a + 0, high: b }))
    .filter(({ low, high }) => high - low > 2 ** -64);

  test('the scale is f32, positive and normal; 0 is an integer; no value in the range is off by more than half a step', () => {
    fc.assert(
      fc.property(range, fc.double({ noNaN: true, min: 0, max: 1 }), fc.boolean(), (r, at, wide) => {
        const [least, greatest] = wide ? [-32768, 32767] : [-128, 127];
        const { scale, zero } = quantizationOf(r, wide ? 'i16' : 'i8');
        const [s = 0, z = 0.5] = [scale[0], zero[0]];
        expect(s).toBe(Math.fround(s));
        expect(s).toBeGreaterThanOrEqual(2 ** -126);
        expect(Number.isInteger(z) && z >= least && z <= greatest).toBe(true);
        if (wide) expect(z).toBe(0);
        const x = r.low + (r.high - r.low) * at;
        const q = Math.min(greatest, Math.max(least, Math.round(x / s) + z));
        // f32 rounds the scale by 2^-24 of it, 2^15 steps from 0 at most.
        expect(Math.abs(x - s * (q - z))).toBeLessThanOrEqual(s * (0.5 + 2 ** -8));
      }),
    );
  });

  test.each<[Range, 'i8' | 'i16', number, number]>([
    [{ low: 0, high: 255 }, 'i8', 1, -128],
    [{ low: -255, high: 0 }, 'i8', 1, 127],
    [{ low: -55, high: 200 }, 'i8', 1, -73],
    [{ low: -127, high: 127 }, 'i8', 1, 0],
    [{ low: -32767, high: 32767 }, 'i16', 1, 0],
    [{ low: -5, high: 65534 }, 'i16', 2, 0],
  ])('%j as %s: scale %f, zero point %i', (r, element, scale, zero) => {
    expect(quantizationOf(r, element)).toEqual({ scale: [scale], zero: [zero] });
  });
});

describe('the expected error', () => {
  test('even values: a twelfth of the squared step', () => {
    const s = statisticsOf(Array.from({ length: 4096 }, (_, i) => (i + 0.5) / 8));
    expect(rangeError(s, { low: 0, high: 510 }, 8)).toBeCloseTo(4 / 12, 2);
  });

  test('clipping: squares of the distance to the end', () => {
    expect(rangeError(statisticsOf([300, 300, 0, 0]), { low: 0, high: 255 }, 8)).toBeCloseTo(45 ** 2 / 2, 6);
  });

  test('is what quantizing the values gives', () => {
    const data = Array.from({ length: 20000 }, (_, i) => 3 * Math.sin(i * 12.9898) ** 3 + Math.cos(i * 78.233));
    const s = statisticsOf(data);
    for (const r of [
      { low: -4, high: 4 },
      { low: -1, high: 3 },
      { low: -0.2, high: 5 },
    ]) {
      const { scale, zero } = quantizationOf(r, 'i8');
      const [step = 0, z = 0] = [scale[0], zero[0]];
      const squares = data.map((x) => (x - step * (Math.min(127, Math.max(-128, Math.round(x / step) + z)) - z)) ** 2);
      const measured = squares.reduce((a, b) => a + b, 0) / data.length;
      expect(Math.abs(rangeError(s, r, 8) / measured - 1)).toBeLessThan(0.02);
    }
  });
});
