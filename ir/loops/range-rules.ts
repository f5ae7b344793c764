// Interval arithmetic for the opcode table: which results an opcode can have, given the intervals of its operands.
// Results are the exact ones, before the lane wraps them: a backend reads from them whether an addition can wrap at all.
import type { Rounding } from '../attributes.ts';
import {
  doublingHighMultiply,
  requantizeDouble,
  requantizeHalfEven,
  roundingShiftRight,
  saturate,
} from '../numerics.ts';
import { type Immediates, laneRange, type Opcode } from './opcodes.ts';
import { type Lane, type LoopType, laneOf, lanesOf } from './types.ts';

/** All values from min to max. For a vector: of every lane. Infinite ends: nothing is known (f32 may be NaN as well). */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const unbounded: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
/** Doubles stop being exact here; an interval of i64 that passes it is given up as the whole lane. */
const exactLimit = 2 ** 53 - 1;

/** Every value that a lane holds. The ends of i64 are the doubles next to its limits, outward. */
export function fullRange(lane: Lane): Range {
  if (lane === 'f32') return unbounded;
  if (lane === 'bool') return { min: 0, max: 1 };
  if (lane === 'i64') return { min: -(2 ** 63), max: 2 ** 63 };
  const [min, max] = laneRange(lane);
  return { min, max };
}

/** True when no value of the interval wraps in a lane of this type. */
export function fitsLane(range: Range, lane: Lane): boolean {
  if (lane === 'i64') return range.min >= -exactLimit && range.max <= exactLimit;
  const { min, max } = fullRange(lane);
  return range.min >= min && range.max <= max;
}

/** What an interval becomes in a lane: itself, or the whole lane when a value of it wraps. */
export function wrapRange(range: Range, lane: Lane): Range {
  return fitsLane(range, lane) ? range : fullRange(lane);
}

export function hull(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/** The values of both; `a` where they have none in common. */
export function intersect(a: Range, b: Range): Range {
  const min = Math.max(a.min, b.min);
  const max = Math.min(a.max, b.max);
  return min <= max ? { min, max } : a;
}

export function addRanges(a: Range, b: Range): Range {
  return { min: a.min + b.min, max: a.max + b.max };
}

/** f at the ends of two intervals: the bounds of a function that is monotone in each argument. */
function corners(a: Range, b: Range, f: (x: number, y: number) => number): Range {
  // Adding 0 turns -0 into 0.
  const ends = [f(a.min, b.min), f(a.min, b.max), f(a.max, b.min), f(a.max, b.max)].map((x) => x + 0);
  return ends.some(Number.isNaN) ? unbounded : { min: Math.min(...ends), max: Math.max(...ends) };
}

export function multiplyRanges(a: Range, b: Range): Range {
  return corners(a, b, (x, y) => x * y);
}

const within = (r: Range, min: number, max: number) => r.min >= min && r.max <= max;
const isExact = (r: Range) => within(r, -exactLimit, exactLimit);
const contains = (r: Range, x: number) => r.min <= x && x <= r.max;
const magnitude = (r: Range) => Math.max(Math.abs(r.min), Math.abs(r.max));

function divide(a: Range, b: Range): Range {
  if (!isExact(a) || !isExact(b)) return unbounded;
  if (!contains(b, 0)) return corners(a, b, (x, y) => Math.trunc(x / y));
  return { min: -magnitude(a), max: magnitude(a) };
}

function remainder(a: Range, b: Range): Range {
  const limit = contains(b, 0) ? Number.POSITIVE_INFINITY : magnitude(b) - 1;
  return { min: a.min < 0 ? Math.max(a.min, -limit) : 0, max: a.max > 0 ? Math.min(a.max, limit) : 0 };
}

function bitAnd(a: Range, b: Range): Range {
  if (a.min >= 0 && b.min >= 0) return { min: 0, max: Math.min(a.max, b.max) };
  if (a.min >= 0) return { min: 0, max: a.max };
  return b.min >= 0 ? { min: 0, max: b.max } : unbounded;
}

const bothRange = (a: Range, b: Range) => ({ min: Math.min(a.min, b.min), max: Math.min(a.max, b.max) });
const eitherRange = (a: Range, b: Range) => ({ min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) });

