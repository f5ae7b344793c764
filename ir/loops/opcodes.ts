// The table of computing opcodes of the loop IR: one row per opcode with its types, its meaning and a sentence. The
// builder, verifier, interpreter, parser and docs read it; backends spell each row in their language.
import type { Rounding } from '../attributes.ts';
import {
  doublingHighMultiply,
  greater,
  lesser,
  requantizeScalar,
  roundHalfEven,
  roundingShiftRight,
  roundLongToF32,
  truncateToI32,
} from '../numerics.ts';
import { isLoopType, type Lane, type LoopType, laneOf, lanesOf, loopType } from './types.ts';

/** One lane's value: i64 as bigint, bool as 0 or 1, all else as number. */
export type LaneValue = number | bigint;
/** A register's value: a list of lanes, one for a scalar. */
export type Lanes = readonly LaneValue[];

/** What an instruction says beside its operands. */
export interface Immediates {
  /** Lane numbers: the mask of `shuffle`, the lane of `extract` and `insert`. */
  readonly lanes?: readonly number[];
  readonly rounding?: Rounding;
}

export interface OpcodeRow {
  readonly operands: number;
  readonly doc: string;
  /** Result types that cannot be derived from the operands (conversions) are `asked` for. Returns the type or a problem. */
  type(
    operands: readonly LoopType[],
    immediates: Immediates,
    asked: LoopType | undefined,
  ): LoopType | { problem: string };
  evaluate(operands: readonly Lanes[], types: readonly LoopType[], result: LoopType, immediates: Immediates): Lanes;
}

/** Brings a computed number into a lane: integers wrap, floats round to f32. */
export function wrapLane(lane: Lane, x: LaneValue): LaneValue {
  switch (lane) {
    case 'bool':
      return x ? 1 : 0;
    case 'i8':
      return (lowWord(x) << 24) >> 24;
    case 'u8':
      return lowWord(x) & 0xff;
    case 'i16':
      return (lowWord(x) << 16) >> 16;
    case 'i32':
      return lowWord(x);
    case 'i64':
      return BigInt.asIntN(64, BigInt(x));
    case 'f32':
      return Math.fround(Number(x));
  }
}

/** The low 32 bits. A bigint is cut before it becomes a number, which would round it. */
function lowWord(x: LaneValue): number {
  return typeof x === 'bigint' ? Number(BigInt.asIntN(32, x)) : x | 0;
}

/** Least and greatest value of an integer lane. */
export function laneRange(lane: Lane): readonly [number, number] {
  switch (lane) {
    case 'i8':
      return [-128, 127];
    case 'u8':
      return [0, 255];
    case 'i16':
      return [-32768, 32767];
    case 'i32':
      return [-2147483648, 2147483647];
    default:
      throw new Error(`lane ${lane} has no 32-bit range`);
  }
}

interface LaneWise {
  ints?: (a: number, b: number) => number;
  longs?: (a: bigint, b: bigint) => bigint;
  floats?: (a: number, b: number) => number;
  bools?: (a: number, b: number) => number;
}

function applyLane(f: LaneWise, lane: Lane, a: LaneValue, b: LaneValue): LaneValue {
  if (lane === 'i64') return f.longs!(a as bigint, b as bigint);
  if (lane === 'f32') return f.floats!(a as number, b as number);
  if (lane === 'bool') return f.bools!(a as number, b as number);
  return f.ints!(a as number, b as number);
}

function laneWiseProblem(f: LaneWise, type: LoopType): string | undefined {
  const lane = laneOf(type);
  const has = lane === 'i64' ? f.longs : lane === 'f32' ? f.floats : lane === 'bool' ? f.bools : f.ints;
  return has === undefined ? `is not defined on ${type}` : undefined;
}

