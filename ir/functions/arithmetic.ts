// The f32 arithmetic that the elementary functions are written in. One definition of a function runs on numbers
// (references, tables) and builds loops (what the target computes), so that both give the same bits.
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { greater, lesser, roundHalfEven, truncateToI32 } from '../numerics.ts';

/**
 * Operations on values `V`: f32 (every result rounded once), i32 (wrapping) and conditions. Numbers beside a value are
 * constants of its type.
 */
export interface FloatArithmetic<V> {
  /** An f32 constant. */
  f32(x: number): V;
  add(a: V, b: V | number): V;
  sub(a: V | number, b: V): V;
  mul(a: V, b: V | number): V;
  div(a: V | number, b: V): V;
  /** b < a ? b : a */
  min(a: V, b: V | number): V;
  /** a < b ? b : a */
  max(a: V, b: V | number): V;
  abs(a: V): V;
  neg(a: V): V;
  sqrt(a: V): V;
  floor(a: V): V;
  /** To the nearest integer, ties to even. */
  nearest(a: V): V;
  less(a: V, b: V | number): V;
  equal(a: V, b: V | number): V;
  either(a: V, b: V): V;
  both(a: V, b: V): V;
  select(condition: V, a: V, b: V): V;

  /** f32 to i32, toward zero; NaN gives 0. */
  toInteger(a: V): V;
  toFloat(a: V): V;
  /** The 32 bits of an f32 as an i32. */
  bits(a: V): V;
  fromBits(a: V): V;
  addInteger(a: V, b: V | number): V;
  subInteger(a: V | number, b: V): V;
  andInteger(a: V, b: number): V;
  shiftLeft(a: V, amount: number): V;
  /** Arithmetic. */
  shiftRight(a: V, amount: number): V;
  equalInteger(a: V, b: number): V;
}

const view = new DataView(new ArrayBuffer(4));

/** The same 32 bits as an i32. */
function bitsOf(x: number): number {
  view.setFloat32(0, x);
  return view.getInt32(0);
}

function floatOf(bits: number): number {
  view.setInt32(0, bits);
  return view.getFloat32(0);
}

const f = Math.fround;

/** Computes now: f32 values are numbers that Math.fround leaves alone, conditions 0 or 1. */
export const numberArithmetic: FloatArithmetic<number> = {
  f32: f,
  add: (a, b) => f(a + f(b)),
  sub: (a, b) => f(f(a) - b),
  mul: (a, b) => f(a * f(b)),
  div: (a, b) => f(f(a) / b),
  min: (a, b) => lesser(a, f(b)),
  max: (a, b) => greater(a, f(b)),
  abs: Math.abs,
  neg: (a) => -a,
  sqrt: (a) => f(Math.sqrt(a)),
  floor: Math.floor,
  nearest: roundHalfEven,
  less: (a, b) => (a < f(b) ? 1 : 0),
  equal: (a, b) => (a === f(b) ? 1 : 0),
  either: (a, b) => a | b,
  both: (a, b) => a & b,
  select: (condition, a, b) => (condition !== 0 ? a : b),
  toInteger: truncateToI32,
  toFloat: f,
  bits: bitsOf,
  fromBits: floatOf,
  addInteger: (a, b) => (a + b) | 0,
  subInteger: (a, b) => (a - b) | 0,
  andInteger: (a, b) => a & b,
  shiftLeft: (a, amount) => a << amount,
  shiftRight: (a, amount) => a >> amount,
  equalInteger: (a, b) => (a === b ? 1 : 0),
};

/** Builds loop instructions on scalars. */
export function loopArithmetic(b: LoopBuilder): FloatArithmetic<LoopValue> {
  return {
    f32: (x) => b.f32(x),
    add: (x, y) => b.add(x, y),
    sub: (x, y) => b.sub(x, y),
    mul: (x, y) => b.mul(x, y),
    div: (x, y) => b.div(x, y),
    min: (x, y) => b.min(x, y),
    max: (x, y) => b.max(x, y),
    abs: (x) => b.unary('abs', x),
    neg: (x) => b.unary('neg', x),
    sqrt: (x) => b.unary('sqrt', x),
    floor: (x) => b.unary('floor', x),
    nearest: (x) => b.unary('nearest', x),
    less: (x, y) => b.compare('lt', x, y),
    equal: (x, y) => b.compare('eq', x, y),
    either: (x, y) => b.or(x, y),
    both: (x, y) => b.and(x, y),
    select: (condition, x, y) => b.select(condition, x, y),
    toInteger: (x) => b.convert(x, 'i32'),
    toFloat: (x) => b.convert(x, 'f32'),
    bits: (x) => b.compute('bitcast', [x], {}, 'i32'),
    fromBits: (x) => b.compute('bitcast', [x], {}, 'f32'),
    addInteger: (x, y) => b.add(x, y),
    subInteger: (x, y) => b.sub(x, y),
    andInteger: (x, y) => b.and(x, y),
    shiftLeft: (x, amount) => b.shl(x, amount),
    shiftRight: (x, amount) => b.shr(x, amount),
    equalInteger: (x, y) => b.compare('eq', x, y),
  };
}

/** c[0] + x * (c[1] + x * (c[2] + ...)), from the highest coefficient down (Horner). */
export function polynomial<V>(m: FloatArithmetic<V>, x: V, coefficients: readonly number[]): V {
  const [highest, ...rest] = coefficients.toReversed();
  let sum = m.f32(highest ?? 0);
  for (const c of rest) sum = m.add(m.mul(sum, x), c);
  return sum;
}

/** An elementary function, for any arithmetic. */
export type UnaryFunction = <V>(m: FloatArithmetic<V>, x: V) => V;