/** or and xor of non-negative numbers set no bit above the highest of either. */
function bitOr(a: Range, b: Range): Range {
  if (a.min < 0 || b.min < 0 || !isExact(a) || !isExact(b)) return unbounded;
  if (a.max === 0 || b.max === 0) return { min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) };
  let limit = 1;
  while (limit <= a.max || limit <= b.max) limit *= 2;
  return { min: 0, max: limit - 1 };
}

/** Amounts outside of the lane's width are masked, so that nothing is known of them. */
const isAmount = (b: Range, lane: Lane) => within(b, 0, lane === 'i64' ? 63 : 31);

function shiftLeft(a: Range, b: Range, lane: Lane): Range {
  return isAmount(b, lane) ? corners(a, b, (x, y) => x * 2 ** y) : unbounded;
}

function shiftRight(a: Range, b: Range, lane: Lane): Range {
  if (isAmount(b, lane)) return corners(a, b, (x, y) => Math.floor(x / 2 ** y));
  return { min: Math.min(a.min, 0), max: Math.max(a.max, -1) };
}

function shiftRightUnsigned(a: Range, b: Range, lane: Lane): Range {
  if (!isAmount(b, lane)) return unbounded;
  if (a.min >= 0) return shiftRight(a, b, lane);
  return b.min > 0 ? { min: 0, max: 2 ** (32 - b.min) - 1 } : unbounded;
}

/** Requantization grows with the accumulator, and its magnitude with multiplier and shift: the ends decide. */
function requantized(acc: Range, multiplier: Range, shift: Range, { rounding }: Immediates): Range {
  if (!isExact(acc) || multiplier.min < 0 || !within(shift, -31, 30)) return unbounded;
  const from = rounding === 'double' ? saturateRange(acc, 'i32') : acc;
  const left = 2 ** Math.max(0, shift.max);
  const wraps = rounding === 'double' && !fitsLane({ min: from.min * left, max: from.max * left }, 'i32');
  if (wraps) return unbounded;
  const atShift = (s: number) => corners(from, multiplier, (x, m) => requantizeEnd(x, m, s, rounding));
  return hull(atShift(shift.min), atShift(shift.max));
}

function saturateRange(a: Range, lane: Lane): Range {
  const { min, max } = fullRange(lane);
  return { min: saturate(a.min, min, max), max: saturate(a.max, min, max) };
}

/** The unwrapped result at one end of the intervals. */
function requantizeEnd(x: number, multiplier: number, shift: number, rounding: Rounding | undefined): number {
  if (rounding === 'double') return requantizeDouble(x, multiplier, shift);
  const total = 31 - shift;
  return Number((BigInt(x) * BigInt(multiplier) + (1n << BigInt(total - 1))) >> BigInt(total));
}

function scaled(acc: Range, factor: Range): Range {
  return within(factor, 0, Number.MAX_VALUE) ? corners(acc, factor, requantizeHalfEven) : unbounded;
}

type Rule = (operands: readonly Range[], types: readonly LoopType[], result: LoopType, immediates: Immediates) => Range;

const isTrue: Range = { min: 1, max: 1 };
const isFalse: Range = { min: 0, max: 0 };
/** A comparison that the intervals may decide. NaN decides comparisons of f32 its own way. */
const comparison =
  (always: (a: Range, b: Range) => boolean, never: (a: Range, b: Range) => boolean): Rule =>
  ([a, b], types) => {
    if (laneOf(types[0]!) === 'f32') return { min: 0, max: 1 };
    return always(a!, b!) ? isTrue : never(a!, b!) ? isFalse : { min: 0, max: 1 };
  };