/** Operands of one type, a result of that type, lane by lane. */
function laneWise(operands: 1 | 2, doc: string, f: LaneWise): OpcodeRow {
  return {
    operands,
    doc,
    type(types) {
      if (operands === 2 && types[0] !== types[1]) return { problem: `takes two equal types, got ${types.join(', ')}` };
      const problem = laneWiseProblem(f, types[0]!);
      return problem === undefined ? types[0]! : { problem };
    },
    evaluate([a, b], [type]) {
      const lane = laneOf(type!);
      return a!.map((x, i) => wrapLane(lane, applyLane(f, lane, x, b === undefined ? x : b[i]!)));
    },
  };
}

/** Two operands of one type, a bool per lane. */
function comparison(doc: string, f: (a: LaneValue, b: LaneValue) => boolean): OpcodeRow {
  return {
    operands: 2,
    doc,
    type([a, b]) {
      return a === b ? loopType('bool', lanesOf(a!)) : { problem: `takes two equal types, got ${a}, ${b}` };
    },
    evaluate: ([a, b]) => a!.map((x, i) => (f(x, b![i]!) ? 1 : 0)),
  };
}

function conversion(
  doc: string,
  allowed: (from: Lane, to: Lane) => boolean,
  f: (x: LaneValue, from: Lane, to: Lane) => LaneValue,
): OpcodeRow {
  return {
    operands: 1,
    doc,
    type([from], _immediates, asked) {
      if (asked === undefined || !isLoopType(asked)) return { problem: 'needs a result type' };
      if (lanesOf(asked) !== lanesOf(from!))
        return { problem: `cannot change the number of lanes (${from} to ${asked})` };
      return allowed(laneOf(from!), laneOf(asked)) ? asked : { problem: `does not go from ${from} to ${asked}` };
    },
    evaluate([a], [type], result) {
      const from = laneOf(type!);
      const to = laneOf(result);
      return a!.map((x) => f(x, from, to));
    },
  };
}

const integerLane = (lane: Lane) => lane !== 'f32' && lane !== 'bool';
const shiftMask = (b: number) => b & 31;
const longMask = (b: bigint) => b & 63n;

function floatBits(x: number): number {
  return new Int32Array(new Float32Array([x]).buffer)[0]!;
}

function bitsToFloat(x: number): number {
  return new Float32Array(new Int32Array([x]).buffer)[0]!;
}

function truncatedDivision(a: bigint, b: bigint): bigint {
  return b === 0n ? 0n : a / b;
}

/** Same shape of lanes, integer requantization parameters beside an i32 or i64 accumulator. */
const requantize: OpcodeRow = {
  operands: 3,
  doc: 'Multiplies an accumulator (i32 or i64 lanes) by multiplier * 2^(shift - 31) with the `rounding` given (`double` or `single`) to i32; docs/numerics.md. The multiplier of an i64 accumulator has its low 16 bits zero for `single`.',
  type([acc, multiplier, shift], { rounding }) {
    const i32 = loopType('i32', lanesOf(acc!));
    if (rounding !== 'double' && rounding !== 'single') return { problem: 'needs rounding double or single' };
    if (!['i32', 'i64'].includes(laneOf(acc!))) return { problem: `takes an i32 or i64 accumulator, got ${acc}` };
    return multiplier === i32 && shift === i32 ? i32 : { problem: `takes ${i32} multipliers and shifts` };
  },
  evaluate([acc, multiplier, shift], _types, _result, { rounding }) {
    return acc!.map((x, i) =>
      requantizeScalar(x, rounding!, { multiplier: multiplier![i] as number, shift: shift![i] as number, scale: 0 }),
    );
  },
};

const scale: OpcodeRow = {
  operands: 2,
  doc: 'Requantization `half-even`: an i32 accumulator as f32 times an f32 factor, rounded to nearest even, saturated to i32.',
  type([acc, factor]) {
    const lanes = lanesOf(acc!);
    if (laneOf(acc!) !== 'i32' || factor !== loopType('f32', lanes))
      return { problem: 'takes i32 lanes and f32 factors' };
    return acc!;
  },
  evaluate([acc, factor]) {
    return acc!.map((x, i) =>
      requantizeScalar(x, 'half-even', { multiplier: 0, shift: 0, scale: factor![i] as number }),
    );
  },
};

