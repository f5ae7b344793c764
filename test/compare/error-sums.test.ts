// Error figures against sums done by hand.
import { describe, expect, it } from 'vitest';
import { ChannelErrors, ErrorSums } from '../../src/compare/error-sums.ts';

function figuresOf(real: readonly number[], quantized: readonly number[]) {
  const sums = new ErrorSums();
  sums.add(real, quantized);
  return sums.figures;
}

describe('errors of a tensor', () => {
  it('are signal to noise, cosine, mean and greatest error', () => {
    // Signal 9 + 16 = 25, noise 0 + 0.25 = 0.25: a hundredth.
    const { snr, cosine, meanError, greatestError, count } = figuresOf([3, 4], [3, 4.5]);
    expect(snr).toBeCloseTo(20, 12);
    expect(cosine).toBeCloseTo(27 / (5 * Math.hypot(3, 4.5)), 12);
    expect([meanError, greatestError, count]).toEqual([0.25, 0.5, 2]);
  });

  it('are none where nothing differs', () => {
    expect(figuresOf([1, -2, 0], [1, -2, 0])).toEqual({
      count: 3,
      nonFinite: 0,
      snr: Number.POSITIVE_INFINITY,
      cosine: 1,
      meanError: 0,
      greatestError: 0,
    });
    expect(figuresOf([0, 0], [0, 0])).toMatchObject({ snr: Number.POSITIVE_INFINITY, cosine: 1 });
  });

  it('are nothing but noise where there is no signal', () => {
    expect(figuresOf([0, 0], [1, 0])).toMatchObject({ snr: Number.NEGATIVE_INFINITY, cosine: 0 });
  });

  it('leave out what is not finite, and count it', () => {
    const figures = figuresOf([1, Number.NaN, Number.POSITIVE_INFINITY, 2], [1, 1, 1, Number.NEGATIVE_INFINITY]);
    expect(figures).toMatchObject({ count: 1, nonFinite: 3, greatestError: 0 });
  });

  it('do not depend on how samples are cut', () => {
    const whole = figuresOf([1, 2, 3, 4], [1.5, 2, 2.5, 4]);
    const parts = new ErrorSums();
    parts.add([1, 2], [1.5, 2]);
    parts.add([3, 4], [2.5, 4]);
    expect(parts.figures).toEqual(whole);
  });
});

describe('the worst channel', () => {
  it('is the one of least signal to noise', () => {
    const channels = new ChannelErrors(3);
    channels.add([10, 1, 0, 10, 1, 0], [11, 1.2, 5, 10, 1, 0]);
    // Channel 1: 2 / 0.04 is less than channel 0: 200 / 1; channel 2 has no signal.
    expect(channels.worst?.index).toBe(1);
    expect(channels.worst?.snr).toBeCloseTo(10 * Math.log10(2 / 0.04), 9);
  });

  it('is none where there is no signal', () => {
    const channels = new ChannelErrors(2);
    channels.add([0, 0], [1, 1]);
    expect(channels.worst).toBeUndefined();
  });
});
