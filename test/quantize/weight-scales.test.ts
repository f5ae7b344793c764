// Scales of weights: per channel and per tensor, dead channels, and the least error there is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Estimator, methods, weightScales } from '../../src/quantize/estimators/index.ts';

fc.configureGlobal({ seed: 20261123 });

const estimators = methods.filter((m): m is Estimator => m !== 'auto');

function errorOf(weights: Float32Array, scale: number): number {
  return weights.reduce((sum, w) => {
    const q = Math.min(127, Math.max(-127, Math.round(w / scale)));
    return sum + (w - q * scale) ** 2;
  }, 0);
}

const perTensor = (weights: Float32Array) => ({ channels: 1, stride: weights.length });

/** Uniform weights of a linear congruential generator. */
function weightsOf(n: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

describe('channels', () => {
  const data = Float32Array.of(1, -2, 3, 4, -5, 6);

  test('outermost, as of a convolution', () => {
    expect([...weightScales(data, { channels: 2, stride: 3 }, 'minmax')]).toEqual([
      Math.fround(3 / 127),
      Math.fround(6 / 127),
    ]);
  });

  test('innermost, as of a depthwise convolution or of ONNX MatMul', () => {
    expect([...weightScales(data, { channels: 3, stride: 1 }, 'minmax')]).toEqual(
      [4, 5, 6].map((m) => Math.fround(m / 127)),
    );
  });

  test('one for the tensor, in 16 bits', () => {
    expect([...weightScales(data, perTensor(data), 'minmax', 16)]).toEqual([Math.fround(6 / 32767)]);
  });

  test.each(estimators)('%s: a channel is estimated by itself', (method) => {
    const a = weightsOf(300, 1);
    const b = weightsOf(300, 2).map((w) => w ** 3 / 8);
    const both = new Float32Array(600).map((_, i) => (i % 2 === 0 ? a : b)[i >> 1]!);
    expect([...weightScales(both, { channels: 2, stride: 1 }, method)]).toEqual([
      ...weightScales(a, perTensor(a), method),
      ...weightScales(b, perTensor(b), method),
    ]);
  });
});

describe.each(estimators)('%s', (method) => {
  test('dead channels get the median of the others', () => {
    const live = [0.5, 0.25, 2].map((m) => [m, -m / 2, m / 3]);
    const data = Float32Array.from([[0, 0, 0], ...live, [1e-31, 0, -1e-31]].flat());
    const scales = weightScales(data, { channels: 5, stride: 3 }, method);
    const alone = weightScales(Float32Array.from(live.flat()), { channels: 3, stride: 3 }, method);
    expect([...scales]).toEqual([alone[0], ...alone, alone[0]]);
  });

  test('weights that are all dead get a scale in which a bias fits', () => {
    for (const w of [0, 1e-31, 1e-44]) {
      const [scale = 0] = weightScales(Float32Array.of(w, -w), { channels: 1, stride: 2 }, method);
      expect(scale).toBe(2 ** -10);
    }
  });

  test('scales are positive, normal, and within the extremes or a little coarser', () => {
    const weight = fc.oneof(fc.float({ noNaN: true, min: -2, max: 2 }), fc.constant(0), fc.constantFrom(1e-31, -1e-20));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 40 }), (list) => {
        const data = Float32Array.from(list);
        const [scale = 0] = weightScales(data, perTensor(data), method);
        const widest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        expect(scale).toBeGreaterThan(2 ** -80);
        if (widest > 2 ** -64) expect(scale).toBeLessThanOrEqual(Math.fround((1.3 * widest) / 127));
      }),
    );
  });
});

describe('mse', () => {
  test('errs no more than another method, but for the spacing of the scales that are tried', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 600 }), fc.constantFrom(1, 3, 9), (seed, n, power) => {
        const data = weightsOf(n, seed).map((w) => w ** power);
        const errors = estimators.map((m) => errorOf(data, weightScales(data, perTensor(data), m)[0]!));
        expect(errors[estimators.indexOf('mse')]).toBeLessThanOrEqual(1.01 * Math.min(...errors));
      }),
      { numRuns: 60 },
    );
  });

  test.each([9, 64, 576])('%i weights: within 5 percent of the best of 20000 scales', (n) => {
    const data = weightsOf(n, n).map((w) => w ** 3);
    const [scale = 0] = weightScales(data, perTensor(data), 'mse');
    const widest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) / 127;
    const all = Array.from({ length: 20000 }, (_, i) => errorOf(data, widest * (0.5 + (0.75 * i) / 20000)));
    expect(errorOf(data, scale)).toBeLessThan(1.05 * Math.min(...all));
  });

  test('weights that are integers already are represented exactly', () => {
    const data = Float32Array.from([-90, 3, 17, 44, 90, -1], (q) => q * 0.03125);
    const scales = weightScales(data, perTensor(data), 'mse');
    expect(errorOf(data, scales[0]!)).toBeLessThan(errorOf(data, (90 * 0.03125) / 127));
  });
});