const dot: OpcodeRow = {
  operands: 3,
  doc: 'acc[l] += sum over g of a[l*k+g] * b[l*k+g]: i32 (or i64) lanes, and i8, u8 or i16 lanes in groups of k. k is the quotient of the lane counts; one accumulator lane is a whole-vector reduction.',
  type([acc, a, b]) {
    const lanes = lanesOf(acc!);
    const group = lanesOf(a!) / lanes;
    if (!['i32', 'i64'].includes(laneOf(acc!))) return { problem: `accumulates in i32 or i64, got ${acc}` };
    if (!Number.isInteger(group) || lanesOf(b!) !== lanesOf(a!))
      return { problem: `lane counts do not divide: ${acc}, ${a}, ${b}` };
    const narrow = (t: LoopType) => ['i8', 'u8', 'i16'].includes(laneOf(t));
    return narrow(a!) && narrow(b!) ? acc! : { problem: `multiplies i8, u8 or i16 lanes, got ${a}, ${b}` };
  },
  evaluate([acc, a, b], types) {
    const group = a!.length / acc!.length;
    const lane = laneOf(types[0]!);
    return acc!.map((x, l) => {
      let sum = BigInt(x);
      for (let g = l * group; g < (l + 1) * group; g++) sum += BigInt((a![g] as number) * (b![g] as number));
      return lane === 'i64' ? BigInt.asIntN(64, sum) : Number(BigInt.asIntN(32, sum));
    });
  },
};

/** Lane moves. */
const splat: OpcodeRow = {
  operands: 1,
  doc: 'A vector whose lanes all hold the scalar (or that repeats the short vector): the result type says how many.',
  type([x], _immediates, asked) {
    if (asked === undefined || !isLoopType(asked)) return { problem: 'needs a result type' };
    const fits = lanesOf(asked) % lanesOf(x!) === 0 && lanesOf(asked) > lanesOf(x!);
    const lane = laneOf(x!);
    const to = laneOf(asked);
    const same = lane === to || (lanesOf(x!) === 1 && lane === 'i32' && ['i8', 'u8', 'i16'].includes(to));
    return fits && same ? asked : { problem: `cannot fill ${asked} with ${x}` };
  },
  evaluate([x], _types, result) {
    return Array.from({ length: lanesOf(result) }, (_, i) => wrapLane(laneOf(result), x![i % x!.length]!));
  },
};

const widened = (lane: Lane): Lane => (['i8', 'u8', 'i16'].includes(lane) ? 'i32' : lane);

const extract: OpcodeRow = {
  operands: 1,
  doc: 'One lane of a vector as a scalar; small integers widen to i32.',
  type([v], { lanes }) {
    const fits = lanes?.length === 1 && lanes[0]! >= 0 && lanes[0]! < lanesOf(v!) && lanesOf(v!) > 1;
    return fits ? widened(laneOf(v!)) : { problem: `has no lane ${lanes?.join(', ')} in ${v}` };
  },
  evaluate: ([v], _types, _result, { lanes }) => [v![lanes![0]!]!],
};

const insert: OpcodeRow = {
  operands: 2,
  doc: 'A vector with one lane replaced by a scalar; small integers keep the low bits.',
  type([v, x], { lanes }) {
    const fits = lanes?.length === 1 && lanes[0]! >= 0 && lanes[0]! < lanesOf(v!) && lanesOf(v!) > 1;
    return fits && x === widened(laneOf(v!))
      ? v!
      : { problem: `cannot put ${x} into lane ${lanes?.join(', ')} of ${v}` };
  },
  evaluate: ([v, x], [type], _result, { lanes }) =>
    v!.map((y, i) => (i === lanes![0] ? wrapLane(laneOf(type!), x![0]!) : y)),
};

