// How each opcode of the loop IR reads in C on scalars. On small lanes of vectors the same spellings work in int32_t,
// to which C widens them; the result is brought back into its lane.
import { internalError } from '../../ir/diagnostics.ts';
import type { Immediates, Opcode } from '../../ir/loops/opcodes.ts';
import { addRanges, exactRange, fitsLane, fullRange, type Range } from '../../ir/loops/range-rules.ts';
import { type Lane, loopType } from '../../ir/loops/types.ts';
import { laneType } from './c-types.ts';
import { type Code, call, cast, conditional, type InfixOperator, infix, prefix, primary } from './code.ts';
import type { Support } from './support.ts';

export interface ScalarOperand {
  readonly code: Code;
  readonly lane: Lane;
  /** What the operand can be: where nothing can overflow, the plain operator is printed. */
  readonly range: Range;
}

interface Spelling {
  readonly operands: readonly ScalarOperand[];
  readonly codes: readonly Code[];
  readonly result: Lane;
  readonly immediates: Immediates;
  readonly support: Support;
  /** True when the result, computed without wrapping, stays in its register: no care for overflow is needed. */
  readonly isPlain: boolean;
}

type Spell = (s: Spelling) => Code;

/** Where C computes this lane: small ones in int32_t. */
const register = (lane: Lane): 'i32' | 'i64' | 'f32' | 'bool' =>
  lane === 'i64' || lane === 'f32' || lane === 'bool' ? lane : 'i32';

const operator =
  (sign: InfixOperator): Spell =>
  ({ codes: [a, b] }) =>
    infix(a!, sign, b!);

/** A support function with the register type in its name. */
const helper =
  (name: string): Spell =>
  ({ codes, operands, support }) =>
    call(support.use(`${name}_${register(operands[0]!.lane)}`), codes);

/** The operator itself for floats and where nothing wraps, else the function that wraps. */
const wrapping =
  (sign: InfixOperator, name: string): Spell =>
  (s) =>
    s.isPlain || s.operands[0]!.lane === 'f32' ? operator(sign)(s) : helper(name)(s);

/** a + (b + c) is printed a + b + c where the sum of a and b cannot overflow either. */
const sum: Spell = (s) => {
  const [a, right] = s.codes;
  const { operator: inner, left: b, right: c } = right?.infix ?? {};
  const lane = s.operands[0]!.lane;
  const isSum = s.isPlain && (inner === '+' || inner === '-');
  if (!isSum || a?.range === undefined || b?.range === undefined) return wrapping('+', 'wrap_add')(s);
  return fitsLane(addRanges(a.range, b.range), register(lane))
    ? infix(infix(a, '+', b), inner, c!)
    : infix(a, '+', right!);
};

const contains = (r: Range, x: number) => r.min <= x && x <= r.max;
const isWithin = (r: Range, min: number, max: number) => r.min >= min && r.max <= max;

const dividing =
  (sign: '/' | '%', name: string): Spell =>
  (s) => {
    const [a, b] = s.operands;
    if (a!.lane === 'f32') return operator(sign)(s);
    const overflows = contains(b!.range, -1) && contains(a!.range, fullRange(register(a!.lane)).min);
    return contains(b!.range, 0) || overflows ? helper(name)(s) : operator(sign)(s);
  };

/** An operator, unless both sides read the same: compilers warn of that, and a function's arguments may. */
const comparing =
  (sign: InfixOperator, name: string): Spell =>
  (s) => {
    const [a, b] = s.codes;
    const lane = register(s.operands[0]!.lane);
    if (lane === 'f32' || a!.text !== b!.text) return operator(sign)(s);
    return call(s.support.use(`${name}_${lane === 'i64' ? 'i64' : 'i32'}`), s.codes);
  };

const bitwise =
  (sign: '&' | '|' | '^', logical: InfixOperator): Spell =>
  (s) =>
    s.operands[0]!.lane !== 'bool'
      ? operator(sign)(s)
      : logical === '!='
        ? comparing('!=', 'ne')(s)
        : operator(logical)(s);

/** A shift's amount, masked unless it is known to be in range. */
function amount(s: Spelling): Code {
  const [a, b] = s.operands;
  const top = a!.lane === 'i64' ? 63 : 31;
  return isWithin(b!.range, 0, top) ? b!.code : infix(b!.code, '&', primary(String(top)));
}

/** The function of math.h; correctly rounded, so that it is the same everywhere. */
const math =
  (name: string): Spell =>
  ({ codes, support }) => {
    support.header('math.h');
    return call(name, codes);
  };

