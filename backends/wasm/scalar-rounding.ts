// The roundings of the numerics contract (ir/numerics.ts) on scalar WebAssembly values. Products take 64 bits, of which
// WebAssembly has all it needs; intervals of the operands leave out what cannot happen.
import type { Range } from '../../ir/loops/range-rules.ts';
import type { Expression, Piece } from './function-code.ts';
import { mayBe, type Site, wasmTypes } from './site.ts';

const leastI32 = -(2 ** 31);

/** 2ab / 2^32 to nearest, ties up, as i64: at most 2^31, which only the product of two INT32_MIN gives. */
function highProduct({ code: { module: m } }: Site, a: Piece, b: Piece): Expression {
  const { i64 } = m;
  const product = i64.mul(i64.extend_s(a()), i64.extend_s(b()));
  return i64.shr_s(i64.add(product, i64.const(1n << 30n)), i64.const(31n));
}

/** The same as i32, saturated where both operands can be INT32_MIN. */
function saturatedHighProduct(site: Site, a: Piece, b: Piece, ranges: readonly (Range | undefined)[]): Expression {
  const { code } = site;
  const { i32, i64 } = code.module;
  const high = highProduct(site, a, b);
  if (!ranges.every((r) => mayBe(r, leastI32))) return i32.wrap(high);
  const held = code.hold(wasmTypes.i64, high);
  const limit = () => i64.const(2n ** 31n - 1n);
  return i32.wrap(code.module.select(i64.gt_s(held(), limit()), limit(), held()));
}

export function spellHighProduct(site: Site, a: Piece, b: Piece): Expression {
  return saturatedHighProduct(site, a, b, site.ranges);
}

/**
 * x / 2^n to nearest, ties away from zero, for n in [0, 31]: the rest decides whether the floor goes up. For n = 31 the
 * mask wraps to 2^31 - 1, as it should.
 */
export function spellRoundingShift({ code }: Site, x: Piece, n: Piece): Expression {
  const { i32 } = code.module;
  const mask = code.hold(wasmTypes.i32, i32.sub(i32.shl(i32.const(1), n()), i32.const(1)));
  const threshold = i32.add(i32.shr_u(mask(), i32.const(1)), i32.lt_s(x(), i32.const(0)));
  return i32.add(i32.shr_s(x(), n()), i32.gt_s(i32.and(x(), mask()), threshold));
}

export function spellRequantize(site: Site, acc: Piece, multiplier: Piece, shift: Piece): Expression {
  if (site.instruction.immediates.rounding === 'double') {
    return requantizeDouble(site, site.from === 'i64' ? saturated(site, acc) : acc, multiplier, shift);
  }
  return site.from === 'i64'
    ? requantizeSingleLong(site, acc, multiplier, shift)
    : single(site, acc, multiplier, shift);
}

/** An i64 saturated to i32. */
function saturated({ code, ranges: [known] }: Site, x: Piece): Piece {
  const { module: m } = code;
  let value = x;
  const limit = (beyond: 'lt_s' | 'gt_s', end: bigint) => {
    const before = value;
    const edge = () => m.i64.const(end);
    value = code.hold(wasmTypes.i64, m.select(m.i64[beyond](before(), edge()), edge(), before()));
  };
  if (known === undefined || known.min < leastI32) limit('lt_s', -(2n ** 31n));
  if (known === undefined || known.max >= 2 ** 31) limit('gt_s', 2n ** 31n - 1n);
  return code.hold(wasmTypes.i32, m.i32.wrap(value()));
}

/** The greater of an i32 expression and 0. */
function positive({ code }: Site, value: Expression): Piece {
  const { module: m } = code;
  const held = code.hold(wasmTypes.i32, value);
  return code.hold(wasmTypes.i32, m.select(m.i32.gt_s(held(), m.i32.const(0)), held(), m.i32.const(0)));
}

