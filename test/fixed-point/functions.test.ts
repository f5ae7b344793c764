// The fixed-point functions against the real functions in double precision, on dense samples, and at their edges.
import { describe, expect, it } from 'vitest';
import {
  almostOne,
  countLeadingZeros,
  numberArithmetic,
  saturatingShiftLeft,
} from '../../ir/fixed-point/arithmetic.ts';
import { expOnNegativeValues } from '../../ir/fixed-point/exp.ts';
import { inverseSquareRoot } from '../../ir/fixed-point/inverse-square-root.ts';
import { fixedLog } from '../../ir/fixed-point/log.ts';
import { fixedLogistic, fixedTanh } from '../../ir/fixed-point/logistic.ts';
import { oneMinusOverOnePlus, oneOverOnePlus, reciprocal } from '../../ir/fixed-point/reciprocal.ts';
import { sigmoidTable, tableLogistic, tableTanh } from '../../ir/fixed-point/sigmoid-table.ts';

const m = numberArithmetic;
const unit = 2 ** 31;

/** The greatest |f(x) - g(x)| over `count` even samples of [low, high], both ends included. */
function greatestError(low: number, high: number, f: (x: number) => number, g: (x: number) => number, count = 100003) {
  let worst = 0;
  for (let i = 0; i < count; i++) {
    const x = Math.floor(low + ((high - low) * i) / (count - 1));
    worst = Math.max(worst, Math.abs(f(x) - g(x)));
  }
  return worst;
}

describe('fixed-point functions', () => {
  it('exp on negative values is within 3e-7 for every number of integer bits', () => {
    for (const bits of [0, 1, 2, 3, 4, 5]) {
      const error = greatestError(
        -unit,
        -1,
        (a) => expOnNegativeValues(m, a, bits) / unit,
        (a) => Math.exp((a / unit) * 2 ** bits),
      );
      expect(error).toBeLessThan(3e-7);
    }
    expect(expOnNegativeValues(m, 0, 5)).toBe(almostOne);
  });

  it('reciprocals are within 4e-9 and saturate at one', () => {
    const real = (a: number) => 1 / (1 + a / unit);
    expect(greatestError(0, almostOne, (a) => oneOverOnePlus(m, a) / unit, real)).toBeLessThan(4e-9);
    const ratio = (a: number) => (1 - a / unit) / (1 + a / unit);
    expect(greatestError(0, almostOne, (a) => oneMinusOverOnePlus(m, a) / unit, ratio)).toBeLessThan(8e-9);
    expect(oneOverOnePlus(m, 0)).toBe(almostOne);
    expect(oneMinusOverOnePlus(m, 0)).toBe(almostOne);
  });

  it('the reciprocal of a number with integer bits is a mantissa and an exponent', () => {
    for (const [x, integerBits] of [
      [1, 12],
      [2 ** 19, 12],
      [3 * 2 ** 19 + 7, 12],
      [almostOne, 12],
      [12345, 5],
    ] as const) {
      const { mantissa, exponent } = reciprocal(m, x, integerBits);
      const value = x / 2 ** (31 - integerBits);
      expect(Math.abs((mantissa / unit / 2 ** exponent) * value - 1)).toBeLessThan(1e-8);
    }
  });

  it('logistic and tanh are within 2e-7, symmetric, and exact at 0', () => {
    for (const bits of [3, 4]) {
      const real = (a: number) => (a / unit) * 2 ** bits;
      const logistic = (a: number) => 1 / (1 + Math.exp(-real(a)));
      expect(greatestError(-unit, almostOne, (a) => fixedLogistic(m, a, bits) / unit, logistic)).toBeLessThan(2e-7);
      const tanh = (a: number) => Math.tanh(real(a));
      expect(greatestError(-almostOne, almostOne, (a) => fixedTanh(m, a, bits) / unit, tanh)).toBeLessThan(3e-7);
    }
    expect(fixedLogistic(m, 0, 4)).toBe(2 ** 30);
    expect(fixedTanh(m, 0, 4)).toBe(0);
    expect(fixedTanh(m, -123456789, 4)).toBe(-fixedTanh(m, 123456789, 4));
  });

  it('log with 12 integer bits is within 5e-8, from 1 to the greatest sum', () => {
    const real = (x: number) => Math.log(x / 2 ** 19);
    expect(greatestError(2 ** 19, almostOne, (x) => fixedLog(m, x, 12, 5) / 2 ** 26, real)).toBeLessThan(5e-8);
    expect(greatestError(2 ** 19, 2 ** 20, (x) => fixedLog(m, x, 12, 5) / 2 ** 26, real)).toBeLessThan(5e-8);
  });

  it('inverse square roots are within 1e-5 of a part, for every magnitude', () => {
    for (let bit = 1; bit < 31; bit++) {
      for (const x of [2 ** bit, 2 ** bit + 1, Math.floor(1.4 * 2 ** bit), 2 ** (bit + 1) - 1]) {
        const { multiplier, shift } = inverseSquareRoot(m, x);
        expect(Math.abs(multiplier * 2 ** (shift - 31) * Math.sqrt(x) - 1)).toBeLessThan(1e-5);
        expect(shift).toBeLessThanOrEqual(0);
      }
    }
    for (const x of [0, 1]) expect(inverseSquareRoot(m, x)).toEqual({ multiplier: almostOne, shift: 0 });
  });

  it('leading zeros are those of Math.clz32', () => {
    for (let bit = 0; bit < 32; bit++) {
      for (const x of [1 << bit, (1 << bit) - 1, (1 << bit) | 1]) {
        expect(countLeadingZeros(m, x | 0)).toBe(Math.clz32(x));
      }
    }
  });

  it('a saturating left shift saturates beyond 2^(31 - n) - 1 on both sides', () => {
    expect(saturatingShiftLeft(m, 2 ** 29 - 1, 2)).toBe(2 ** 31 - 4);
    expect(saturatingShiftLeft(m, 2 ** 29, 2)).toBe(almostOne);
    expect(saturatingShiftLeft(m, -(2 ** 29) + 1, 2)).toBe(-(2 ** 31) + 4);
    expect(saturatingShiftLeft(m, -(2 ** 29), 2)).toBe(-(2 ** 31));
  });
});

