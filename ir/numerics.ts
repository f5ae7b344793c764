// The numerics contract in code: the only place of int8c that rounds, saturates or shifts. Backends spell these
// functions in their language, and the filetests hold every spelling to them. docs/numerics.md states them in prose.
//
// Sources: gemmlowp fixedpoint/fixedpoint.h (SaturatingRoundingDoublingHighMul, RoundingDivideByPOT), TensorFlow Lite
// kernels/internal/common.h and quantization_util.cc (MultiplyByQuantizedMultiplier, QuantizeMultiplier), ONNX
// operators QuantizeLinear and QLinearConv (round half to even).

import type { Requantization, Rounding } from './attributes.ts';

export const INT32_MIN = -2147483648;
export const INT32_MAX = 2147483647;

/** Clamps to [low, high]. */
export function saturate(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}

/** The lesser as `b < a ? b : a` (wasm pmin): NaN and signed zeros resolve the same way on every target. */
export const lesser = <T>(a: T, b: T): T => (b < a ? b : a);

/** The greater as `a < b ? b : a` (wasm pmax). */
export const greater = <T>(a: T, b: T): T => (a < b ? b : a);

/** Clamps to the range of i32. */
export function saturateI32(x: number): number {
  return saturate(x, INT32_MIN, INT32_MAX);
}

/**
 * floor((a * b + nudge) / 2^31) for i32 operands, without leaving doubles: b is split at 16 bits, so both partial
 * products stay below 2^53.
 */
function multiplyShiftRight31(a: number, b: number, nudge: number): number {
  const high = a * (b >> 16);
  const low = a * (b & 0xffff) + nudge;
  return Math.floor((high + Math.floor(low / 65536)) / 32768);
}

/**
 * Saturating rounding doubling high multiply of two i32: (2ab + 2^31) >> 32, ties toward positive infinity, and
 * INT32_MIN * INT32_MIN gives INT32_MAX. The instruction of that name is SQRDMULH on Arm.
 */
export function doublingHighMultiply(a: number, b: number): number {
  if (a === INT32_MIN && b === INT32_MIN) return INT32_MAX;
  return multiplyShiftRight31(a, b, 1073741824);
}

