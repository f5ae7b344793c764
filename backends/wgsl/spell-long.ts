// Lane-wise opcodes with 64-bit operands or results: calls of the functions on pairs of words.
import { internalError } from '../../ir/diagnostics.ts';
import { fitsLane } from '../../ir/loops/range-rules.ts';
import type { Lane } from '../../ir/loops/types.ts';
import { bracketed, type Code, call, component, infix, prefix, primary } from './code.ts';
import { type LaneSite, type LaneWiseOpcode, spellLanes } from './spell-lanes.ts';

type Spelling = (site: LaneSite, a: Code, b: Code, c: Code) => Code;

const use = (site: LaneSite, name: string, ...codes: readonly Code[]) => call(site.context.support.use(name), ...codes);

const named =
  (name: string): Spelling =>
  (site, a, b) =>
    use(site, name, a, b);

const ofOne =
  (name: string): Spelling =>
  (site, a) =>
    use(site, name, a);

const bitwise =
  (operator: string): Spelling =>
  (_site, a, b) =>
    infix(a, operator, b);

const less =
  (swap: boolean, negate: boolean): Spelling =>
  (site, a, b) => {
    const compared = swap ? use(site, 'long_less', b, a) : use(site, 'long_less', a, b);
    return negate ? prefix('!', compared) : compared;
  };

const choice =
  (isMin: boolean): Spelling =>
  (site, p, q) => {
    const [a, b] = [site.context.atom(p), site.context.atom(q)];
    return call('select', a, b, isMin ? use(site, 'long_less', b, a) : use(site, 'long_less', a, b));
  };

const low = (a: Code) => call('i32', component(a, 0));

/** An i32 in a small lane, as the 32-bit opcodes bring it there. */
function inLane(site: LaneSite, opcode: 'convert' | 'narrow', code: Code): Code {
  if (site.to === 'i32') return code;
  const range = { min: -(2 ** 31), max: 2 ** 31 - 1 };
  const instruction = { ...site.instruction, opcode };
  return spellLanes({ ...site, instruction, from: 'i32', ranges: [range], exact: range }, [code]);
}

const conversion: Spelling = (site, a) => {
  if (site.from === 'bool') return call('vec2u', call('u32', bracketed(a)), primary('0u'));
  if (site.to === 'i64') return use(site, 'long', a);
  if (site.to === 'f32') return use(site, 'long_to_f32', a);
  return inLane(site, 'convert', low(a));
};

const narrowing: Spelling = (site, a) => {
  const range = site.ranges[0];
  if (range !== undefined && fitsLane(range, site.to)) return low(a);
  return inLane(site, 'narrow', use(site, 'long_narrow', a));
};

/** `double` saturates the accumulator to i32 first; `single` multiplies all of it. */
const requantization: Spelling = (site, acc, multiplier, shift) => {
  if (site.instruction.immediates.rounding === 'single') {
    return use(site, 'requantize_single_long', acc, multiplier, shift);
  }
  return use(site, 'requantize_double', use(site, 'long_narrow', acc), multiplier, shift);
};

const spellings: Partial<Record<LaneWiseOpcode, Spelling>> = {
  add: named('long_add'),
  sub: named('long_sub'),
  mul: named('long_mul'),
  div: named('long_divide'),
  rem: named('long_remainder'),
  min: choice(true),
  max: choice(false),
  and: bitwise('&'),
  or: bitwise('|'),
  xor: bitwise('^'),
  shl: named('long_shl'),
  shr: named('long_shr'),
  abs: ofOne('long_abs'),
  neg: ofOne('long_negate'),
  eq: (_site, a, b) => call('all', bracketed(infix(a, '==', b))),
  ne: (_site, a, b) => call('any', bracketed(infix(a, '!=', b))),
  lt: less(false, false),
  le: less(true, true),
  gt: less(true, false),
  ge: less(false, true),
  select: (_site, condition, a, b) => call('select', bracketed(b), bracketed(a), bracketed(condition)),
  convert: conversion,
  narrow: narrowing,
  requantize: requantization,
};

/** One lane of an instruction with i64 operands or result. */
export function spellLong(site: LaneSite, [a, b = a, c = a]: readonly Code[]): Code {
  const { opcode } = site.instruction;
  const spelling = spellings[opcode as LaneWiseOpcode];
  if (a === undefined || b === undefined || c === undefined || spelling === undefined) {
    return internalError(`${opcode} has no 64-bit form`);
  }
  return spelling(site, a, b, c);
}

export const isLong = (lane: Lane) => lane === 'i64';
