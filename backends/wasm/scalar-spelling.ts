// Lane-wise opcodes on scalar WebAssembly values: each row gives the expression of one lane. Lanes of small integers are
// i32 values within their range, bool is 0 or 1. WebAssembly's integers wrap and its floats round each operation once, as
// the loop IR's do, so most rows are one instruction.
import { laneRange } from '../../ir/loops/opcodes.ts';
import { fitsLane, type Range } from '../../ir/loops/range-rules.ts';
import type { Lane } from '../../ir/loops/types.ts';
import type { Expression, Piece } from './function-code.ts';
import { spellHighProduct, spellRequantize, spellRoundingShift, spellScale } from './scalar-rounding.ts';
import { scalarType } from './shape.ts';
import { constant, type LaneWiseOpcode, mayBe, type Site, wasmTypes } from './site.ts';

type Row = (site: Site, a: Piece, b: Piece, c: Piece) => Expression;

/** Brings an i32 expression into a small lane; `exact` is what it can be. */
function wrapped(site: Site, lane: Lane, value: Expression, exact: Range): Expression {
  const { module: m } = site.code;
  if (scalarType(lane) !== 'i32' || lane === 'i32' || lane === 'bool' || fitsLane(exact, lane)) return value;
  if (lane === 'i8') return m.i32.extend8_s(value);
  if (lane === 'i16') return m.i32.extend16_s(value);
  return m.i32.and(value, m.i32.const(0xff));
}

type Arithmetic = 'add' | 'sub' | 'mul';

const arithmetic =
  (name: Arithmetic): Row =>
  (site, a, b) =>
    wrapped(site, site.from, site.code.module[scalarType(site.from)][name](a(), b()), site.exact);

/** Rows on the i32 or i64 that hold integer lanes. */
type IntegerName = 'and' | 'or' | 'xor' | 'shl' | 'shr_s';

const integer =
  (name: IntegerName): Row =>
  (site, a, b) => {
    const { i32, i64 } = site.code.module;
    const value = site.from === 'i64' ? i64[name](a(), b()) : i32[name](a(), b());
    return name === 'shl' ? wrapped(site, site.from, value, site.exact) : value;
  };