const below = (a: Range, b: Range) => a.max < b.min;
const notAbove = (a: Range, b: Range) => a.max <= b.min;
const above = (a: Range, b: Range) => a.min > b.max;
const notBelow = (a: Range, b: Range) => a.min >= b.max;
const apart = (a: Range, b: Range) => below(a, b) || above(a, b);
const equal = (a: Range, b: Range) => a.min === a.max && b.min === b.max && a.min === b.min && isExact(a);
const unknown: Rule = () => unbounded;
const same: Rule = ([a]) => a!;
/** On f32, only moves of values keep their bounds: NaN and rounding are nobody's business here. */
const integer =
  (f: (a: Range, b: Range, lane: Lane) => Range): Rule =>
  ([a, b], types) => {
    const lane = laneOf(types[0]!);
    return lane === 'f32' ? unbounded : f(a!, b ?? a!, lane);
  };

const rules: Record<Opcode, Rule> = {
  add: integer(addRanges),
  sub: integer((a, b) => ({ min: a.min - b.max, max: a.max - b.min })),
  mul: integer(multiplyRanges),
  div: integer(divide),
  rem: integer(remainder),
  min: integer((a, b) => ({ min: Math.min(a.min, b.min), max: Math.min(a.max, b.max) })),
  max: integer((a, b) => ({ min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) })),
  and: integer((a, b, lane) => (lane === 'bool' ? bothRange(a, b) : bitAnd(a, b))),
  or: integer((a, b, lane) => (lane === 'bool' ? eitherRange(a, b) : bitOr(a, b))),
  xor: integer(bitOr),
  shl: integer(shiftLeft),
  shr: integer(shiftRight),
  shr_u: integer(shiftRightUnsigned),
  abs: integer((a) => ({ min: a.min > 0 ? a.min : a.max < 0 ? -a.max : 0, max: magnitude(a) })),
  neg: integer((a) => ({ min: 0 - a.max, max: 0 - a.min })),
  not: ([a]) => ({ min: 1 - a!.max, max: 1 - a!.min }),
  sqrt: unknown,
  floor: unknown,
  ceil: unknown,
  trunc: unknown,
  nearest: unknown,
  mul_high: ([a, b]) => corners(a!, b!, doublingHighMultiply),
  shr_round: ([a, b]) => (within(b!, 0, 31) ? corners(a!, b!, roundingShiftRight) : unbounded),
  eq: comparison(equal, apart),
  ne: comparison(apart, equal),
  lt: comparison(below, notBelow),
  le: comparison(notAbove, above),
  gt: comparison(above, notAbove),
  ge: comparison(notBelow, below),
  select: ([, a, b]) => hull(a!, b!),
  convert: ([a], types, result) => (laneOf(types[0]!) === 'f32' || laneOf(result) === 'f32' ? unbounded : a!),
  narrow: ([a], _types, result) => saturateRange(a!, laneOf(result)),
  bitcast: unknown,
  requantize: ([acc, multiplier, shift], _types, _result, im) => requantized(acc!, multiplier!, shift!, im),
  scale: ([acc, factor]) => scaled(acc!, factor!),
  dot: ([acc, a, b], types) => {
    const group = lanesOf(types[1]!) / lanesOf(types[0]!);
    return addRanges(acc!, multiplyRanges(multiplyRanges(a!, b!), { min: group, max: group }));
  },
  splat: same,
  extract: same,
  insert: ([v, x], types) => hull(v!, wrapRange(x!, laneOf(types[0]!))),
  shuffle: ([a, b]) => hull(a!, b!),
  sum: ([v], types) => multiplyRanges(v!, { min: lanesOf(types[0]!), max: lanesOf(types[0]!) }),
};

/** The exact interval of an opcode's result, before it wraps: {@link fitsLane} says whether it can wrap. */
export function exactRange(
  opcode: Opcode,
  operands: readonly Range[],
  types: readonly LoopType[],
  result: LoopType,
  immediates: Immediates,
): Range {
  return rules[opcode](operands, types, result, immediates);
}