const shuffle: OpcodeRow = {
  operands: 2,
  doc: 'Picks lanes out of the concatenation of two vectors of one type by a constant mask; the mask gives the length.',
  type([a, b], { lanes }) {
    if (a !== b || lanes === undefined) return { problem: 'takes two equal vectors and a mask' };
    const bad = lanes.find((l) => !Number.isInteger(l) || l < 0 || l >= 2 * lanesOf(a!));
    return bad === undefined && lanes.length >= 2 && lanes.length <= 64
      ? loopType(laneOf(a!), lanes.length)
      : { problem: `mask does not fit ${a}` };
  },
  evaluate: ([a, b], _types, _result, { lanes }) => lanes!.map((l) => (l < a!.length ? a![l]! : b![l - a!.length]!)),
};

const sum: OpcodeRow = {
  operands: 1,
  doc: 'The sum of an i32 or i64 vector’s lanes, wrapping.',
  type([v]) {
    return ['i32', 'i64'].includes(laneOf(v!)) && lanesOf(v!) > 1
      ? laneOf(v!)
      : { problem: `does not add lanes of ${v}` };
  },
  evaluate([v], _types, result) {
    return [
      wrapLane(
        laneOf(result),
        v!.reduce<bigint>((s, x) => s + BigInt(x), 0n),
      ),
    ];
  },
};

const select: OpcodeRow = {
  operands: 3,
  doc: 'Lane by lane, the second operand where the first is true, else the third; both are evaluated.',
  type([condition, a, b]) {
    if (a !== b) return { problem: `chooses between equal types, got ${a}, ${b}` };
    const fits = condition === loopType('bool', lanesOf(a!)) || condition === 'bool';
    return fits ? a! : { problem: `needs a condition of bool lanes, got ${condition}` };
  },
  evaluate: ([c, a, b]) => a!.map((x, i) => (c![c!.length === 1 ? 0 : i] ? x : b![i]!)),
};

const floorOf = (f: (x: number) => number) => ({ floats: (a: number) => f(a) });