/** Two roundings: the high product, and a shift right that ties away from zero. */
function requantizeDouble(site: Site, acc: Piece, multiplier: Piece, shift: Piece): Expression {
  const { code } = site;
  const { i32, i64 } = code.module;
  const [, factors, shifts] = site.ranges;
  const goesLeft = shifts === undefined || shifts.max > 0;
  const left = goesLeft ? positive(site, shift()) : undefined;
  const x = left === undefined ? acc : code.hold(wasmTypes.i32, i32.shl(acc(), left()));
  if (shifts !== undefined && shifts.max < 0 && !mayBe(factors, leastI32)) {
    // In 64 bits the sign can be added before the second rounding, which makes its ties go away from zero.
    const high = code.hold(wasmTypes.i64, highProduct(site, x, multiplier));
    const right = code.hold(wasmTypes.i64, i64.extend_s(i32.sub(i32.const(0), shift())));
    const half = i64.shl(i64.const(1n), i64.sub(right(), i64.const(1n)));
    const sign = i64.shr_s(high(), i64.const(63n));
    return i32.wrap(i64.shr_s(i64.add(i64.add(high(), sign), half), right()));
  }
  const high = code.hold(wasmTypes.i32, saturatedHighProduct(site, x, multiplier, [undefined, factors]));
  const down = i32.sub(i32.const(0), shift());
  const right = goesLeft ? positive(site, down) : code.hold(wasmTypes.i32, down);
  return spellRoundingShift(site, high, right);
}

/** One rounding of the whole product; its result keeps the low 32 bits. */
function single({ code }: Site, acc: Piece, multiplier: Piece, shift: Piece): Expression {
  const { i32, i64 } = code.module;
  const total = code.hold(wasmTypes.i64, i64.extend_s(i32.sub(i32.const(31), shift())));
  const product = i64.mul(i64.extend_s(acc()), i64.extend_s(multiplier()));
  const half = i64.shl(i64.const(1n), i64.sub(total(), i64.const(1n)));
  return i32.wrap(i64.shr_s(i64.add(product, half), total()));
}

/**
 * `single` on a 64-bit accumulator: the product has up to 95 bits, kept as high * 2^32 + low. Shifted by more than 32 the
 * low word only matters by what it carried, because the rounding constant is a multiple of 2^32 then.
 */
function requantizeSingleLong({ code, ranges }: Site, acc: Piece, multiplier: Piece, shift: Piece): Expression {
  const { module: m } = code;
  const { i32, i64 } = m;
  const long = (value: Expression) => code.hold(wasmTypes.i64, value);
  const word = () => i64.const(0xffffffffn);
  const factor = long(i64.extend_s(multiplier()));
  const total = long(i64.extend_s(i32.sub(i32.const(31), shift())));
  const low = long(i64.mul(i64.and(acc(), word()), factor()));
  const carry = i64.shr_s(low(), i64.const(32n));
  const high = long(i64.add(i64.mul(i64.shr_s(acc(), i64.const(32n)), factor()), carry));
  const far = () => {
    const half = i64.shl(i64.const(1n), i64.sub(total(), i64.const(33n)));
    return i32.wrap(i64.shr_s(i64.add(high(), half), i64.sub(total(), i64.const(32n))));
  };
  const shifts = ranges[2];
  if (shifts !== undefined && shifts.max < -1) return far();
  const near = () => {
    const half = i64.shl(i64.const(1n), i64.sub(total(), i64.const(1n)));
    const rest = long(i64.add(i64.and(low(), word()), half));
    const up = long(i64.add(high(), i64.shr_u(rest(), i64.const(32n))));
    const upper = i64.shl(up(), i64.sub(i64.const(32n), total()));
    return i32.wrap(i64.or(upper, i64.shr_u(i64.and(rest(), word()), total())));
  };
  // Both are computed: amounts that are negative are masked and their results not chosen.
  return m.select(i64.gt_s(total(), i64.const(32n)), far(), near());
}

/** `half-even`: as f32, times the factor, to the nearest integer, ties to even, saturated. */
export function spellScale({ code: { module: m } }: Site, acc: Piece, factor: Piece): Expression {
  return m.i32.trunc_s_sat.f32(m.f32.nearest(m.f32.mul(m.f32.convert_s.i32(acc()), factor())));
}
