// The clipping that costs a Gaussian or a Laplace distribution least is the published one.
import { describe, expect, test } from 'vitest';
import { estimateRange } from '../../src/quantize/estimators/index.ts';
import { leastErrorRange } from '../../src/quantize/estimators/least-error.ts';
import { gaussianClip, laplaceClip } from '../../src/quantize/estimators/mean.ts';
import { squaredError } from '../../src/quantize/estimators/range-error.ts';
import { Histogram } from '../../src/quantize/histogram.ts';
import { TensorStatistics } from '../../src/quantize/tensor-statistics.ts';

/** A density between -reach and reach as a histogram of 10^12 values. */
function histogramOf(density: (x: number) => number, reach: number): Histogram {
  const empty = Histogram.of(Float32Array.of(-reach, reach));
  const counts = [...empty.counts].map((_, k) => {
    const x = (empty.first + k) * empty.width;
    const h = empty.width / 2;
    return Math.round(((1e12 * h) / 3) * (density(x) + 4 * density(x + h) + density(x + 2 * h)));
  });
  return Histogram.from(empty.min, empty.max, 0, counts);
}

const gaussian = histogramOf((x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI), 7.75);
const laplace = histogramOf((x) => Math.exp(-Math.abs(x)) / 2, 31);

/** The step of least error, by trying many. */
function bestStep(h: Histogram, least: number, greatest: number, from: number, to: number): number {
  const steps = Array.from({ length: 2000 }, (_, i) => from + ((to - from) * i) / 2000);
  const errors = steps.map((step) => squaredError(h, { step, least, greatest }));
  return steps[errors.indexOf(Math.min(...errors))] ?? Number.NaN;
}

describe('uniform quantizers with a level at 0', () => {
  // Max 1960, "Quantizing for minimum distortion", table II: step and error by the number of levels.
  test.each([
    [3, 1.224, 0.1902],
    [5, 0.843, 0.08218],
    [7, 0.6508, 0.04686],
    [15, 0.3534, 0.01296],
    [31, 0.1932, 0.003692],
  ])('%i levels: step %f', (levels, step, error) => {
    const greatest = (levels - 1) / 2;
    const found = bestStep(gaussian, -greatest, greatest, step / 1.2, step * 1.2);
    expect(Math.abs(found / step - 1)).toBeLessThan(0.005);
    const e = squaredError(gaussian, { step: found, least: -greatest, greatest }) / 1e12;
    expect(Math.abs(e / error - 1)).toBeLessThan(0.01);
  });
});

describe('8 bits', () => {
  const options = { bits: 8 } as const;

  test('a Gaussian: the step of 256 levels, 0.0308 standard deviations', () => {
    // Jayant and Noll 1984, "Digital Coding of Waveforms", table 4.1: uniform quantizer, 8 bits.
    const { low, high } = leastErrorRange(gaussian, options, []);
    expect(Math.abs((high - low) / 255 / 0.0308 - 1)).toBeLessThan(0.02);
  });

  test.each([
    ['Gaussian', gaussian, 3.92403714],
    ['Laplace', laplace, 9.89675982],
  ])('%s, symmetric: the clipping value of Banner et al.', (_, h, clip) => {
    const { high } = leastErrorRange(h, { bits: 8, symmetric: true }, []);
    expect(Math.abs(high / clip - 1)).toBeLessThan(0.02);
  });

  test('zeros are represented by every range, so that however many there are changes nothing', () => {
    const s = new TensorStatistics(1);
    const t = new TensorStatistics(1);
    // 4000 quantiles of an exponential distribution, as what follows a ReLU has it.
    const quantiles = Float32Array.from({ length: 4000 }, (_, i) => -Math.log(1 - (i + 0.5) / 4000));
    s.add(quantiles);
    t.add(quantiles);
    t.add(new Float32Array(50000));
    expect(estimateRange(t, 'mse', options).high / estimateRange(s, 'mse', options).high).toBeCloseTo(1, 3);
    expect(estimateRange(t, 'entropy', options)).toEqual(estimateRange(s, 'entropy', options));
  });
});

describe('clipping values in closed form', () => {
  // Banner, Nahshan and Soudry 2019; the numbers are those of their implementation.
  test.each([
    [2, 1.71063519],
    [3, 2.15159277],
    [4, 2.55913646],
    [5, 2.93620062],
    [6, 3.28691474],
    [7, 3.6151146],
    [8, 3.92403714],
  ])('Gaussian, %i bits: %f', (bits, clip) => {
    expect(gaussianClip(bits)).toBeCloseTo(clip, 4);
  });

  test.each([
    [2, 2.83068299],
    [3, 3.89722946],
    [4, 5.02864014],
    [5, 6.20476633],
    [6, 7.41312622],
    [7, 8.64561995],
    [8, 9.89675982],
  ])('Laplace, %i bits: %f', (bits, clip) => {
    expect(laplaceClip(bits)).toBeCloseTo(clip, 4);
  });
});
