// Integer functions that WGSL has no operator for: divisions with the loop IR's meaning, and the roundings of
// docs/numerics.md on 32-bit accumulators, exact in 32-bit arithmetic.
import type { SupportFunction } from './support.ts';

/**
 * The 64-bit product of two i32 from 16-bit halves: `high` is its upper word, `middle` has bits 16 to 31 of the lower
 * word in its low half. No partial sum leaves i32: |ah * bl| <= 2^15 * (2^16 - 1), which leaves room for 2^16.
 */
const product = `
  let al = a & $I(0xffff);
  let ah = a >> $U(16u);
  let bl = b & $I(0xffff);
  let bh = b >> $U(16u);
  let low = $U(al) * $U(bl);
  let cross = ah * bl + $I(low >> $U(16u));
  let middle = al * bh + (cross & $I(0xffff));
  let high = ah * bh + (cross >> $U(16u)) + (middle >> $U(16u));`;

export const integerFunctions = {
  divide: {
    doc: 'Quotient toward zero; a zero divisor gives 0.',
    parameters: 'a: $I, b: $I',
    result: '$I',
    body: `
  let none = b == $I(0);
  return select(a / select(b, $I(1), none), $I(0), none);`,
  },

  remainder: {
    doc: 'Remainder with the sign of the dividend; a zero divisor gives the dividend.',
    parameters: 'a: $I, b: $I',
    result: '$I',
    body: `
  let none = b == $I(0);
  return select(a % select(b, $I(1), none), a, none);`,
  },

  // (2ab + 2^31) >> 32: bits 31 and up of the product, plus bit 30.
  mul_high: {
    doc: 'Saturating rounding doubling high multiply: (2ab + 2^31) >> 32.',
    parameters: 'a: $I, b: $I',
    result: '$I',
    body: `${product}
  let next = ($U(middle) >> $U(14u)) & $U(3u);
  let rounded = (high << $U(1u)) + $I((next + $U(1u)) >> $U(1u));
  let least = $I(-2147483648);
  return select(rounded, $I(2147483647), (a == least) & (b == least));`,
  },

  // The magnitude is rounded half up (2^31 + 2^30 still fits an unsigned word), then gets its sign.
  shr_round: {
    doc: 'x / 2^exponent to nearest, ties away from zero.',
    parameters: 'x: $I, exponent: $I',
    result: '$I',
    body: `
  let sign = x >> $U(31u);
  let magnitude = $U((x ^ sign) - sign);
  let amount = $U(exponent);
  let rounded = (magnitude + (($U(1u) << amount) >> $U(1u))) >> amount;
  return ($I(rounded) ^ sign) - sign;`,
  },

  requantize_double: {
    doc: 'x * multiplier * 2^(shift - 31), rounded at 31 bits and again where it ends.',
    parameters: 'x: $I, multiplier: $I, shift: $I',
    result: '$I',
    body: `
  let left = max(shift, $I(0));
  return $shr_round($mul_high(x << $U(left), multiplier), left - shift);`,
  },

  // With halves of a and of 2b, of which only that of a has a sign, |ah| <= 2^14: the four products, and the sums as they
  // are grouped, fit 32 bits. |doubled| < 2^30, and so is half of what is shifted out.
  requantize_double_down: {
    doc: 'The same for shifts below 0, multipliers that are not negative and |a| < 2^30.',
    parameters: 'a: $I, b: $I, shift: $I',
    result: '$I',
    body: `
  let al = $U(a) & $U(0xffffu);
  let ah = a >> $U(16u);
  let bl = $U(b + b) & $U(0xffffu);
  let bh = $U(b) >> $U(15u);
  let low = al * bh + ((al * bl) >> $U(16u));
  let middle = ah * $I(bl) + $I(low & $U(0xffffu)) + $I(0x8000);
  let doubled = ah * $I(bh) + $I(low >> $U(16u)) + (middle >> $U(16u));
  let amount = $U(-shift);
  let half = $I($U(1u) << (amount - $U(1u)));
  return (doubled + half + (doubled >> $U(31u))) >> amount;`,
  },

  // floor((ab + 2^(total-1)) / 2^total) is the product shifted right, plus the last bit that was shifted out. Shift
  // amounts that leave a word belong to forms that are not chosen.
  requantize_single: {
    doc: 'floor((a * b + 2^(30 - shift)) / 2^(31 - shift)) of the 64-bit product.',
    parameters: 'a: $I, b: $I, shift: $I',
    result: '$I',
    body: `${product}
  let total = $U($I(31) - shift);
  let lower = ($U(middle) << $U(16u)) | (low & $U(0xffffu));
  let far = (high >> (total & $U(31u))) + ((high >> ((total - $U(1u)) & $U(31u))) & $I(1));
  let whole = high + $I(lower >> $U(31u));
  let upper = $U(high) << (($U(32u) - total) & $U(31u));
  let near = $I(upper | (lower >> (total & $U(31u)))) + $I((lower >> ((total - $U(1u)) & $U(31u))) & $U(1u));
  return select(select(near, whole, total == $U(32u)), far, total > $U(32u));`,
  },
} as const satisfies Record<string, SupportFunction>;
