// Lane-wise opcodes in JavaScript, for every lane but i64: each row gives the expression of one lane from those of the
// operands' lanes.

import type { ComputeInstruction } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import { laneRange } from '../../ir/loops/opcodes.ts';
import { exactRange, fitsLane, type Range } from '../../ir/loops/range-rules.ts';
import { type Lane, laneOf } from '../../ir/loops/types.ts';
import { bare, type SpellContext, wrapText } from './register.ts';
import type { RuntimeFunction } from './runtime.ts';

/** One lane-wise instruction being spelled. */
export interface LaneSite {
  readonly context: SpellContext;
  readonly instruction: ComputeInstruction;
  readonly from: Lane;
  readonly to: Lane;
  readonly ranges: readonly Range[];
  /** The interval of the result before it wraps. */
  readonly exact: Range;
}

export function laneSite(context: SpellContext, x: ComputeInstruction): LaneSite {
  const ranges = x.operands.map((o) => context.rangeOf(o));
  const types = x.operands.map((o) => o.type);
  return {
    context,
    instruction: x,
    // The first operand of a selection is its condition.
    from: laneOf(types[x.opcode === 'select' ? 1 : 0]!),
    to: laneOf(x.result.type),
    ranges,
    exact: exactRange(x.opcode, ranges, types, x.result.type, x.immediates),
  };
}

type LaneSpelling = (site: LaneSite, a: string, b: string, c: string) => string;

/** Opcodes that work lane by lane. */
export type LaneWiseOpcode = Exclude<Opcode, 'dot' | 'splat' | 'extract' | 'insert' | 'shuffle' | 'sum'>;

export const exactLimit = 2 ** 53;

/** A product that doubles hold exactly needs no imul, and engines see small factors by themselves. */
export function productText(exact: Range, a: string, b: string): string {
  const fits = exact.min >= -exactLimit && exact.max <= exactLimit;
  return fits ? `${a} * ${b}` : `Math.imul(${bare(a)}, ${bare(b)})`;
}

/** A sum or difference; a negative literal on the right turns the one into the other. */
export function sumText(opcode: string, a: string, b: string): string {
  const negative = /^-[0-9]/.test(b);
  return `${a} ${(opcode === 'add') === negative ? '-' : '+'} ${negative ? b.slice(1) : b}`;
}

/** Integers with `ints` (wrapped to the lane), f32 with `floats` (rounded to f32). */
const arithmetic =
  (ints: LaneSpelling, floats: LaneSpelling): LaneSpelling =>
  (site, a, b, c) =>
    site.from === 'f32'
      ? `Math.fround(${floats(site, a, b, c)})`
      : wrapText(site.from, ints(site, a, b, c), site.exact);

/** `b < a ? b : a`: for integers the minimum; NaN and zeros of f32 need the comparison itself. */
const choice =
  (name: 'min' | 'max'): LaneSpelling =>
  ({ from, context }, a, b) => {
    if (from !== 'f32') return `Math.${name}(${bare(a)}, ${bare(b)})`;
    const [x, y] = [context.atom(a), context.atom(b)];
    return name === 'min' ? `(${y} < ${x} ? ${y} : ${x})` : `(${x} < ${y} ? ${y} : ${x})`;
  };

/** Bits of integers stay in their lane; bool has operators of its own. */
const bitwise =
  (ints: string, bools: string): LaneSpelling =>
  ({ from }, a, b) =>
    `(${a} ${from === 'bool' ? bools : ints} ${b})`;

const comparison =
  (symbol: string): LaneSpelling =>
  (_site, a, b) =>
    `(${a} ${symbol} ${b})`;

const call =
  (name: string): LaneSpelling =>
  (_site, a) =>
    `${name}(${bare(a)})`;

/** A runtime function of two i32 that gives an i32. */
const integerCall =
  (name: RuntimeFunction): LaneSpelling =>
  ({ context, from }, a, b) => {
    const text = `${context.runtime(name)}(${bare(a)}, ${bare(b)})`;
    return from === 'i32' ? text : wrapText(from, text);
  };

/** Doubles divide exactly enough: a quotient of two i32 truncates right, and |0 turns n / 0 and 0 / 0 into 0. */
const remainder: LaneSpelling = ({ ranges, context }, a, b) => {
  const divisor = ranges[1]!;
  if (divisor.min > 0 || divisor.max < 0) return `${a} % ${b}`;
  const [x, y] = [context.atom(a), context.atom(b)];
  return `(${y} === 0 ? ${x} : ${x} % ${y})`;
};

