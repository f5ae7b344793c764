// Rounding shifts, high products and requantization of four i32 lanes at a time, exact by construction: products of 64
// bits from extmul, of which 32 bits are kept. WebAssembly has no shifts by a different amount for each lane; a shift
// right by n is a product with 2^(31 - n) and a shift by 31, and powers of two are made as the bits of floats.
import binaryen from 'binaryen';
import type { Range } from '../../ir/loops/range-rules.ts';
import type { Expression, FunctionCode, Piece } from './function-code.ts';
import { mayBe, type Site } from './site.ts';

const leastI32 = -(2 ** 31);

const splatI32 = ({ module: m }: FunctionCode, value: number): Expression => m.i32x4.splat(m.i32.const(value));

/** The low 32 bits of (a * b + 2^30 * `nudge`) >> 31 for each lane. */
function productShifted31(code: FunctionCode, a: Piece, b: Piece, nudge: boolean): Expression {
  const { module: m } = code;
  const half = (side: 'low' | 'high') => {
    const product = m.i64x2[`extmul_${side}_i32x4_s` as const](a(), b());
    const sum = nudge ? m.i64x2.add(product, m.i64x2.splat(m.i64.const(1n << 30n))) : product;
    // The upper bits are dropped, so the sign need not be shifted in.
    return m.i64x2.shr_u(sum, m.i32.const(31));
  };
  return m.i8x16.shuffle(half('low'), half('high'), [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
}

/** 2ab / 2^32 to nearest, ties up, saturated where both can be INT32_MIN. */
export function highProducts(
  code: FunctionCode,
  a: Piece,
  b: Piece,
  ranges: readonly (Range | undefined)[],
): Expression {
  const { module: m } = code;
  const high = productShifted31(code, a, b, true);
  if (!ranges.every((r) => mayBe(r, leastI32))) return high;
  // The one product that does not fit has wrapped to INT32_MIN: all bits of it must change.
  const least = (x: Piece) => m.i32x4.eq(x(), splatI32(code, leastI32));
  return m.v128.xor(high, m.v128.and(least(a), least(b)));
}

/** 2^e for each lane, e + `bias` being given; e in [0, 30]. */
function powersOfTwo(code: FunctionCode, biased: Expression): Piece {
  const { module: m } = code;
  return code.hold(binaryen.v128, m.i32x4.trunc_sat_f32x4_s(m.i32x4.shl(biased, m.i32.const(23))));
}

/** Exponent of a float that is 1. */
const floatBias = 127;

/**
 * `double`: the high product t of acc * 2^left, then t / 2^right to nearest, ties away from zero. The second rounding is
 * (t - (t < 0) + 2^(right - 1)) >> right; t is greater than INT32_MIN for every pair of factors, so taking 1 off it
 * cannot wrap.
 */
export function requantizeDoubleLanes(site: Site, acc: Piece, multiplier: Piece, shift: Piece): Expression {
  const { code, ranges } = site;
  const { module: m } = code;
  const [accumulators, factors, shifts] = ranges;
  const hold = (value: Expression) => code.hold(binaryen.v128, value);
  const mayGoLeft = shifts === undefined || shifts.max > 0;
  let x = acc;
  if (mayGoLeft) {
    const left = m.i32x4.max_s(shift(), splatI32(code, 0));
    const power = powersOfTwo(code, m.i32x4.add(left, splatI32(code, floatBias)));
    x = hold(m.i32x4.mul(acc(), power()));
  }
  const high = hold(highProducts(code, x, multiplier, [mayGoLeft ? undefined : accumulators, factors]));
  const mayStay = shifts === undefined || shifts.max >= 0;
  // 2^(31 - right): for the lanes that are not shifted right, anything.
  const biased = m.i32x4.add(shift(), splatI32(code, 31 + floatBias));
  const power = powersOfTwo(code, mayStay ? m.i32x4.min_s(biased, splatI32(code, 30 + floatBias)) : biased);
  const lowered = hold(m.i32x4.add(high(), m.i32x4.shr_s(high(), m.i32.const(31))));
  const rounded = productShifted31(code, lowered, power, true);
  if (!mayStay) return rounded;
  return m.v128.bitselect(high(), rounded, m.i32x4.gt_s(shift(), splatI32(code, -1)));
}

/**
 * `single` where every shift goes right: the floor of acc * multiplier / 2^31, then the rest of the shift with the
 * rounding constant, which is a multiple of what the first step dropped. Undefined where shifts can go left.
 */
export function requantizeSingleLanes(site: Site, acc: Piece, multiplier: Piece, shift: Piece): Expression | undefined {
  const { code, ranges } = site;
  const { module: m } = code;
  const [accumulators, factors, shifts] = ranges;
  if (shifts === undefined || shifts.max >= 0) return undefined;
  if (mayBe(accumulators, leastI32) && mayBe(factors, leastI32)) return undefined;
  const floor = code.hold(binaryen.v128, productShifted31(code, acc, multiplier, false));
  const power = powersOfTwo(code, m.i32x4.add(shift(), splatI32(code, 31 + floatBias)));
  return productShifted31(code, floor, power, true);
}

/** x / 2^n to nearest, ties away from zero, for one n in [0, 31]: the rest decides whether the floor goes up. */
export function roundingShiftLanes(code: FunctionCode, x: Piece, amount: Piece): Expression {
  const { module: m } = code;
  const mask = code.hold(binaryen.v128, m.i32x4.splat(m.i32.sub(m.i32.shl(m.i32.const(1), amount()), m.i32.const(1))));
  const negative = m.i32x4.shr_s(x(), m.i32.const(31));
  const threshold = m.i32x4.sub(m.i32x4.shr_u(mask(), m.i32.const(1)), negative);
  const up = m.i32x4.gt_s(m.v128.and(x(), mask()), threshold);
  return m.i32x4.sub(m.i32x4.shr_s(x(), amount()), up);
}
