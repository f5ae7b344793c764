// 32-bit integer arithmetic that the fixed-point functions are written in. One definition of a function runs on numbers
// (references, tables computed at compile time) and builds loops (what the target computes).
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { doublingHighMultiply, roundingShiftRight } from '../numerics.ts';

/**
 * Operations on i32 values `V`; sums, differences, products and left shifts wrap. Conditions are values too: 0 or 1 as
 * numbers, bool in loops.
 */
export interface FixedArithmetic<V> {
  constant(x: number): V;
  add(a: V, b: V | number): V;
  sub(a: V | number, b: V | number): V;
  mul(a: V, b: V | number): V;
  and(a: V, b: number): V;
  /** a * 2^b, wrapping; b in [0, 31]. */
  shiftLeft(a: V, b: V | number): V;
  /** floor(a / 2^b); b in [0, 31]. */
  shiftRight(a: V, b: V | number): V;
  /** a / 2^b to nearest, ties away from zero; b in [0, 31]. */
  roundingShiftRight(a: V, b: V | number): V;
  /** Saturating rounding doubling high multiply: the product of two numbers in [-1, 1) with 31 fraction bits. */
  highMultiply(a: V, b: V | number): V;
  min(a: V, b: V | number): V;
  max(a: V, b: V | number): V;
  equal(a: V, b: V | number): V;
  less(a: V, b: V | number): V;
  select(condition: V, a: V | number, b: V | number): V;
}

/** Computes now, on numbers that are i32. */
export const numberArithmetic: FixedArithmetic<number> = {
  constant: (x) => x,
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: Math.imul,
  and: (a, b) => a & b,
  shiftLeft: (a, b) => a << b,
  shiftRight: (a, b) => a >> b,
  roundingShiftRight,
  highMultiply: doublingHighMultiply,
  min: Math.min,
  max: Math.max,
  equal: (a, b) => (a === b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  select: (condition, a, b) => (condition !== 0 ? a : b),
};

/** Builds loop instructions on i32 scalars. */
export function loopArithmetic(b: LoopBuilder): FixedArithmetic<LoopValue> {
  const value = (x: LoopValue | number) => (typeof x === 'number' ? b.constant(x) : x);
  return {
    constant: (x) => b.constant(x),
    add: (x, y) => b.add(x, y),
    sub: (x, y) => b.sub(value(x), y),
    mul: (x, y) => b.mul(x, y),
    and: (x, y) => b.and(x, y),
    shiftLeft: (x, y) => b.shl(x, y),
    shiftRight: (x, y) => b.shr(x, y),
    roundingShiftRight: (x, y) => (y === 0 ? x : b.compute('shr_round', [x, value(y)])),
    highMultiply: (x, y) => b.compute('mul_high', [x, value(y)]),
    min: (x, y) => b.min(x, y),
    max: (x, y) => b.max(x, y),
    equal: (x, y) => b.compare('eq', x, y),
    less: (x, y) => b.compare('lt', x, y),
    select: (condition, x, y) => b.select(condition, x, y),
  };
}

/** The greatest fixed-point number below one: one itself does not fit 31 fraction bits. */
export const almostOne = 2147483647;

/**
 * a * 2^exponent, saturating: one of gemmlowp's changes of format, from `exponent` more integer bits (fixedpoint.h,
 * SaturatingRoundingMultiplyByPOT). Its limit is 2^(31 - exponent) - 1, beyond which it saturates on both sides.
 */
export function saturatingShiftLeft<V>(m: FixedArithmetic<V>, a: V, exponent: V | number): V {
  const limit =
    typeof exponent === 'number'
      ? m.constant(2 ** (31 - exponent) - 1)
      : m.sub(m.shiftLeft(m.constant(1), m.sub(31, exponent)), 1);
  const shifted = m.shiftLeft(a, exponent);
  const raised = m.select(m.less(a, m.sub(0, limit)), -2147483648, shifted);
  return m.select(m.less(limit, a), almostOne, raised);
}

/** Leading zero bits of x as an unsigned number: 32 for 0, 0 for negative numbers. Bisection, in five steps. */
export function countLeadingZeros<V>(m: FixedArithmetic<V>, x: V): V {
  const negative = m.less(x, 0);
  let rest = m.select(negative, almostOne, x);
  let zeros = m.constant(0);
  for (const bits of [16, 8, 4, 2, 1]) {
    // Fewer than 32 - bits significant bits: the upper `bits` are all zero.
    const empty = m.less(m.shiftRight(rest, 31 - bits), 1);
    zeros = m.select(empty, m.add(zeros, bits), zeros);
    rest = m.select(empty, m.shiftLeft(rest, bits), rest);
  }
  // `rest` is kept to 31 bits so that it stays non-negative: the sign bit is one more zero, and 0 itself has all 32.
  const counted = m.select(m.equal(x, 0), 32, m.add(zeros, 1));
  return m.select(negative, 0, counted);
}