const negation: LaneSpelling = ({ from }, a) => {
  if (from === 'f32') return a.startsWith('-') ? `(-(${a}))` : `(-${a})`;
  return wrapText(from, `0 - ${a}`);
};

const conversion: LaneSpelling = ({ from, to, exact, context }, a) => {
  if (from === 'bool') return `(${a} ? 1 : 0)`;
  if (from === 'f32') return `${context.runtime('truncateToI32')}(${bare(a)})`;
  if (to === 'f32') return from === 'i32' ? `Math.fround(${bare(a)})` : a;
  return fitsLane(exact, to) ? a : wrapText(to, a);
};

/** Limits an expression to a lane's range. */
export function saturateText(lane: Lane, text: string): string {
  const [low, high] = laneRange(lane);
  return `Math.max(${low}, Math.min(${high}, ${bare(text)}))`;
}

const requantization: LaneSpelling = ({ context, instruction }, acc, multiplier, shift) => {
  const name = instruction.immediates.rounding === 'single' ? 'requantizeSingle' : 'requantizeDouble';
  return `${context.runtime(name)}(${[acc, multiplier, shift].map(bare).join(', ')})`;
};

const sum = arithmetic(
  ({ instruction: { opcode } }, a, b) => sumText(opcode, a, b),
  ({ instruction: { opcode } }, a, b) => sumText(opcode, a, b),
);

const spellings: Record<LaneWiseOpcode, LaneSpelling> = {
  add: sum,
  sub: sum,
  mul: arithmetic(
    (s, a, b) => productText(s.exact, a, b),
    (_s, a, b) => `${a} * ${b}`,
  ),
  div: arithmetic(
    (_s, a, b) => `${a} / ${b}`,
    (_s, a, b) => `${a} / ${b}`,
  ),
  rem: (site, a, b) => wrapText(site.from, remainder(site, a, b, ''), site.exact),
  min: choice('min'),
  max: choice('max'),
  and: bitwise('&', '&&'),
  or: bitwise('|', '||'),
  xor: bitwise('^', '!=='),
  // The language masks shift amounts to five bits, as the opcodes do.
  shl: (site, a, b) => (site.from === 'i32' ? `(${a} << ${b})` : wrapText(site.from, `${a} << ${b}`, site.exact)),
  shr: (_site, a, b) => `(${a} >> ${b})`,
  shr_u: (site, a, b) => wrapText(site.from, `${a} >>> ${b}`, site.exact),
  abs: (site, a) => (site.from === 'f32' ? `Math.abs(${bare(a)})` : wrapText(site.from, `Math.abs(${bare(a)})`)),
  neg: negation,
  not: (_site, a) => `(!${a})`,
  sqrt: (_site, a) => `Math.fround(Math.sqrt(${bare(a)}))`,
  floor: call('Math.floor'),
  ceil: call('Math.ceil'),
  trunc: call('Math.trunc'),
  nearest: ({ context }, a) => `${context.runtime('roundHalfEven')}(${bare(a)})`,
  mul_high: integerCall('mulHigh'),
  shr_round: integerCall('shrRound'),
  eq: comparison('==='),
  ne: comparison('!=='),
  lt: comparison('<'),
  le: comparison('<='),
  gt: comparison('>'),
  ge: comparison('>='),
  select: (_site, condition, a, b) => `(${condition} ? ${a} : ${b})`,
  convert: conversion,
  narrow: ({ to, exact, ranges }, a) => (fitsLane(ranges[0] ?? exact, to) ? a : saturateText(to, a)),
  bitcast: ({ to, context }, a) => `${context.runtime(to === 'f32' ? 'bitsToFloat' : 'floatBits')}(${bare(a)})`,
  requantize: requantization,
  scale: ({ context }, acc, factor) => `${context.runtime('requantizeHalfEven')}(${bare(acc)}, ${bare(factor)})`,
};

/** One lane of a lane-wise instruction without i64 operands or result. */
export function spellLane(site: LaneSite, operands: readonly string[]): string {
  const [a = '', b = '', c = ''] = operands;
  return spellings[site.instruction.opcode as LaneWiseOpcode](site, a, b, c);
}
