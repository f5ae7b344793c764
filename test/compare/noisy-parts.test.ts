// The search for noisy layers, on noises written by hand.
import { describe, expect, it } from 'vitest';
import { halveNoisiest } from '../../src/compare/noisy-parts.ts';

describe('halving', () => {
  /** Noise of layer i; those of several add up. */
  const noises = Array.from({ length: 100 }, (_, i) => (i === 37 ? 50 : i === 80 ? 20 : 0.01));
  const measured: number[] = [];
  const measure = (layers: readonly number[]) => {
    measured.push(layers.length);
    return { layers, noise: layers.reduce((sum, i) => sum + (noises[i] ?? 0), 0) };
  };
  const whole = measure([...noises.keys()]);

  it('finds the noisiest layers first, in few measurements', () => {
    measured.length = 0;
    const parts = halveNoisiest(whole, (n) => measured.length + n <= 28, measure);
    expect(measured.length).toBeLessThanOrEqual(28);
    expect(parts.slice(0, 2).map((p) => p.layers)).toEqual([[37], [80]]);
    expect(parts.flatMap((p) => p.layers).toSorted((a, b) => a - b)).toEqual(whole.layers);
  });

  it('measures every layer where there is time', () => {
    const parts = halveNoisiest(whole, () => true, measure);
    expect(parts).toHaveLength(100);
    expect(parts.slice(0, 2).map((p) => p.layers)).toEqual([[37], [80]]);
  });

  it('measures nothing without time', () => {
    expect(halveNoisiest(whole, () => false, measure)).toEqual([whole]);
  });
});