describe('16-bit logistic and tanh', () => {
  const table = sigmoidTable();
  const lookup = (i: number) => table[i]!;

  it('has the numbers of TensorFlow Lite’s table where rounding alone would not give them', () => {
    expect(table.length).toBe(256);
    const known = { 0: 32768, 1: 33451, 4: 35493, 8: 38180, 12: 40794, 16: 43304, 25: 48443, 100: 64536, 254: 65534 };
    for (const [i, entry] of Object.entries(known)) expect(table[Number(i)]).toBe(entry);
    expect(table[255]).toBe(65535);
  });

  it('is within 5e-5 of the real functions over all 65536 inputs with 12 fraction bits', () => {
    const scale = { multiplier: 3, shift: 0 };
    let logisticError = 0;
    let tanhError = 0;
    for (let x = -32768; x <= 32767; x++) {
      const real = x / 4096;
      const l = tableLogistic(m, lookup, x, scale);
      const t = tableTanh(m, lookup, x, scale);
      expect(l >= 0 && l <= 32767 && t >= -32768 && t <= 32767).toBe(true);
      logisticError = Math.max(logisticError, Math.abs(l / 32768 - 1 / (1 + Math.exp(-real))));
      tanhError = Math.max(tanhError, Math.abs(t / 32768 - Math.tanh(real)));
    }
    expect(logisticError).toBeLessThan(5e-5);
    expect(tanhError).toBeLessThan(1e-4);
  });

  it('rounds the scaled input where a shift is given', () => {
    const halved = (x: number) => tableTanh(m, lookup, x, { multiplier: 6, shift: 1 });
    for (const x of [-32768, -5000, -1, 0, 1, 77, 32767]) {
      expect(halved(x)).toBe(tableTanh(m, lookup, x, { multiplier: 3, shift: 0 }));
    }
    expect(tableLogistic(m, lookup, 0, { multiplier: 3, shift: 0 })).toBe(16384);
    expect(tableTanh(m, lookup, 0, { multiplier: 3, shift: 0 })).toBe(0);
  });
});
