// Lane-wise opcodes in WGSL, for every lane but i64: each row gives a chunk of the result, a scalar or a vector of up to
// four lanes, from the same chunk of the operands.
import { internalError } from '../../ir/diagnostics.ts';
import type { ComputeInstruction, LoopValue } from '../../ir/loops/kernel.ts';
import { laneRange, type Opcode } from '../../ir/loops/opcodes.ts';
import { exactRange, fitsLane, type Range } from '../../ir/loops/range-rules.ts';
import { type Lane, laneOf } from '../../ir/loops/types.ts';
import { bracketed, type Code, call, infix, prefix, signed } from './code.ts';
import { letterOf } from './register.ts';
import { type Support, typeName } from './support.ts';

/** What spelling an instruction may ask of the printer. */
export interface SpellContext {
  readonly support: Support;
  /** A name or literal for the expression, which is computed ahead of the current statement if it is neither. */
  atom(code: Code, hint?: string): Code;
  rangeOf(value: LoopValue): Range;
}

/** One chunk of a lane-wise instruction being spelled. */
export interface LaneSite {
  readonly context: SpellContext;
  readonly instruction: ComputeInstruction;
  readonly from: Lane;
  readonly to: Lane;
  readonly width: number;
  readonly ranges: readonly Range[];
  /** The interval of the result before it wraps. */
  readonly exact: Range;
}

/** The site of an instruction's chunks of this width. */
export function laneSite(context: SpellContext, x: ComputeInstruction, width: number): LaneSite {
  const ranges = x.operands.map((o) => context.rangeOf(o));
  const types = x.operands.map((o) => o.type);
  return {
    context,
    instruction: x,
    // The first operand of a selection is its condition.
    from: laneOf(types[x.opcode === 'select' ? 1 : 0] ?? x.result.type),
    to: laneOf(x.result.type),
    width,
    ranges,
    exact: exactRange(x.opcode, ranges, types, x.result.type, x.immediates),
  };
}

type Spelling = (site: LaneSite, a: Code, b: Code, c: Code) => Code;

/** Opcodes that work lane by lane. */
export type LaneWiseOpcode = Exclude<Opcode, 'dot' | 'splat' | 'extract' | 'insert' | 'shuffle' | 'sum'>;

/** The same number in every lane. */
function number(site: LaneSite, x: number, letter: 'I' | 'U' = 'I'): Code {
  const text = signed(`${x}${letter === 'U' ? 'u' : ''}`);
  return site.width === 1 ? text : call(typeName(letter, site.width), text);
}

/** A support function for lanes of this width. */
function use(site: LaneSite, name: string, ...codes: readonly Code[]): Code {
  return call(site.context.support.use(name, site.width), ...codes);
}

/** Integer arithmetic of 32 bits, brought back into its lane. */
function wrapped(site: LaneSite, lane: Lane, code: Code, exact?: Range): Code {
  if (lane === 'i32' || (exact !== undefined && fitsLane(exact, lane))) return code;
  if (lane === 'u8') return infix(code, '&', number(site, 255));
  return call('extractBits', code, signed('0u'), signed(lane === 'i8' ? '8u' : '16u'));
}

/** True for a constant of zeros. */
function isZero({ definition }: LoopValue): boolean {
  if (definition?.kind === 'const') return Number(definition.value) === 0;
  return definition?.kind === 'compute' && definition.opcode === 'splat' && definition.operands.every(isZero);
}

/**
 * Integers by an operator, f32 by a function. Compilers take x * 0 for 0 and x + 0 for x, which infinite x and x = -0 are
 * not: zeros are hidden from them.
 */
const arithmetic =
  (operator: string, float: string): Spelling =>
  (site, a, b) => {
    if (site.from !== 'f32') return wrapped(site, site.from, infix(a, operator, b), site.exact);
    const [p, q] = site.instruction.operands.map((o) => o !== undefined && isZero(o));
    return use(site, float, p ? use(site, 'rounded', a) : a, q ? use(site, 'rounded', b) : b);
  };

const choice =
  (name: 'min' | 'max'): Spelling =>
  (site, a, b) =>
    site.from === 'f32' ? use(site, `float_${name}`, a, b) : call(name, bracketed(a), bracketed(b));

const bitwise =
  (operator: string, bools = operator): Spelling =>
  ({ from }, a, b) =>
    infix(a, from === 'bool' ? bools : operator, b);

/** An amount as u32; WGSL, like the loop IR, takes it modulo 32, but not where it is known to be beyond. */
function amount(site: LaneSite, b: Code): Code {
  const isLiteral = /^[0-9]+$/.test(b.text);
  if (isLiteral) return number(site, Number(b.text) & 31, 'U');
  return call(typeName('U', site.width), bracketed(b));
}

const contains = (r: Range, x: number) => r.min <= x && x <= r.max;

const divided =
  (operator: '/' | '%', name: string): Spelling =>
  (site, a, b) => {
    if (site.from === 'f32') return use(site, 'float_div', a, b);
    const divisor = site.ranges[1];
    const safe = divisor !== undefined && !contains(divisor, 0);
    return wrapped(site, site.from, safe ? infix(a, operator, b) : use(site, name, a, b), site.exact);
  };

