// The elementary functions: accuracy against doubles on dense samples, special values, and the origin of their
// coefficients.
import { describe, expect, it } from 'vitest';
import { numberArithmetic as m } from '../../ir/functions/arithmetic.ts';
import { erf, erfFarCoefficients, erfNearCoefficients } from '../../ir/functions/erf.ts';
import { exp, expCoefficients } from '../../ir/functions/exp.ts';
import { acosh, asinh, atanh, cosh, sinh, sinhCoefficients } from '../../ir/functions/hyperbolic.ts';
import { acos, asin, asinCoefficients, atan, atanCoefficients } from '../../ir/functions/inverse-trigonometry.ts';
import { log, logCoefficients } from '../../ir/functions/log.ts';
import { logistic } from '../../ir/functions/logistic.ts';
import { atanhCoefficients, pow } from '../../ir/functions/pow.ts';
import { roundHalfAway } from '../../ir/functions/round.ts';
import { tanh, tanhCoefficients } from '../../ir/functions/tanh.ts';
import { cos, cosCoefficients, halfPiParts, sin, sinCoefficients } from '../../ir/functions/trigonometry.ts';
import { randomNumbers } from '../ops/operator-runs.ts';
import { erfOfDouble } from './erf-of-double.ts';
import { evaluate, minimax } from './minimax.ts';

/** The distance between f32 numbers at y; below the least normal number, that of the least normal numbers. */
function unit(y: number): number {
  return 2 ** (Math.floor(Math.log2(Math.max(Math.abs(y), 2 ** -126))) - 23);
}

/** The greatest error in units of the last place on samples of [low, high], spaced evenly or by ratio. */
function greatestError(
  f: (x: number) => number,
  exact: (x: number) => number,
  [low, high]: readonly [number, number],
  spacing: 'even' | 'ratio' = 'even',
): number {
  const count = 40_000;
  let greatest = 0;
  for (let i = 0; i <= count; i++) {
    const at = i / count;
    const x = Math.fround(spacing === 'even' ? low + (high - low) * at : low * (high / low) ** at);
    const y = exact(x);
    greatest = Math.max(greatest, Math.abs(f(x) - y) / unit(y));
  }
  return greatest;
}

const plainLogistic = (x: number) => 1 / (1 + Math.exp(-x));

describe('accuracy in units of the last place', () => {
  it.each([
    ['exp', (x: number) => exp(m, x), Math.exp, [-87.33, 88.72], 'even', 1],
    ['log', (x: number) => log(m, x), Math.log, [1e-38, 3e38], 'ratio', 1],
    ['log near 1', (x: number) => log(m, x), Math.log, [0.7, 1.5], 'even', 1],
    ['log of numbers below the least normal one', (x: number) => log(m, x), Math.log, [1e-44, 1e-38], 'ratio', 1],
    ['tanh', (x: number) => tanh(m, x), Math.tanh, [-10, 10], 'even', 1.5],
    ['tanh of small numbers', (x: number) => tanh(m, x), Math.tanh, [1e-30, 1], 'ratio', 1.5],
    ['logistic', (x: number) => logistic(m, x), plainLogistic, [-87, 20], 'even', 2.5],
    ['erf', (x: number) => erf(m, x), erfOfDouble, [-5, 5], 'even', 2],
    ['erf of small numbers', (x: number) => erf(m, x), erfOfDouble, [1e-30, 1], 'ratio', 2],
    ['sin', (x: number) => sin(m, x), Math.sin, [-12867, 12867], 'even', 2],
    ['sin of small numbers', (x: number) => sin(m, x), Math.sin, [1e-30, 7], 'ratio', 2],
    ['cos', (x: number) => cos(m, x), Math.cos, [-12867, 12867], 'even', 2],
    ['cos of small numbers', (x: number) => cos(m, x), Math.cos, [-7, 7], 'even', 2],
    ['atan', (x: number) => atan(m, x), Math.atan, [-20, 20], 'even', 2],
    ['atan of small numbers', (x: number) => atan(m, x), Math.atan, [1e-30, 1], 'ratio', 2],
    ['atan of large numbers', (x: number) => atan(m, x), Math.atan, [1, 1e38], 'ratio', 2],
    ['asin', (x: number) => asin(m, x), Math.asin, [-1, 1], 'even', 2],
    ['asin of small numbers', (x: number) => asin(m, x), Math.asin, [1e-30, 1], 'ratio', 2],
    ['acos', (x: number) => acos(m, x), Math.acos, [-1, 1], 'even', 2],
    ['sinh', (x: number) => sinh(m, x), Math.sinh, [-89.4, 89.4], 'even', 3],
    ['sinh of small numbers', (x: number) => sinh(m, x), Math.sinh, [1e-30, 3], 'ratio', 3],
    ['cosh', (x: number) => cosh(m, x), Math.cosh, [-89.4, 89.4], 'even', 3],
    ['asinh', (x: number) => asinh(m, x), Math.asinh, [-10, 10], 'even', 3],
    ['asinh over all magnitudes', (x: number) => asinh(m, x), Math.asinh, [1e-30, 3e38], 'ratio', 3],
    ['acosh', (x: number) => acosh(m, x), Math.acosh, [1, 3e38], 'ratio', 3],
    ['acosh near 1', (x: number) => acosh(m, x), Math.acosh, [1, 1.5], 'even', 3],
    ['atanh', (x: number) => atanh(m, x), Math.atanh, [-0.99999, 0.99999], 'even', 3],
    ['atanh of small numbers', (x: number) => atanh(m, x), Math.atanh, [1e-30, 0.9], 'ratio', 3],
    ['x^2.5', (x: number) => pow(m, x, 2.5), (x: number) => x ** 2.5, [1e-15, 1e15], 'ratio', 3],
    ['x^-3', (x: number) => pow(m, x, -3), (x: number) => x ** -3, [1e-12, 1e12], 'ratio', 3],
    ['2^x', (x: number) => pow(m, 2, x), (x: number) => 2 ** x, [-125.9, 127.9], 'even', 3],
    [
      '0.999^x',
      (x: number) => pow(m, Math.fround(0.999), x),
      (x: number) => Math.fround(0.999) ** x,
      [0, 80_000],
      'even',
      3,
    ],
  ] as const)('%s', (_name, f, exact, range, spacing, limit) => {
    expect(greatestError(f, exact, range, spacing)).toBeLessThan(limit);
  });

  it('pow of random operands', () => {
    const random = randomNumbers(3);
    for (let i = 0; i < 20_000; i++) {
      const x = Math.fround(2 ** (random() * 200 - 100));
      const y = Math.fround((random() * 250 - 125) / Math.log2(x));
      const exact = x ** y;
      expect(Math.abs(pow(m, x, y) - exact) / unit(exact)).toBeLessThan(3);
    }
  });

  it('sin and cos stay in [-1, 1] beyond the range of the reduction', () => {
    for (let e = 14; e < 128; e++) {
      for (const f of [sin, cos]) expect(Math.abs(f(m, Math.fround(1.37 * 2 ** e)))).toBeLessThanOrEqual(1);
    }
  });
});

