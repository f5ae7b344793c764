// Lane-wise opcodes on i64 in JavaScript. Where operands and result stay within 53 bits the arithmetic is on numbers,
// which is exact and many times faster than on BigInts.

import { laneRange } from '../../ir/loops/opcodes.ts';
import { fitsLane } from '../../ir/loops/range-rules.ts';
import { bare, wrapText } from './register.ts';
import { type LaneSite, type LaneWiseOpcode, saturateText } from './spell-lanes.ts';

type LongSpelling = (site: LaneSite, a: string, b: string, c: string) => string | undefined;

/** An opcode on numbers, or undefined where numbers cannot say it; and on BigInts, which always can. */
interface Row {
  readonly numbers?: LongSpelling;
  readonly wide: (site: LaneSite, a: string, b: string, c: string) => string;
}

const wrapped = (text: string) => `BigInt.asIntN(64, ${text})`;

const sum = (symbol: string): Row => ({
  numbers: (_site, a, b) => `(${a} ${symbol} ${b})`,
  wide: (_site, a, b) => wrapped(`${a} ${symbol} ${b}`),
});

const same = (spell: Row['wide']): Row => ({ numbers: spell, wide: spell });
const comparison = (symbol: string): Row => same((_site, a, b) => `(${a} ${symbol} ${b})`);

const choice = (name: 'min' | 'max'): Row => ({
  numbers: (_site, a, b) => `Math.${name}(${bare(a)}, ${bare(b)})`,
  wide({ context }, a, b) {
    const [x, y] = [context.atom(a), context.atom(b)];
    return name === 'min' ? `(${y} < ${x} ? ${y} : ${x})` : `(${x} < ${y} ? ${y} : ${x})`;
  },
});

/** Bits of numbers that are in fact 32-bit integers. */
const bitwise = (symbol: string): Row => ({
  numbers: ({ ranges }, a, b) => (ranges.every((r) => fitsLane(r, 'i32')) ? `(${a} ${symbol} ${b})` : undefined),
  wide: (_site, a, b) => `(${a} ${symbol} ${b})`,
});

/** A power of two; shift amounts outside of [0, 63] are masked, which only the wide form does. */
function powerText({ ranges }: LaneSite, amount: string): string | undefined {
  const { min, max } = ranges[1]!;
  if (min < 0 || max > 63) return undefined;
  return /^[0-9]+$/.test(amount) ? String(2 ** Number(amount)) : `2 ** ${amount}`;
}

/** A division of numbers within 53 bits truncates right: a quotient never rounds up to the next integer. */
const division: Row = {
  numbers({ ranges, context }, a, b) {
    const divisor = ranges[1]!;
    if (divisor.min > 0 || divisor.max < 0) return `Math.trunc(${a} / ${b})`;
    const y = context.atom(b);
    return `(${y} === 0 ? 0 : Math.trunc(${a} / ${y}))`;
  },
  wide({ context }, a, b) {
    const y = context.atom(b);
    return `(${y} === 0n ? 0n : ${wrapped(`${a} / ${y}`)})`;
  },
};

const remainder = (zero: string): Row['wide'] => {
  return ({ context }, a, b) => {
    const [x, y] = [context.atom(a), context.atom(b)];
    return `(${y} === ${zero} ? ${x} : ${x} % ${y})`;
  };
};

/** From or to i64; the other lane is `to` or `from`. */
const conversion: Row = {
  numbers({ from, to, exact, ranges }, a) {
    if (from === 'bool') return `(${a} ? 1 : 0)`;
    if (to === 'i64') return a;
    // Adding 0 turns -0, which an integer must not be, into 0.
    if (to === 'f32') return `Math.fround(${a} + 0)`;
    return wrapText(to, a, ranges[0] ?? exact);
  },
  wide({ to, context }, a) {
    if (to === 'i64') return a;
    if (to === 'f32') return `${context.runtime('longToF32')}(${bare(a)})`;
    const low = `Number(BigInt.asIntN(32, ${bare(a)}))`;
    return to === 'i32' ? low : wrapText(to, low);
  },
};