/** x / 2^exponent rounded to nearest, ties away from zero; x is an i32, exponent in [0, 31]. */
export function roundingShiftRight(x: number, exponent: number): number {
  if (exponent === 0) return x;
  if (exponent === 31) return x <= -1073741824 ? -1 : x >= 1073741824 ? 1 : 0;
  const mask = (1 << exponent) - 1;
  const threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/** Nearest integer, ties to even, with the sign of x where that is 0 (as instructions have it). Exact for every double. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
  const rounded = up ? down + 1 : down;
  return rounded === 0 && x < 0 ? -0 : rounded;
}

/** Nearest integer, ties away from zero (C's round). Exact for every double. */
export function roundHalfAway(x: number): number {
  const magnitude = Math.abs(x);
  const down = Math.floor(magnitude);
  const rounded = magnitude - down >= 0.5 ? down + 1 : down;
  return x < 0 ? -rounded : rounded;
}

/** An f32 to i32 conversion toward zero that saturates; NaN gives 0 (wasm's trunc_sat, WGSL's and Arm's conversion). */
export function truncateToI32(x: number): number {
  // The last step makes 0 of -0, which no integer is.
  return Number.isNaN(x) ? 0 : saturateI32(Math.trunc(x)) | 0;
}

/** An i64 to f32 conversion with one rounding, to nearest even: bits that a double cannot hold are folded into a sticky bit first. */
export function roundLongToF32(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  let drop = 0n;
  while (magnitude >> drop >= 1n << 53n) drop++;
  const kept = magnitude >> drop;
  const sticky = kept << drop !== magnitude ? 1n : 0n;
  const rounded = Math.fround(Number(kept | sticky)) * 2 ** Number(drop);
  return x < 0n ? -rounded : rounded;
}

/** Rounding `double`: TensorFlow Lite's MultiplyByQuantizedMultiplier with two roundings. The left shift wraps. */
export function requantizeDouble(x: number, multiplier: number, shift: number): number {
  const left = shift > 0 ? shift : 0;
  return roundingShiftRight(doublingHighMultiply(x << left, multiplier), left - shift);
}

/** Rounding `single`: one 64-bit product, one rounding shift, ties toward positive infinity; the result wraps to i32. */
export function requantizeSingle(x: number, multiplier: number, shift: number): number {
  return Number(BigInt.asIntN(32, requantizeSingleWide(BigInt(x), multiplier, shift)));
}

/** `single` on a 64-bit accumulator, exact; not yet wrapped to i32. */
export function requantizeSingleWide(x: bigint, multiplier: number, shift: number): bigint {
  const total = BigInt(31 - shift);
  return (x * BigInt(multiplier) + (1n << (total - 1n))) >> total;
}

/** Rounding `half-even`: the accumulator as f32 times the factor in f32, to the nearest integer, ties to even. */
export function requantizeHalfEven(x: number, scale: number): number {
  return saturateI32(roundHalfEven(Math.fround(Math.fround(x) * scale)));
}

/**
 * Requantizes one accumulator with channel parameters, without zero point and clamp: an i32. A 64-bit accumulator is
 * saturated to i32 first for `double` and `half-even`, and multiplied exactly for `single`.
 */
export function requantizeScalar(x: number | bigint, rounding: Rounding, factor: Factor): number {
  if (rounding === 'single') {
    return typeof x === 'bigint'
      ? Number(BigInt.asIntN(32, requantizeSingleWide(x, factor.multiplier, factor.shift)))
      : requantizeSingle(x, factor.multiplier, factor.shift);
  }
  const narrow = typeof x === 'bigint' ? saturateI32(Number(x)) : x;
  return rounding === 'double'
    ? requantizeDouble(narrow, factor.multiplier, factor.shift)
    : requantizeHalfEven(narrow, factor.scale);
}

/** The parameters of one channel. */
export interface Factor {
  readonly multiplier: number;
  readonly shift: number;
  readonly scale: number;
}

/** Channel `c` of a requantization that has one factor, or one per channel. */
export function factorOf(r: Requantization, c: number): Factor {
  if (r.rounding === 'half-even') return { multiplier: 0, shift: 0, scale: r.scale[r.scale.length === 1 ? 0 : c]! };
  const i = r.multiplier.length === 1 ? 0 : c;
  return { multiplier: r.multiplier[i]!, shift: r.shift[i]!, scale: 0 };
}

/**
 * The whole epilogue for channel `c`: requantize, add the zero point, clamp. The integer roundings add in 32 bits and may
 * wrap there, as TensorFlow Lite's kernels do; `half-even` adds before anything is limited, as ONNX says.
 */
export function applyRequantization(x: number | bigint, r: Requantization, c: number): number {
  const sum = requantizeScalar(x, r.rounding, factorOf(r, c)) + r.zero;
  return saturate(r.rounding === 'half-even' ? sum : sum | 0, r.clamp[0], r.clamp[1]);
}

/**
 * A non-negative real factor as a 31-bit multiplier and an exponent: real = multiplier * 2^(shift - 31), multiplier in
 * [2^30, 2^31) or 0 (TensorFlow Lite's QuantizeMultiplier).
 */
export function quantizeMultiplier(real: number): { multiplier: number; shift: number } {
  if (real === 0) return { multiplier: 0, shift: 0 };
  let { mantissa, exponent } = frexp(real);
  let q = roundHalfAway(mantissa * 2147483648);
  if (q === 2147483648) {
    q /= 2;
    exponent++;
  }
  if (exponent < -31) return { multiplier: 0, shift: 0 };
  if (exponent > 30) return { multiplier: INT32_MAX, shift: 30 };
  mantissa = q;
  return { multiplier: q, shift: exponent };
}

/** real = mantissa * 2^exponent with mantissa in [0.5, 1), for positive finite numbers (C's frexp). */
export function frexp(real: number): { mantissa: number; exponent: number } {
  let exponent = 0;
  let mantissa = real;
  // Denormals are brought into the normal range first, so that the exponent bits can be read.
  if (mantissa < 2.2250738585072014e-308) {
    mantissa *= 2 ** 64;
    exponent -= 64;
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, mantissa);
  exponent += ((view.getUint32(0) >>> 20) & 0x7ff) - 1022;
  view.setUint32(0, (view.getUint32(0) & 0x800fffff) | 0x3fe00000);
  return { mantissa: view.getFloat64(0), exponent };
}

/**
 * The 16-bit multiplier that TensorFlow Lite's 16x8 kernels use on 64-bit accumulators, as a 31-bit multiplier whose
 * low 16 bits are zero (common.h, MultiplyByQuantizedMultiplier for int64_t).
 */
export function reduceMultiplier(multiplier: number): number {
  return multiplier < 0x7fff0000 ? Math.floor((multiplier + 0x8000) / 65536) * 65536 : 0x7fff0000;
}