const comparison =
  (name: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'): Row =>
  ({ code: { module: m }, from }, a, b) => {
    if (from === 'f32') return m.f32[name](a(), b());
    const signed = name === 'eq' || name === 'ne' ? name : (`${name}_s` as const);
    return from === 'i64' ? m.i64[signed](a(), b()) : m.i32[signed](a(), b());
  };

/** `b < a ? b : a` and `a < b ? b : a`. */
const choice =
  (left: 0 | 1): Row =>
  (site, a, b) => {
    const [x, y] = left === 1 ? [b, a] : [a, b];
    return site.code.module.select(comparison('lt')(site, x, y, x), b(), a());
  };

/** WebAssembly traps where the IR has a value: a zero divisor, and the least number by -1. */
const division: Row = (site, a, b) => {
  const { module: m } = site.code;
  const type = scalarType(site.from);
  if (type === 'f32') return m.f32.div(a(), b());
  const zero = constant(m, type, 0);
  const [dividend, divisor] = site.ranges;
  const least = type === 'i64' ? -(2 ** 63) : -(2 ** 31);
  const overflows = mayBe(divisor, -1) && mayBe(dividend, least);
  let value = m[type].div_s(a(), b());
  if (overflows) {
    value = m.if(m[type].eq(b(), constant(m, type, -1)), m[type].sub(constant(m, type, 0), a()), value);
  }
  if (mayBe(divisor, 0)) value = m.if(m[type].eqz(b()), zero, value);
  return wrapped(site, site.from, value, site.exact);
};

const remainder: Row = (site, a, b) => {
  const { module: m } = site.code;
  const type = site.from === 'i64' ? 'i64' : 'i32';
  const value = m[type].rem_s(a(), b());
  return mayBe(site.ranges[1], 0) ? m.if(m[type].eqz(b()), a(), value) : value;
};

const magnitude: Row = (site, a) => {
  const { module: m } = site.code;
  if (site.from === 'f32') return m.f32.abs(a());
  const type = site.from === 'i64' ? 'i64' : 'i32';
  const sign = () => m[type].shr_s(a(), constant(m, type, type === 'i64' ? 63 : 31));
  return wrapped(site, site.from, m[type].sub(m[type].xor(a(), sign()), sign()), site.exact);
};

const negation: Row = (site, a) => {
  const { module: m } = site.code;
  if (site.from === 'f32') return m.f32.neg(a());
  const type = site.from === 'i64' ? 'i64' : 'i32';
  return wrapped(site, site.from, m[type].sub(constant(m, type, 0), a()), site.exact);
};

const rounding =
  (name: 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'nearest'): Row =>
  ({ code }, a) =>
    code.module.f32[name](a());

const conversion: Row = (site, a) => {
  const { module: m } = site.code;
  const [from, to] = [scalarType(site.from), scalarType(site.to)];
  if (from === 'f32') return m.i32.trunc_s_sat.f32(a());
  if (to === 'f32') return from === 'i64' ? m.f32.convert_s.i64(a()) : m.f32.convert_s.i32(a());
  if (to === 'i64') return from === 'i64' ? a() : m.i64.extend_s(a());
  return wrapped(site, site.to, from === 'i64' ? m.i32.wrap(a()) : a(), site.ranges[0] ?? site.exact);
};

const narrowing: Row = (site, a) => {
  const { module: m } = site.code;
  const from = site.from === 'i64' ? 'i64' : 'i32';
  const known = site.ranges[0] ?? site.exact;
  const [low, high] = laneRange(site.to);
  let value = a;
  const limit = (beyond: 'lt_s' | 'gt_s', end: number) => {
    const [before, edge] = [value, () => constant(m, from, end)];
    value = site.code.hold(wasmTypes[from], m.select(m[from][beyond](before(), edge()), edge(), before()));
  };
  if (known.min < low) limit('lt_s', low);
  if (known.max > high) limit('gt_s', high);
  return from === 'i64' ? m.i32.wrap(value()) : value();
};

/** For a logical shift, small lanes are as the language has them: sign-extended to 32 bits. */
const logicalShift: Row = (site, a, b) => wrapped(site, site.from, site.code.module.i32.shr_u(a(), b()), site.exact);

const rows: Record<LaneWiseOpcode, Row> = {
  add: arithmetic('add'),
  sub: arithmetic('sub'),
  mul: arithmetic('mul'),
  div: division,
  rem: remainder,
  min: choice(1),
  max: choice(0),
  and: integer('and'),
  or: integer('or'),
  xor: integer('xor'),
  shl: integer('shl'),
  shr: integer('shr_s'),
  shr_u: logicalShift,
  abs: magnitude,
  neg: negation,
  not: ({ code }, a) => code.module.i32.eqz(a()),
  sqrt: rounding('sqrt'),
  floor: rounding('floor'),
  ceil: rounding('ceil'),
  trunc: rounding('trunc'),
  nearest: rounding('nearest'),
  mul_high: (site, a, b) => wrapped(site, site.from, spellHighProduct(site, a, b), site.exact),
  shr_round: (site, a, b) => wrapped(site, site.from, spellRoundingShift(site, a, b), site.exact),
  eq: comparison('eq'),
  ne: comparison('ne'),
  lt: comparison('lt'),
  le: comparison('le'),
  gt: comparison('gt'),
  ge: comparison('ge'),
  select: ({ code }, condition, a, b) => code.module.select(condition(), a(), b()),
  convert: conversion,
  narrow: narrowing,
  bitcast: ({ code: { module: m }, to }, a) => (to === 'f32' ? m.f32.reinterpret(a()) : m.i32.reinterpret(a())),
  requantize: spellRequantize,
  scale: spellScale,
};

/** One lane of a lane-wise instruction, from its operands' lanes. */
export function spellScalar(site: Site, operands: readonly Piece[]): Expression {
  const [a, b, c] = operands as [Piece, Piece?, Piece?];
  return rows[site.instruction.opcode as LaneWiseOpcode](site, a, b ?? a, c ?? a);
}

export function isLaneWise(opcode: string): opcode is LaneWiseOpcode {
  return Object.hasOwn(rows, opcode);
}