describe('special values', () => {
  const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
  it.each([
    ['exp', exp, [-inf, -200, -87.4, 0, -0, 89, inf, nan], [0, 0, 0, 1, 1, inf, inf, nan]],
    ['log', log, [0, -0, 1, inf, -1, -inf, nan], [-inf, -inf, 0, inf, nan, nan, nan]],
    ['tanh', tanh, [0, -0, 20, -20, inf, -inf, nan], [0, -0, 1, -1, 1, -1, nan]],
    ['logistic', logistic, [0, 200, -200, inf, -inf, nan], [0.5, 1, 0, 1, 0, nan]],
    ['erf', erf, [0, -0, 6, -6, inf, -inf, nan], [0, -0, 1, -1, 1, -1, nan]],
    ['sin', sin, [0, -0, inf, -inf, nan], [0, -0, nan, nan, nan]],
    ['cos', cos, [0, -0, inf, -inf, nan], [1, 1, nan, nan, nan]],
    ['atan', atan, [0, -0, inf, -inf, nan], [0, -0, Math.fround(Math.PI / 2), -Math.fround(Math.PI / 2), nan]],
    ['asin', asin, [0, -0, 1.5, -1.5, nan], [0, -0, nan, nan, nan]],
    ['acos', acos, [1, 1.5, -1.5, nan], [0, nan, nan, nan]],
    ['sinh', sinh, [0, -0, inf, -inf, nan], [0, -0, inf, -inf, nan]],
    ['cosh', cosh, [0, -0, inf, -inf, nan], [1, 1, inf, inf, nan]],
    ['asinh', asinh, [0, -0, inf, -inf, nan], [0, -0, inf, -inf, nan]],
    ['acosh', acosh, [1, inf, 0.5, -inf, nan], [0, inf, nan, nan, nan]],
    ['atanh', atanh, [0, -0, 1, -1, 1.5, nan], [0, -0, inf, -inf, nan, nan]],
    [
      'round half away',
      roundHalfAway,
      [0.5, -0.5, 1.5, -2.5, 0.49999997, -0.49999997, 8388609, 2 ** 31, inf, nan],
      [1, -1, 2, -3, 0, -0, 8388609, 2 ** 31, inf, nan],
    ],
  ] as const)('%s', (_name, f, inputs, expected) => {
    // The sign of a zero is not promised.
    expect(inputs.map((x) => f(m, Math.fround(x)) + 0)).toEqual(expected.map((y) => y + 0));
  });

  it.each([
    [2, 10, 1024],
    [-2, 3, -8],
    [-2, 4, 16],
    [-2, 0.5, nan],
    [0, 2, 0],
    [0, -2, inf],
    [0, 0, 1],
    [nan, 0, 1],
    [1, nan, 1],
    [nan, 2, nan],
    [2, nan, nan],
    [inf, 2, inf],
    [inf, -2, 0],
    [-inf, 3, -inf],
    [-inf, 2, inf],
    [2, inf, inf],
    [2, -inf, 0],
    [0.5, inf, 0],
    [-1, inf, 1],
    [10, 39, inf],
    [10, -39, 0],
  ])('%f to the power of %f', (x, y, expected) => {
    expect(pow(m, x, y)).toEqual(expected);
  });

  it('pi/2 is the sum of its parts, and all but the last have products without rounding', () => {
    expect(halfPiParts.reduceRight((sum, part) => sum + part)).toBeCloseTo(Math.PI / 2, 15);
    for (const part of halfPiParts.slice(0, -1)) expect(Math.fround(part * 8191)).toBe(part * 8191);
  });
});