/** On f32, `swap` and `negate` express a comparison by another one; NaN is below, above and equal to nothing. */
const comparison =
  (operator: string, float: string, { swap = false, negate = false } = {}): Spelling =>
  (site, a, b) => {
    if (site.from !== 'f32') return bracketed(infix(a, operator, b));
    const compared = swap ? use(site, float, b, a) : use(site, float, a, b);
    return negate ? prefix('!', compared) : compared;
  };

const unary =
  (ints: (a: Code) => Code, float: string): Spelling =>
  (site, a) =>
    site.from === 'f32' ? use(site, float, a) : wrapped(site, site.from, ints(a), site.exact);

const float =
  (name: string): Spelling =>
  (site, a) =>
    use(site, name, a);

const exactF32 = 2 ** 24;

const conversion: Spelling = (site, a) => {
  const { from, to, exact, ranges, width } = site;
  const type = typeName(letterOf(to), width);
  if (from === 'bool') return call(type, a);
  if (from === 'f32') return use(site, 'int_of_float', a);
  if (to !== 'f32') return wrapped(site, to, a, exact);
  const range = ranges[0];
  const isExact = range !== undefined && range.min >= -exactF32 && range.max <= exactF32;
  return isExact ? call(type, a) : use(site, 'float_of_int', a);
};

/** Limits an expression to a lane's range. */
function saturated(site: LaneSite, lane: Lane, code: Code): Code {
  const [low, high] = laneRange(lane);
  return call('clamp', bracketed(code), number(site, low), number(site, high));
}

const requantization: Spelling = (site, acc, multiplier, shift) => {
  if (site.instruction.immediates.rounding === 'single') return use(site, 'requantize_single', acc, multiplier, shift);
  const [range, factor, amounts] = site.ranges;
  const limit = 2 ** 30 - 1;
  const small = range !== undefined && range.min >= -limit && range.max <= limit;
  const down = factor !== undefined && factor.min >= 0 && amounts !== undefined && amounts.max < 0;
  return use(site, small && down ? 'requantize_double_down' : 'requantize_double', acc, multiplier, shift);
};

const spellings: Record<LaneWiseOpcode, Spelling> = {
  add: arithmetic('+', 'float_add'),
  sub: arithmetic('-', 'float_sub'),
  mul: arithmetic('*', 'float_mul'),
  div: divided('/', 'divide'),
  rem: divided('%', 'remainder'),
  min: choice('min'),
  max: choice('max'),
  and: bitwise('&'),
  or: bitwise('|'),
  xor: bitwise('^', '!='),
  shl: (site, a, b) => wrapped(site, site.from, infix(a, '<<', amount(site, b)), site.exact),
  shr: (site, a, b) => infix(a, '>>', amount(site, b)),
  shr_u: (site, a, b) => {
    const [ints, words] = [typeName('I', site.width), typeName('U', site.width)];
    return wrapped(site, site.from, call(ints, infix(call(words, a), '>>', amount(site, b))), site.exact);
  },
  abs: unary((a) => call('abs', a), 'float_abs'),
  neg: unary((a) => prefix('-', a), 'float_negate'),
  not: (_site, a) => prefix('!', a),
  sqrt: float('float_sqrt'),
  floor: float('float_floor'),
  ceil: float('float_ceil'),
  trunc: float('float_trunc'),
  nearest: float('float_nearest'),
  mul_high: (site, a, b) => use(site, 'mul_high', a, b),
  shr_round: (site, a, b) => use(site, 'shr_round', a, b),
  eq: comparison('==', 'float_equal'),
  ne: comparison('!=', 'float_equal', { negate: true }),
  lt: comparison('<', 'float_less'),
  le: comparison('<=', 'float_at_most'),
  gt: comparison('>', 'float_less', { swap: true }),
  ge: comparison('>=', 'float_at_most', { swap: true }),
  select: (_site, condition, a, b) => call('select', bracketed(b), bracketed(a), bracketed(condition)),
  convert: conversion,
  narrow: (site, a) => (fitsLane(site.ranges[0] ?? site.exact, site.to) ? a : saturated(site, site.to, a)),
  bitcast: ({ to, width }, a) => call(`bitcast<${typeName(letterOf(to), width)}>`, a),
  requantize: requantization,
  scale: (site, acc, factor) => use(site, 'requantize_half_even', acc, factor),
};

function isLaneWise(opcode: Opcode): opcode is LaneWiseOpcode {
  return Object.hasOwn(spellings, opcode);
}

/** One chunk of a lane-wise instruction without i64 operands or result. */
export function spellLanes(site: LaneSite, [a, b = a, c = a]: readonly Code[]): Code {
  const { opcode } = site.instruction;
  if (a === undefined || b === undefined || c === undefined || !isLaneWise(opcode)) {
    return internalError(`${opcode} is not lane-wise`);
  }
  return spellings[opcode](site, a, b, c);
}
