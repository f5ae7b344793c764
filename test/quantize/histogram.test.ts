// Histograms: the same counts whatever the order and the parts in which values come.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binWidth, Histogram, maxBins } from '../../src/quantize/histogram.ts';

fc.configureGlobal({ seed: 20261123 });

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
/** Values of one magnitude, of all magnitudes, and zeros. */
const value = fc.oneof(fc.float({ noNaN: true, min: -4, max: 4 }), finite, fc.constant(0), fc.constant(-0));
const values = fc.array(value, { minLength: 1, maxLength: 50 }).map((list) => Float32Array.from(list));

function partsOf(h: Histogram) {
  return { min: h.min, max: h.max, width: h.width, first: h.first, counts: [...h.counts], zeros: h.zeros };
}

/** What the definition says of a set of values. */
function expected(data: readonly number[]) {
  const min = Math.min(...data) + 0;
  const max = Math.max(...data) + 0;
  const width = binWidth(min, max);
  const first = Math.floor(min / width);
  const counts = new Array<number>(Math.floor(max / width) - first + 1).fill(0);
  for (const x of data) if (x !== 0) counts[Math.floor(x / width) - first]! += 1;
  return { min, max, width, first, counts, zeros: data.filter((x) => x === 0).length };
}

test('hand-counted: halves from -1 to 1', () => {
  const h = Histogram.of(Float32Array.of(-1, 0, 0.5, 0.5, 1, -0, 1024));
  // 1025 / width < 2048 first holds for 1 / 1: at 1/2, -1 is bin -2 and 1024 bin 2048, 2051 bins.
  expect(partsOf(h)).toMatchObject({ min: -1, max: 1024, width: 1, first: -1, zeros: 2 });
  expect([...h.counts.subarray(0, 3)]).toEqual([1, 2, 1]);
  expect(h.counts.length).toBe(1026);
});

test('any order, any parts: the counts are those of the final width', () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 6 }), (parts, cut) => {
      const left = new Histogram();
      const right = new Histogram();
      for (const part of parts.slice(0, cut)) left.merge(Histogram.of(part));
      for (const part of parts.slice(cut)) right.add(part, Math.min(...part), Math.max(...part));
      right.merge(left);
      expect(partsOf(right)).toEqual(expected(parts.flatMap((part) => [...part])));
    }),
  );
});

test('widths: powers of two, at most 2048 bins, half of it would be too many or finer than f32', () => {
  fc.assert(
    fc.property(finite, finite, (a, b) => {
      const [min, max] = a < b ? [a, b] : [b, a];
      const width = binWidth(min, max);
      const bins = (w: number) => Math.floor(max / w) - Math.floor(min / w) + 1;
      const greatest = Math.max(Math.abs(min), Math.abs(max));
      expect(Number.isInteger(Math.log2(width))).toBe(true);
      expect(bins(width)).toBeLessThanOrEqual(maxBins);
      expect(
        bins(width / 2) > maxBins || Math.fround(greatest + 0.49 * width) === greatest || greatest < 2 ** -125,
      ).toBe(true);
    }),
  );
});

test('one value has one bin, and nothing has none', () => {
  expect(partsOf(Histogram.of(Float32Array.of(0.3)))).toMatchObject({ zeros: 0, counts: [1] });
  expect(partsOf(Histogram.of(Float32Array.of(0)))).toMatchObject({ zeros: 1, counts: [0] });
  expect(partsOf(Histogram.of(new Float32Array(0)))).toMatchObject({ zeros: 0, counts: [], width: 0 });
});

test('values just below 0 fall below 0, whatever lies far from them', () => {
  const h = Histogram.of(Float32Array.of(-1000, -1e-30, 1e-30, 1000));
  expect([h.counts[-1 - h.first], h.counts[-h.first]]).toEqual([1, 1]);
});

test('a histogram is made of its parts again, and of no others', () => {
  const h = Histogram.of(Float32Array.of(-1, 0, 2, 2, 3.75));
  expect(partsOf(Histogram.from(h.min, h.max, h.zeros, [...h.counts]))).toEqual(partsOf(h));
  expect(() => Histogram.from(-1, 3.75, 0, [1, 2])).toThrow(RangeError);
});