export const opcodes = {
  add: laneWise(2, 'Sum; integers wrap.', { ints: (a, b) => a + b, longs: (a, b) => a + b, floats: (a, b) => a + b }),
  sub: laneWise(2, 'Difference; integers wrap.', {
    ints: (a, b) => a - b,
    longs: (a, b) => a - b,
    floats: (a, b) => a - b,
  }),
  mul: laneWise(2, 'Product; integers wrap.', { ints: Math.imul, longs: (a, b) => a * b, floats: (a, b) => a * b }),
  div: laneWise(2, 'Quotient; integers toward zero, a zero divisor gives 0, and INT_MIN / -1 wraps.', {
    ints: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
    longs: truncatedDivision,
    floats: (a, b) => a / b,
  }),
  rem: laneWise(2, 'Remainder of `div`, with the sign of the dividend; a zero divisor gives the dividend.', {
    ints: (a, b) => (b === 0 ? a : a % b),
    longs: (a, b) => (b === 0n ? a : a % b),
  }),
  min: laneWise(2, 'b < a ? b : a.', { ints: lesser, longs: lesser, floats: lesser }),
  max: laneWise(2, 'a < b ? b : a.', { ints: greater, longs: greater, floats: greater }),
  and: laneWise(2, 'Bitwise and.', { ints: (a, b) => a & b, longs: (a, b) => a & b, bools: (a, b) => a & b }),
  or: laneWise(2, 'Bitwise or.', { ints: (a, b) => a | b, longs: (a, b) => a | b, bools: (a, b) => a | b }),
  xor: laneWise(2, 'Bitwise exclusive or.', { ints: (a, b) => a ^ b, longs: (a, b) => a ^ b, bools: (a, b) => a ^ b }),
  shl: laneWise(2, 'Shift left; the amount is in [0, width).', {
    ints: (a, b) => a << shiftMask(b),
    longs: (a, b) => a << longMask(b),
  }),
  shr: laneWise(2, 'Arithmetic shift right; the amount is in [0, width).', {
    ints: (a, b) => a >> shiftMask(b),
    longs: (a, b) => a >> longMask(b),
  }),
  shr_u: laneWise(2, 'Logical shift right of i32; the amount is in [0, 32).', { ints: (a, b) => a >>> shiftMask(b) }),
  abs: laneWise(1, 'Magnitude; INT_MIN wraps.', { ints: Math.abs, longs: (a) => (a < 0n ? -a : a), floats: Math.abs }),
  neg: laneWise(1, 'Negation; INT_MIN wraps.', { ints: (a) => -a, longs: (a) => -a, floats: (a) => -a }),
  not: laneWise(1, 'Logical complement of bool.', { bools: (a) => 1 - a }),
  sqrt: laneWise(1, 'Square root, correctly rounded.', floorOf(Math.sqrt)),
  floor: laneWise(1, 'Toward negative infinity.', floorOf(Math.floor)),
  ceil: laneWise(1, 'Toward positive infinity.', floorOf(Math.ceil)),
  trunc: laneWise(1, 'Toward zero.', floorOf(Math.trunc)),
  nearest: laneWise(1, 'To nearest, ties to even.', floorOf(roundHalfEven)),
  mul_high: laneWise(2, 'Saturating rounding doubling high multiply of i32 (docs/numerics.md).', {
    ints: doublingHighMultiply,
  }),
  shr_round: laneWise(2, 'i32 / 2^b to nearest, ties away from zero; b in [0, 31].', { ints: roundingShiftRight }),
  eq: comparison('Equal.', (a, b) => a === b),
  ne: comparison('Not equal.', (a, b) => a !== b),
  lt: comparison('Less (signed).', (a, b) => a < b),
  le: comparison('Less or equal (signed).', (a, b) => a <= b),
  gt: comparison('Greater (signed).', (a, b) => a > b),
  ge: comparison('Greater or equal (signed).', (a, b) => a >= b),
  select,
  convert: conversion(
    'Another lane type: integers sign- or zero-extend or keep their low bits, integers become f32 rounded to nearest even, f32 becomes i32 toward zero saturating (NaN is 0), bool becomes 0 or 1.',
    (from, to) => from !== to && to !== 'bool' && (from !== 'f32' || to === 'i32'),
    (x, from, to) => {
      if (to === 'f32') return typeof x === 'bigint' ? roundLongToF32(x) : Math.fround(x);
      return from === 'f32' ? truncateToI32(x as number) : wrapLane(to, x);
    },
  ),
  narrow: conversion(
    'A smaller integer lane, saturating.',
    (from, to) => integerLane(from) && ['i8', 'u8', 'i16', 'i32'].includes(to),
    (x, _from, to) => {
      const [low, high] = laneRange(to);
      const big = typeof x === 'bigint' ? x : BigInt(x);
      return big < BigInt(low) ? low : big > BigInt(high) ? high : Number(big);
    },
  ),
  bitcast: conversion(
    'The same 32 bits as i32 or f32.',
    (from, to) => (from === 'i32' && to === 'f32') || (from === 'f32' && to === 'i32'),
    (x, _from, to) => (to === 'f32' ? bitsToFloat(x as number) : floatBits(x as number)),
  ),
  requantize,
  scale,
  dot,
  splat,
  extract,
  insert,
  shuffle,
  sum,
} as const satisfies Record<string, OpcodeRow>;

export type Opcode = keyof typeof opcodes;

export function isOpcode(text: string): text is Opcode {
  return Object.hasOwn(opcodes, text);
}

export function opcodeRow(opcode: Opcode): OpcodeRow {
  return opcodes[opcode];
}
