// Statistics of tensors: sums by hand, merging in any order, values that are not finite.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { TensorStatistics } from '../../src/quantize/tensor-statistics.ts';

fc.configureGlobal({ seed: 20261123 });

const odd = fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const value = fc.oneof(
  { weight: 8, arbitrary: fc.float({ noNaN: true, min: -100, max: 100 }) },
  { weight: 1, arbitrary: odd },
);

/** Some samples of one tensor: rows of 1 to 5 channels. */
const tensor = fc.integer({ min: 1, max: 5 }).chain((channels) =>
  fc.record({
    channels: fc.constant(channels),
    samples: fc.array(
      fc
        .array(fc.array(value, { minLength: channels, maxLength: channels }), { maxLength: 9 })
        .map((rows) => Float32Array.from(rows.flat())),
      { maxLength: 6 },
    ),
  }),
);

function statisticsOf(channels: number, samples: readonly Float32Array[]): TensorStatistics {
  const s = new TensorStatistics(channels);
  for (const sample of samples) s.add(sample);
  return s;
}

/** What is exact: all but the sums. */
function exactPart(s: TensorStatistics) {
  const { sumOfExtremes: _, channels, ...rest } = s.toJSON();
  return { ...rest, channels: { count: channels.count, min: channels.min, max: channels.max } };
}

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / Math.max(list.length, 1);

test('two samples of two channels, by hand', () => {
  const s = statisticsOf(2, [Float32Array.of(1, -2, 3, 4), Float32Array.of(0, 8)]);
  expect(s).toMatchObject({ min: -2, max: 8, count: 6, samples: 2, nonFinite: 0, meanMin: -1, meanMax: 6 });
  expect([...s.channelMin, ...s.channelMax]).toEqual([0, -2, 3, 8]);
  expect([...s.channelMean]).toEqual([4 / 3, 10 / 3]);
  expect([...s.channelMeanSquare]).toEqual([10 / 3, 84 / 3]);
  expect(s.histogram.zeros).toBe(1);
});

test('each channel by itself, as the definitions say', () => {
  fc.assert(
    fc.property(tensor, ({ channels, samples }) => {
      const s = statisticsOf(channels, samples);
      const all = samples.flatMap((sample) => [...sample]);
      const finite = all.filter(Number.isFinite);
      const counted = samples.map((x) => x.filter(Number.isFinite)).filter((x) => x.length > 0);
      expect(s.nonFinite).toBe(all.length - finite.length);
      expect(s.count).toBe(finite.length);
      expect(s.samples).toBe(counted.length);
      expect(s.min).toBe(finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) + 0);
      expect(s.max).toBe(finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) + 0);
      expect(s.meanMin).toBeCloseTo(mean(counted.map((x) => Math.min(...x))), 8);
      expect(s.meanMax).toBeCloseTo(mean(counted.map((x) => Math.max(...x))), 8);
      for (let c = 0; c < channels; c++) {
        const own = all.filter((x, i) => i % channels === c && Number.isFinite(x));
        expect(s.channelMin[c]! + 0).toBe(own.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) + 0);
        expect(s.channelMax[c]! + 0).toBe(own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) + 0);
        expect(s.channelMean[c]).toBeCloseTo(mean(own), 8);
        expect(s.channelMeanSquare[c]).toBeCloseTo(mean(own.map((x) => x * x)), 6);
      }
    }),
  );
});

test.each([1, 3, 8192, 8194, 20001])('tensors longer than a block are summed once: %i channels', (channels) => {
  const rows = Math.ceil(40000 / channels);
  const data = Float32Array.from({ length: rows * channels }, (_, i) => ((i * 7919) % 1009) / 16 - 20);
  const s = statisticsOf(channels, [data]);
  const sums = new Float64Array(channels);
  data.forEach((x, i) => {
    sums[i % channels]! += x;
  });
  // Sixteenths and their sums are exact.
  expect([...s.channelMean]).toEqual([...sums.map((sum) => sum / rows)]);
  expect([s.count, s.min, s.max]).toEqual([data.length, -20, 43]);
});

describe('merging', () => {
  test('equals adding, in any order', () => {
    fc.assert(
      fc.property(tensor, fc.integer({ min: 0, max: 6 }), ({ channels, samples }, cut) => {
        const merged = statisticsOf(channels, samples.slice(cut).reverse());
        merged.merge(statisticsOf(channels, samples.slice(0, cut)));
        const whole = statisticsOf(channels, samples);
        expect(exactPart(merged)).toEqual(exactPart(whole));
        expect(merged.meanMin).toBeCloseTo(whole.meanMin, 8);
        expect(merged.meanMax).toBeCloseTo(whole.meanMax, 8);
        merged.channelMean.forEach((x, c) => {
          expect(x).toBeCloseTo(whole.channelMean[c]!, 8);
        });
      }),
    );
  });

  test('refuses another number of channels', () => {
    expect(() => new TensorStatistics(2).merge(new TensorStatistics(3))).toThrow(CompileError);
  });
});

test('bounded: what is kept does not grow with the samples', () => {
  const sizes = [1, 400].map((n) => {
    const s = new TensorStatistics(4);
    for (let i = 0; i < n; i++) s.add(Float32Array.from({ length: 64 }, (_, k) => Math.sin(k * 31 + i) * 2 ** (i % 9)));
    return s.toJSON().bins.length;
  });
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
});

test('an empty tensor is no sample, and one of NaN is none either', () => {
  const s = statisticsOf(1, [new Float32Array(0), Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY)]);
  expect(s).toMatchObject({ samples: 0, count: 0, nonFinite: 2, meanMin: 0, meanMax: 0 });
});

test('JSON reads back to the same statistics', () => {
  fc.assert(
    fc.property(tensor, ({ channels, samples }) => {
      const s = statisticsOf(channels, samples);
      const text = JSON.stringify(s);
      const back = TensorStatistics.fromJSON(JSON.parse(text));
      expect(JSON.stringify(back)).toBe(text);
      expect([back.channels, back.min, back.max]).toEqual([s.channels, s.min, s.max]);
      expect([...back.histogram.counts]).toEqual([...s.histogram.counts]);
    }),
  );
});
