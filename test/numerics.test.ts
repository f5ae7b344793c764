// ir/numerics.ts against exact integer and rational arithmetic: every rounding at its ties, its ends and beyond.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyRequantization,
  doublingHighMultiply,
  frexp,
  INT32_MAX,
  INT32_MIN,
  quantizeMultiplier,
  reduceMultiplier,
  requantizeDouble,
  requantizeHalfEven,
  requantizeScalar,
  requantizeSingle,
  roundHalfAway,
  roundHalfEven,
  roundingShiftRight,
  saturateI32,
  truncateToI32,
} from '../ir/numerics.ts';

/** Values around which 32-bit arithmetic goes wrong. */
const edges = [
  INT32_MIN,
  INT32_MIN + 1,
  -1073741825,
  -1073741824,
  -65536,
  -32769,
  -2,
  -1,
  0,
  1,
  2,
  3,
  32767,
  65535,
].concat([65536, 1073741823, 1073741824, 1073741825, INT32_MAX - 1, INT32_MAX]);
const multipliers = [0, 1, 65535, 65536, 1073741824, 1073741825, 1431655765, 2147418112, INT32_MAX];
const int32 = fc.integer({ min: INT32_MIN, max: INT32_MAX });
const multiplier = fc.integer({ min: 0, max: INT32_MAX });

const floorShift = (x: bigint, n: bigint) => x >> n;
const clampI32 = (x: bigint) => (x < BigInt(INT32_MIN) ? INT32_MIN : x > BigInt(INT32_MAX) ? INT32_MAX : Number(x));

/** round(x / 2^n), ties away from zero, exactly. */
function shiftHalfAway(x: bigint, n: number): number {
  if (n === 0) return Number(x);
  const half = 1n << BigInt(n - 1);
  const magnitude = ((x < 0n ? -x : x) + half) >> BigInt(n);
  return Number(x < 0n ? -magnitude : magnitude);
}

describe('doubling high multiply', () => {
  const exact = (a: number, b: number) => clampI32(floorShift(2n * BigInt(a) * BigInt(b) + (1n << 31n), 32n));
  it('rounds to nearest, ties up, at every pair of edges', () => {
    for (const a of edges) for (const b of edges) expect(doublingHighMultiply(a, b)).toBe(exact(a, b));
  });
  it('saturates the one product that does not fit', () => {
    expect(doublingHighMultiply(INT32_MIN, INT32_MIN)).toBe(INT32_MAX);
  });
  it('agrees with exact arithmetic on random operands', () => {
    fc.assert(
      fc.property(int32, int32, (a, b) => doublingHighMultiply(a, b) === exact(a, b)),
      { seed: 1, numRuns: 20_000 },
    );
  });
});

describe('rounding shift right', () => {
  it('rounds ties away from zero for every exponent', () => {
    for (let n = 0; n <= 31; n++) {
      for (const x of edges) expect(roundingShiftRight(x, n), `${x} >> ${n}`).toBe(shiftHalfAway(BigInt(x), n) + 0);
    }
  });
  it('is exact at every tie and its neighbours', () => {
    for (let n = 1; n <= 30; n++) {
      for (const k of [-3, -2, -1, 0, 1, 2]) {
        const tie = k * 2 ** n + 2 ** (n - 1);
        for (const x of [tie - 1, tie, tie + 1].filter((v) => v >= INT32_MIN && v <= INT32_MAX)) {
          expect(roundingShiftRight(x, n), `${x} >> ${n}`).toBe(shiftHalfAway(BigInt(x), n) + 0);
        }
      }
    }
  });
});

describe('requantize double', () => {
  /** TensorFlow Lite kernels/internal/common.cc, MultiplyByQuantizedMultiplier, in exact arithmetic. */
  const exact = (x: number, m: number, shift: number) => {
    const left = BigInt.asIntN(32, BigInt(x) << BigInt(Math.max(shift, 0)));
    const high = clampI32(floorShift(2n * left * BigInt(m) + (1n << 31n), 32n));
    return shiftHalfAway(BigInt(high), Math.max(-shift, 0)) + 0;
  };
  it('holds at every edge, multiplier and shift', () => {
    for (let shift = -31; shift <= 30; shift++) {
      for (const x of edges) {
        for (const m of multipliers)
          expect(requantizeDouble(x, m, shift), `${x} ${m} ${shift}`).toBe(exact(x, m, shift));
      }
    }
  });
});

describe('requantize single', () => {
  const exact = (x: bigint, m: number, shift: number) => {
    const total = BigInt(31 - shift);
    return Number(BigInt.asIntN(32, floorShift(x * BigInt(m) + (1n << (total - 1n)), total)));
  };
  it('holds at every edge, multiplier and shift', () => {
    for (let shift = -31; shift <= 30; shift++) {
      for (const x of edges) {
        for (const m of multipliers) expect(requantizeSingle(x, m, shift)).toBe(exact(BigInt(x), m, shift));
      }
    }
  });
  it('multiplies 64-bit accumulators exactly', () => {
    const factor = { multiplier: 0x7fff0000, shift: -10, scale: 0 };
    for (const x of [-(2n ** 47n), -(2n ** 40n) - 1n, 2n ** 40n + 1n, 2n ** 47n - 1n]) {
      expect(requantizeScalar(x, 'single', factor)).toBe(exact(x, factor.multiplier, factor.shift));
    }
  });
});