/** The `| 0` keeps the -0 that arithmetic on numbers may give out of the smaller lanes. */
const narrowing: Row = {
  numbers: ({ to, ranges }, a) => `(${fitsLane(ranges[0]!, to) ? a : saturateText(to, a)} | 0)`,
  wide({ to, context }, a) {
    const [low, high] = laneRange(to);
    return `${context.runtime('narrowLong')}(${bare(a)}, ${low}, ${high})`;
  },
};

/** `double` saturates the accumulator to i32 first; `single` multiplies all of it. */
const requantization: Row = {
  numbers({ context, instruction, ranges }, acc, multiplier, shift) {
    const parameters = `${bare(multiplier)}, ${bare(shift)}`;
    if (instruction.immediates.rounding === 'double') {
      const limited = fitsLane(ranges[0]!, 'i32') ? bare(acc) : saturateText('i32', acc);
      return `${context.runtime('requantizeDouble')}(${limited}, ${parameters})`;
    }
    return `${context.runtime('requantizeSingleLong')}(${bare(acc)}, ${parameters})`;
  },
  wide({ context, instruction }, acc, multiplier, shift) {
    const parameters = `${bare(multiplier)}, ${bare(shift)}`;
    if (instruction.immediates.rounding === 'single') {
      return `${context.runtime('requantizeSingleWide')}(${bare(acc)}, ${parameters})`;
    }
    const limited = `${context.runtime('narrowLong')}(${bare(acc)}, -2147483648, 2147483647)`;
    return `${context.runtime('requantizeDouble')}(${limited}, ${parameters})`;
  },
};

/** Opcodes that have i64 operands or results. */
const rows: Partial<Record<LaneWiseOpcode, Row>> = {
  add: sum('+'),
  sub: sum('-'),
  mul: sum('*'),
  div: division,
  rem: { numbers: remainder('0'), wide: remainder('0n') },
  min: choice('min'),
  max: choice('max'),
  and: bitwise('&'),
  or: bitwise('|'),
  xor: bitwise('^'),
  shl: {
    numbers(site, a, b) {
      const power = powerText(site, b);
      return power && `(${a} * ${power})`;
    },
    wide: (_site, a, b) => wrapped(`${a} << (${b} & 63n)`),
  },
  shr: {
    numbers(site, a, b) {
      const power = powerText(site, b);
      return power && `Math.floor(${a} / ${power})`;
    },
    wide: (_site, a, b) => `(${a} >> (${b} & 63n))`,
  },
  abs: {
    numbers: (_site, a) => `Math.abs(${bare(a)})`,
    wide({ context }, a) {
      const x = context.atom(a);
      return `(${x} < 0n ? ${wrapped(`-(${x})`)} : ${x})`;
    },
  },
  neg: { numbers: (_site, a) => `(0 - ${a})`, wide: (_site, a) => wrapped(`-(${a})`) },
  eq: comparison('==='),
  ne: comparison('!=='),
  lt: comparison('<'),
  le: comparison('<='),
  gt: comparison('>'),
  ge: comparison('>='),
  select: same((_site, condition, a, b) => `(${condition} ? ${a} : ${b})`),
  convert: conversion,
  narrow: narrowing,
  requantize: requantization,
};

/**
 * One lane of an instruction with i64 operands or result. `numbers` says which form the operands have; undefined when
 * numbers cannot say it and the operands must come as BigInts. The result, if it is i64, has the same form.
 */
export function spellLong(site: LaneSite, operands: readonly string[], numbers: boolean): string | undefined {
  const { opcode } = site.instruction;
  const row = rows[opcode as LaneWiseOpcode];
  if (row === undefined) throw new Error(`${opcode} has no i64 form`);
  const [a = '', b = '', c = ''] = operands;
  return numbers ? row.numbers?.(site, a, b, c) : row.wide(site, a, b, c);
}
