// Quotients and square roots of f32 in integer arithmetic, correctly rounded, which WGSL's own are not.
import type { SupportFunction } from './support.ts';

export const softFloatFunctions = {
  normalized: {
    doc: 'A positive number as mantissa * 2^exponent, the mantissa in [2^23, 2^24).',
    parameters: 'magnitude: u32',
    result: 'vec2i',
    body: `
  if (magnitude < 0x00800000u) {
    let shift = countLeadingZeros(magnitude) - 8u;
    return vec2i(i32(magnitude << shift), -149 - i32(shift));
  }
  return vec2i(i32((magnitude & 0x007fffffu) | 0x00800000u), i32(magnitude >> 23u) - 150);`,
  },
  // The last bit of `kept` stands for all that follow it too; at least one bit before it is dropped.
  assembled: {
    doc: 'The number kept * 2^exponent, rounded to nearest even; kept is in [2^25, 2^31).',
    parameters: 'sign: u32, kept: u32, exponent: i32',
    result: 'f32',
    body: `
  let top = 31 - i32(countLeadingZeros(kept));
  let biased = max(exponent + top + 127, 1);
  let drop = u32(min(biased - exponent - 127 - 23, 31));
  let half = 1u << (drop - 1u);
  let rest = kept & ((half << 1u) - 1u);
  let even = kept >> drop;
  let mantissa = even + u32(rest > half || (rest == half && (even & 1u) == 1u));
  let bits = mantissa + (u32(min(biased, 255) - 1) << 23u);
  return bitcast<f32>(sign | min(bits, 0x7f800000u));`,
  },

  // One bit of the quotient after the other: 27 of them, of which the first may be 0.
  float_div: {
    parameters: 'a: $F, b: $F',
    result: '$F',
    perLane: true,
    doc: 'a / b.',
    body: `
  let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & 0x80000000u;
  let x = @magnitude(a);
  let y = @magnitude(b);
  if (max(x, y) > 0x7f800000u || (x == y && (x == 0u || x == 0x7f800000u))) {
    return @float_of_bits(0x7fc00000u);
  }
  if (min(x, y) == 0u || max(x, y) == 0x7f800000u) {
    return bitcast<f32>(sign | select(0u, 0x7f800000u, x > y));
  }
  let p = @normalized(x);
  let q = @normalized(y);
  let divisor = u32(q.x);
  var rest = u32(p.x);
  var quotient = 0u;
  for (var i = 0; i < 27; i++) {
    let fits = rest >= divisor;
    rest = (rest - select(0u, divisor, fits)) << 1u;
    quotient = (quotient << 1u) | u32(fits);
  }
  return @assembled(sign, quotient | u32(rest != 0u), p.y - q.y - 26);`,
  },

  // The root of mantissa * 2^26 (or 2^27, so that the exponent is even), two bits a step; then it has 25 or 26 bits.
  float_sqrt: {
    parameters: 'x: $F',
    result: '$F',
    perLane: true,
    doc: 'The square root of x.',
    body: `
  let size = @magnitude(x);
  if (size == 0u || bitcast<u32>(x) == 0x7f800000u) {
    return x;
  }
  if (bitcast<u32>(x) > 0x7f800000u) {
    return @float_of_bits(0x7fc00000u);
  }
  let p = @normalized(size);
  let odd = u32(p.y & 1);
  let mantissa = u32(p.x) << odd;
  let upper = mantissa >> 6u;
  let lower = mantissa << 26u;
  var root = 0u;
  var rest = 0u;
  for (var bit = 50; bit >= 0; bit -= 2) {
    let pair = select(lower >> (u32(bit) & 31u), upper >> (u32(bit) & 31u), bit >= 32) & 3u;
    rest = (rest << 2u) | pair;
    let trial = (root << 2u) | 1u;
    let fits = rest >= trial;
    rest = select(rest, rest - trial, fits);
    root = (root << 1u) | u32(fits);
  }
  return @assembled(0u, (root << 1u) | u32(rest != 0u), (p.y - i32(odd) - 26) / 2 - 1);`,
  },
} as const satisfies Record<string, SupportFunction>;
