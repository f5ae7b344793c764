// 64-bit integers, which WGSL does not have: a vec2u with the low word first, in two's complement.
import type { SupportFunction } from './support.ts';

const binary = { parameters: 'a: vec2u, b: vec2u', result: 'vec2u' } as const;
const comparison = { parameters: 'a: vec2u, b: vec2u', result: 'bool' } as const;

export const longFunctions = {
  long: {
    doc: 'A 32-bit integer as a 64-bit one.',
    parameters: 'x: i32',
    result: 'vec2u',
    body: '  return vec2u(u32(x), u32(x >> 31u));',
  },
  long_add: {
    ...binary,
    doc: '64-bit sum.',
    body: `
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + u32(low < a.x));`,
  },
  long_sub: {
    ...binary,
    doc: '64-bit difference.',
    body: '  return vec2u(a.x - b.x, a.y - b.y - u32(a.x < b.x));',
  },
  long_negate: {
    doc: '64-bit negation.',
    parameters: 'a: vec2u',
    result: 'vec2u',
    body: '  return @long_sub(vec2u(0u), a);',
  },
  long_abs: {
    doc: '64-bit magnitude; the least number wraps.',
    parameters: 'a: vec2u',
    result: 'vec2u',
    body: '  return select(a, @long_negate(a), i32(a.y) < 0);',
  },
  wide_product: {
    doc: 'The 64-bit product of two unsigned words, from 16-bit halves.',
    parameters: 'a: u32, b: u32',
    result: 'vec2u',
    body: `
  let low = (a & 0xffffu) * (b & 0xffffu);
  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
  return vec2u((middle << 16u) | (low & 0xffffu), (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u));`,
  },
  long_mul: {
    ...binary,
    doc: '64-bit product.',
    body: `
  let low = @wide_product(a.x, b.x);
  return vec2u(low.x, low.y + a.x * b.y + a.y * b.x);`,
  },
  long_less_unsigned: {
    ...comparison,
    doc: 'a < b, unsigned.',
    body: '  return a.y < b.y || (a.y == b.y && a.x < b.x);',
  },
  long_less: {
    ...comparison,
    doc: 'a < b.',
    body: '  return i32(a.y) < i32(b.y) || (a.y == b.y && a.x < b.x);',
  },
  long_shl: {
    ...binary,
    doc: '64-bit shift left by 0 to 63.',
    body: `
  let amount = b.x & 63u;
  let near = vec2u(a.x << (amount & 31u), (a.y << (amount & 31u)) | ((a.x >> 1u) >> (31u - (amount & 31u))));
  return select(near, vec2u(0u, near.x), amount > 31u);`,
  },
  long_shr: {
    ...binary,
    doc: '64-bit arithmetic shift right by 0 to 63.',
    body: `
  let amount = b.x & 63u;
  let upper = u32(i32(a.y) >> (amount & 31u));
  let near = vec2u((a.x >> (amount & 31u)) | ((a.y << 1u) << (31u - (amount & 31u))), upper);
  return select(near, vec2u(upper, u32(i32(a.y) >> 31u)), amount > 31u);`,
  },
  // One bit of the dividend after the other; the rest stays below twice the divisor, so its 65th bit is kept apart.
  long_divide_unsigned: {
    doc: 'Quotient and remainder of unsigned 64-bit numbers; the divisor is not 0.',
    parameters: 'a: vec2u, b: vec2u',
    result: 'vec4u',
    body: `
  var quotient = a;
  var rest = vec2u(0u);
  for (var i = 0; i < 64; i++) {
    let carry = rest.y >> 31u;
    rest = vec2u((rest.x << 1u) | (quotient.y >> 31u), (rest.y << 1u) | (rest.x >> 31u));
    quotient = vec2u(quotient.x << 1u, (quotient.y << 1u) | (quotient.x >> 31u));
    if (carry == 1u || !@long_less_unsigned(rest, b)) {
      rest = @long_sub(rest, b);
      quotient.x |= 1u;
    }
  }
  return vec4u(quotient, rest);`,
  },
  long_divide: {
    ...binary,
    doc: '64-bit quotient toward zero; a zero divisor gives 0.',
    body: `
  if (all(b == vec2u(0u))) {
    return b;
  }
  let quotient = @long_divide_unsigned(@long_abs(a), @long_abs(b)).xy;
  return select(quotient, @long_negate(quotient), i32(a.y ^ b.y) < 0);`,
  },
  long_remainder: {
    ...binary,
    doc: '64-bit remainder with the sign of the dividend; a zero divisor gives the dividend.',
    body: `
  if (all(b == vec2u(0u))) {
    return a;
  }
  let rest = @long_divide_unsigned(@long_abs(a), @long_abs(b)).zw;
  return select(rest, @long_negate(rest), i32(a.y) < 0);`,
  },
  long_narrow: {
    doc: 'A 64-bit integer as a 32-bit one, saturating.',
    parameters: 'a: vec2u',
    result: 'i32',
    body: `
  let limit = select(2147483647, -2147483648, i32(a.y) < 0);
  return select(limit, i32(a.x), i32(a.y) == i32(a.x) >> 31u);`,
  },
  // The rounding constant is added to 96 bits; the result's 32 bits then begin at bit `total`, below 63.
  requantize_single_long: {
    doc: 'floor((a * multiplier + 2^(30 - shift)) / 2^(31 - shift)) of the 96-bit product, low word.',
    parameters: 'a: vec2u, multiplier: i32, shift: i32',
    result: 'i32',
    body: `
  let b = u32(multiplier);
  let low = @wide_product(a.x, b);
  let high = @wide_product(a.y, b);
  // The factors were read as unsigned: each negative one has added the other one word up.
  let negative = select(0u, b, i32(a.y) < 0);
  let signs = select(vec2u(0u), a, multiplier < 0);
  let middle = @long_sub(@long_add(vec2u(low.y, 0u), high), @long_add(vec2u(0u, negative), signs));
  let total = u32(31 - shift);
  let half = @long_shl(vec2u(1u, 0u), vec2u(total - 1u, 0u));
  let lowest = low.x + half.x;
  let upper = @long_add(middle, vec2u(half.y, 0u));
  let carried = @long_add(upper, vec2u(u32(lowest < low.x), 0u));
  let words = vec3u(lowest, carried);
  let amount = total & 31u;
  let pair = select(words.xy, words.yz, total > 31u);
  return i32((pair.x >> amount) | ((pair.y << 1u) << (31u - amount)));`,
  },
  long_to_f32: {
    doc: 'A 64-bit integer as f32, rounded to nearest even once.',
    parameters: 'a: vec2u',
    result: 'f32',
    body: `
  let size = @long_abs(a);
  if (all(size == vec2u(0u))) {
    return 0.0;
  }
  let zeros = select(countLeadingZeros(size.y), 32u + countLeadingZeros(size.x), size.y == 0u);
  let top = @long_shl(size, vec2u(zeros, 0u));
  let kept = (top.y >> 1u) | u32((top.y & 1u) != 0u || top.x != 0u);
  return @assembled(a.y & 0x80000000u, kept, 33 - i32(zeros));`,
  },
} as const satisfies Record<string, SupportFunction>;