const spellings: Partial<Record<Opcode, Spell>> = {
  add: sum,
  sub: wrapping('-', 'wrap_sub'),
  mul: wrapping('*', 'wrap_mul'),
  div: dividing('/', 'div'),
  rem: dividing('%', 'rem'),
  min: helper('min'),
  max: helper('max'),
  and: bitwise('&', '&&'),
  or: bitwise('|', '||'),
  xor: bitwise('^', '!='),
  shl: (s) => (s.isPlain && s.operands[0]!.range.min >= 0 ? operator('<<')(s) : helper('wrap_shl')(s)),
  shr: (s) => infix(s.codes[0]!, '>>', amount(s)),
  shr_u: (s) => cast('int32_t', infix(cast('uint32_t', s.codes[0]!), '>>', amount(s))),
  abs: helper('abs'),
  neg: (s) => (s.isPlain || s.result === 'f32' ? prefix('-', s.codes[0]!) : helper('wrap_neg')(s)),
  not: ({ codes }) => prefix('!', codes[0]!),
  sqrt: math('sqrtf'),
  floor: math('floorf'),
  ceil: math('ceilf'),
  trunc: math('truncf'),
  nearest: math('rintf'),
  mul_high: ({ operands, codes, support }) => {
    const saturates = operands.every((o) => contains(o.range, fullRange('i32').min));
    return call(support.use(saturates ? 'mul_high_saturating' : 'mul_high'), codes);
  },
  shr_round: ({ codes, support }) => call(support.use('shr_round'), codes),
  eq: comparing('==', 'eq'),
  ne: comparing('!=', 'ne'),
  lt: comparing('<', 'lt'),
  le: comparing('<=', 'le'),
  gt: comparing('>', 'gt'),
  ge: comparing('>=', 'ge'),
  select: ({ codes: [c, a, b] }) => conditional(c!, a!, b!),
  convert: ({ operands: [x], result, support }) =>
    x!.lane === 'f32' ? call(support.use('truncate_f32'), [x!.code]) : cast(laneType(result), x!.code),
  narrow,
  bitcast: ({ codes, result, support }) => call(support.use(result === 'f32' ? 'f32_of_bits' : 'bits_of_f32'), codes),
  requantize,
  scale: ({ codes, support }) => call(support.use('scale_f32'), codes),
};

function narrow(s: Spelling): Code {
  const [x] = s.operands;
  const { min, max } = fullRange(s.result);
  if (isWithin(x!.range, min, max)) return cast(laneType(s.result), x!.code);
  if (s.result === 'i32') return call(s.support.use('narrow_i32'), [x!.code]);
  // Limits of a small lane fit every register.
  const lane = register(x!.lane);
  const limits = [primary(String(max)), min < 0 ? prefix('-', primary(String(-min))) : primary(String(min))];
  const lower = call(s.support.use(`min_${lane}`), [x!.code, limits[0]!]);
  return cast(laneType(s.result), call(s.support.use(`max_${lane}`), [lower, limits[1]!]));
}

function requantize({ operands, codes, immediates, support }: Spelling): Code {
  const [acc, multiplier, shift] = operands;
  const isLong = acc!.lane === 'i64';
  if (immediates.rounding === 'single') {
    return call(support.use(isLong ? 'requantize_single_i64' : 'requantize_single'), codes);
  }
  const x = isLong ? call(support.use('narrow_i32'), [codes[0]!]) : codes[0]!;
  const limit = 2 ** 30 - 1;
  const down = isWithin(acc!.range, -limit, limit) && multiplier!.range.min >= 0 && isWithin(shift!.range, -31, -1);
  const saturates = contains(multiplier!.range, fullRange('i32').min);
  const name = down ? 'requantize_double_down' : saturates ? 'requantize_double_saturating' : 'requantize_double';
  return call(support.use(name), [x, codes[1]!, codes[2]!]);
}

/** A loop type with this lane, for interval rules: small lanes have no scalar type. */
const rangeType = (lane: Lane) => loopType(lane, register(lane) === lane ? 1 : 2);

/** True for opcodes that work lane by lane: on vectors they are these spellings in a loop over lanes. */
export function isLaneWise(opcode: Opcode): boolean {
  return spellings[opcode] !== undefined;
}

/**
 * An opcode on scalars (or on one lane of each operand). The text has the C type of `result`; on small lanes, that is
 * after the cast that keeps the low bits.
 */
export function spellScalar(
  opcode: Opcode,
  operands: readonly ScalarOperand[],
  result: Lane,
  immediates: Immediates,
  support: Support,
): Code {
  const spell = spellings[opcode] ?? internalError(`the C backend does not spell ${opcode} on scalars`);
  for (const lane of [result, ...operands.map((o) => o.lane)]) {
    if (lane === 'f32') support.header('float.h');
    if (lane === 'bool') support.header('stdbool.h');
  }
  const exact = exactRange(
    opcode,
    operands.map((o) => o.range),
    operands.map((o) => rangeType(o.lane)),
    rangeType(result),
    immediates,
  );
  const isPlain = register(result) !== 'f32' && fitsLane(exact, register(result));
  const codes = operands.map((o) => ({ ...o.code, range: o.range }));
  const code = spell({ operands, codes, result, immediates, support, isPlain });
  const isSmall = result !== 'bool' && register(result) !== result;
  const isCast = opcode === 'convert' || opcode === 'narrow';
  return isSmall && !isCast ? cast(laneType(result), code) : code;
}