/** sum of term(k) * x^k, for functions that cancel near 0 when computed by their formula. */
const series = (x: number, term: (k: number) => number) =>
  evaluate(
    Array.from({ length: 24 }, (_, k) => term(k)),
    x,
  );
const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const sign = (k: number) => (k % 2 === 0 ? 1 : -1);
/** Weights vanish at 0, where no polynomial is tested. */
const tiny = 1e-9;
const root = (z: number) => Math.sqrt(z) + tiny;

describe('coefficients are those of least maximal error, rounded to f32', () => {
  const quarterPi = (Math.PI / 4) ** 2;
  it.each([
    [
      'exp',
      expCoefficients,
      (x: number) => series(x, (k) => 1 / factorial(k + 2)),
      (x: number) => x ** 2 / Math.exp(x) + tiny,
      [-Math.LN2 / 2, Math.LN2 / 2],
    ],
    [
      'log',
      logCoefficients,
      (f: number) =>
        Math.abs(f) < 0.05 ? series(f, (k) => sign(k) / (k + 3)) : (Math.log1p(f) - f + f ** 2 / 2) / f ** 3,
      (f: number) => (Math.abs(f) < tiny ? tiny : Math.abs(f ** 3 / Math.log1p(f)) + tiny),
      [Math.SQRT1_2 - 1, Math.SQRT2 - 1],
    ],
    [
      'tanh',
      tanhCoefficients,
      (z: number) => {
        // (tanh x - x) / x^3 = -(x cosh x - sinh x) / (x^3 cosh x), whose numerator has the series sum 2k z^k / (2k+1)!.
        const numerator = series(z, (k) => (2 * (k + 1)) / factorial(2 * k + 3));
        return -numerator / Math.cosh(Math.sqrt(z));
      },
      (z: number) => (z * root(z)) / Math.tanh(root(z)) + tiny,
      [0, 0.625 ** 2],
    ],
    [
      'erf near 0',
      erfNearCoefficients,
      (z: number) => erfOfDouble(root(z)) / root(z) - 1,
      (z: number) => root(z) / erfOfDouble(root(z)),
      [0, 0.9 ** 2],
    ],
    [
      'erf far from 0',
      erfFarCoefficients,
      (x: number) => Math.log(1 - erfOfDouble(x)),
      (x: number) => (1 - erfOfDouble(x)) / erfOfDouble(x),
      [0.9, 4],
    ],
    [
      'atan',
      atanCoefficients,
      (z: number) => series(z, (k) => -sign(k) / (2 * k + 3)),
      () => 1,
      [0, Math.tan(Math.PI / 8) ** 2],
    ],
    [
      'asin',
      asinCoefficients,
      // Coefficients of the arcsine's series: (2k)! / (4^k k!^2 (2k + 1)).
      (z: number) => series(z, (k) => factorial(2 * k + 2) / (4 ** (k + 1) * factorial(k + 1) ** 2 * (2 * k + 3))),
      () => 1,
      [0, 0.25],
    ],
    ['sinh', sinhCoefficients, (z: number) => series(z, (k) => 1 / factorial(2 * k + 3)), () => 1, [0, 1]],
    [
      'sin',
      sinCoefficients,
      (z: number) => series(z, (k) => -sign(k) / factorial(2 * k + 3)),
      (z: number) => (z * root(z)) / Math.sin(root(z)) + tiny,
      [0, quarterPi],
    ],
    [
      'cos',
      cosCoefficients,
      (z: number) => series(z, (k) => sign(k) / factorial(2 * k + 4)),
      (z: number) => z ** 2 / Math.cos(Math.sqrt(z)) + tiny,
      [0, quarterPi],
    ],
    [
      'atanh',
      atanhCoefficients,
      (z: number) => series(z, (k) => 1 / (2 * k + 3)),
      (z: number) => z + tiny,
      [0, 0.02944],
    ],
  ] as const)('%s', (_name, given, f, weight, interval) => {
    const best = minimax(f, weight, given.length - 1, interval);
    for (const [k, c] of best.coefficients.entries()) {
      expect(Math.abs(given[k]! - c), `coefficient ${k}`).toBeLessThan(2e-2 * Math.abs(c) + 1e-6);
    }
    // Rounding the coefficients must not spoil what the exchange gained: 2^-25 is half a unit in the last place of 1.
    let greatest = 0;
    for (let i = 0; i <= 2000; i++) {
      const x = interval[0] + ((interval[1] - interval[0]) * i) / 2000;
      greatest = Math.max(greatest, weight(x) * Math.abs(f(x) - evaluate(given.map(Math.fround), x)));
    }
    expect(greatest).toBeLessThan(best.error + 2 ** -25);
  });
});
