// x^y in f32, within 3 units in the last place: 2^(y * log2 x) with the logarithm as a pair of f32. Results below the
// least normal number are 0, as in exp.
import { type FloatArithmetic, polynomial } from './arithmetic.ts';
import { expCoefficients, powerOfTwo } from './exp.ts';
import { splitMantissa } from './log.ts';
import { fastSum, type Pair, product } from './pair.ts';

/** (atanh(s) / s - 1) / s^2 as a polynomial in s^2 on |s| <= 3 - 2 sqrt(2) (Remez exchange; test/functions/minimax.ts). */
export const atanhCoefficients = [0.3333333, 0.20000167, 0.1426865, 0.11791147];

const log2e: Pair<number> = { high: Math.fround(Math.LOG2E), low: Math.LOG2E - Math.fround(Math.LOG2E) };

/** log2(x) for positive finite x: with s = f / (2 + f), log(1 + f) = 2 atanh(s). */
function log2Pair<V>(m: FloatArithmetic<V>, x: V): Pair<V> {
  const { f, e } = splitMantissa(m, x);
  const d = fastSum(m, m.f32(2), f);
  const high = m.div(f, d.high);
  // What the rounded quotient leaves of f, divided once more.
  const back = product(m, high, d.high);
  const left = m.sub(m.sub(m.sub(f, back.high), back.low), m.mul(high, d.low));
  const s = { high, low: m.div(left, d.high) };
  const square = m.mul(high, high);
  const curve = m.mul(m.mul(square, high), polynomial(m, square, atanhCoefficients));
  const atanh = fastSum(m, s.high, m.add(s.low, curve));
  // 2 * atanh * log2(e), then the exponent.
  const scaled = product(m, atanh.high, m.f32(2 * log2e.high));
  const low = m.add(m.add(scaled.low, m.mul(atanh.low, 2 * log2e.high)), m.mul(atanh.high, 2 * log2e.low));
  const sum = fastSum(m, e, scaled.high);
  const small = m.equal(e, 0);
  const total = fastSum(m, m.select(small, scaled.high, sum.high), m.add(m.select(small, m.f32(0), sum.low), low));
  return total;
}

/** 2^(high + low), 0 below the least normal number. */
function exp2Pair<V>(m: FloatArithmetic<V>, { high, low }: Pair<V>): V {
  const inRange = m.max(m.min(high, 130), -150);
  const n = m.nearest(inRange);
  const r = m.mul(m.add(m.sub(inRange, n), low), Math.LN2);
  const fraction = m.add(m.add(m.mul(m.mul(r, r), polynomial(m, r, expCoefficients)), r), 1);
  const exponent = m.toInteger(n);
  const half = m.shiftRight(exponent, 1);
  const scaled = m.mul(m.mul(fraction, powerOfTwo(m, half)), powerOfTwo(m, m.subInteger(exponent, half)));
  return m.select(m.less(scaled, 2 ** -126), m.f32(0), scaled);
}

/** x^y with C's rules for zeros, infinities, NaN and negative bases. */
export function pow<V>(m: FloatArithmetic<V>, x: V, y: V): V {
  const base = m.abs(x);
  // 2^32 is as good as infinity: the logarithm of a base that is not 1 is at least 2^-24.
  const exponent = m.max(m.min(y, 2 ** 32), -(2 ** 32));
  const log = log2Pair(m, base);
  const exact = product(m, exponent, log.high);
  const z = fastSum(m, exact.high, m.add(exact.low, m.mul(exponent, log.low)));
  const infinity = m.f32(Number.POSITIVE_INFINITY);
  const growing = m.less(m.f32(0), y);
  const ofZero = m.select(growing, m.f32(0), infinity);
  const ofInfinity = m.select(growing, infinity, m.f32(0));
  const finite = m.select(m.equal(base, 0), ofZero, exp2Pair(m, z));
  const known = m.select(
    m.less(base, Number.POSITIVE_INFINITY),
    finite,
    m.select(m.equal(base, infinity), ofInfinity, x),
  );
  return signed(m, x, y, m.select(m.equal(y, y), known, y));
}

/** The sign of x^y from that of |x|^y: negative bases take whole exponents only. */
function signed<V>(m: FloatArithmetic<V>, x: V, y: V, magnitude: V): V {
  const whole = m.equal(m.floor(y), y);
  const half = m.mul(y, 0.5);
  const even = m.equal(m.floor(half), half);
  const ofNegative = m.select(even, magnitude, m.neg(magnitude));
  const defined = m.select(whole, ofNegative, m.f32(Number.NaN));
  const value = m.select(m.less(x, 0), defined, magnitude);
  const one = m.either(m.equal(y, 0), m.equal(x, 1));
  return m.select(one, m.f32(1), value);
}