describe('requantize half-even', () => {
  it('rounds ties to even', () => {
    expect([-5, -3, -1, 1, 3, 5].map((x) => requantizeHalfEven(x, 0.5) + 0)).toEqual([-2, -2, 0, 0, 2, 2]);
  });
  it('rounds the accumulator to f32 before it multiplies', () => {
    expect(requantizeHalfEven(16777217, 1)).toBe(16777216);
    expect(requantizeHalfEven(16777219, 1)).toBe(16777220);
  });
  it('saturates', () => {
    expect(requantizeHalfEven(INT32_MAX, 4)).toBe(INT32_MAX);
    expect(requantizeHalfEven(INT32_MIN, 4)).toBe(INT32_MIN);
  });
});

describe('64-bit accumulators', () => {
  it('saturate to 32 bits ahead of double and half-even', () => {
    const factor = { multiplier: 1073741824, shift: 0, scale: 0.5 };
    expect(requantizeScalar(2n ** 40n, 'double', factor)).toBe(requantizeDouble(INT32_MAX, 1073741824, 0));
    expect(requantizeScalar(-(2n ** 40n), 'half-even', factor)).toBe(requantizeHalfEven(INT32_MIN, 0.5));
  });
});

describe('the epilogue', () => {
  it('adds the zero point, then clamps; factors by channel', () => {
    const r = {
      ...{ multiplier: [1073741824, 1073741824], shift: [0, 1], scale: [], rounding: 'double' as const },
      ...{ zero: -3, clamp: [-128, 100] as const },
    };
    expect([7, -7, 1000, -1000].map((x) => applyRequantization(x, r, 0))).toEqual([1, -6, 100, -128]);
    expect(applyRequantization(7, r, 1)).toBe(4);
  });

  it('adds the zero point in 32 bits for double, without wrapping for half-even', () => {
    const double = {
      ...{ multiplier: [INT32_MAX], shift: [30], scale: [], rounding: 'double' as const },
      ...{ zero: -3, clamp: [-128, 127] as const },
    };
    // -2 shifted left by 30 is INT32_MIN, times almost 1: INT32_MIN + 1, and 3 below that wraps.
    expect(applyRequantization(-2, double, 0)).toBe(127);
    const halfEven = { ...double, multiplier: [], shift: [], scale: [2 ** 31], rounding: 'half-even' as const };
    expect(applyRequantization(-2, halfEven, 0)).toBe(-128);
  });
});

describe('multipliers', () => {
  it('hold the real factor to 31 bits', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-8, max: 1e8, noNaN: true }), (real) => {
        const { multiplier: m, shift } = quantizeMultiplier(real);
        return m >= 1073741824 && m <= INT32_MAX && Math.abs((m * 2 ** (shift - 31)) / real - 1) <= 2 ** -31;
      }),
      { seed: 2, numRuns: 5000 },
    );
  });
  it('carry where the mantissa rounds up to one', () => {
    expect(quantizeMultiplier(1 - 2 ** -40)).toEqual({ multiplier: 1073741824, shift: 1 });
  });
  it('are nothing below 2^-32 and the most above 2^30', () => {
    expect(quantizeMultiplier(0)).toEqual({ multiplier: 0, shift: 0 });
    expect(quantizeMultiplier(2 ** -33)).toEqual({ multiplier: 0, shift: 0 });
    expect(quantizeMultiplier(2 ** 40)).toEqual({ multiplier: INT32_MAX, shift: 30 });
  });
  it('reduce to 16 bits to nearest, and not past 15 ones', () => {
    expect(reduceMultiplier(1073741824 + 0x7fff)).toBe(1073741824);
    expect(reduceMultiplier(1073741824 + 0x8000)).toBe(1073741824 + 0x10000);
    expect(reduceMultiplier(INT32_MAX)).toBe(0x7fff0000);
    fc.assert(
      fc.property(multiplier, (m) => reduceMultiplier(m) % 65536 === 0),
      { seed: 3 },
    );
  });
  it('frexp splits every positive number', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }), (x) => {
        const { mantissa, exponent } = frexp(x);
        // Two steps, because 2^exponent alone may be out of range.
        const back = mantissa * 2 ** Math.floor(exponent / 2) * 2 ** (exponent - Math.floor(exponent / 2));
        return mantissa >= 0.5 && mantissa < 1 && back === x;
      }),
      { seed: 4, numRuns: 5000 },
    );
  });
});

describe('roundings of reals', () => {
  it('half away from zero', () => {
    expect(
      [-2.5, -1.5, -0.5, 0.5, 1.5, 0.49999999999999994, -0.49999999999999994].map((x) => roundHalfAway(x) + 0),
    ).toEqual([-3, -2, -1, 1, 2, 0, 0]);
  });
  it('half to even', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994].map((x) => roundHalfEven(x) + 0)).toEqual([
      -2, -2, 0, 0, 2, 2, 0,
    ]);
  });
  it('toward zero, saturating, NaN as 0', () => {
    expect([Number.NaN, 3e9, -3e9, 1.9, -1.9, -0.5].map(truncateToI32)).toEqual([0, INT32_MAX, INT32_MIN, 1, -1, 0]);
    expect([2 ** 31, -(2 ** 31) - 1, 5].map(saturateI32)).toEqual([INT32_MAX, INT32_MIN, 5]);
  });
});
