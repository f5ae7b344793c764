// f32 arithmetic with the loop IR's meaning: each operation rounded once to nearest even, never fused or reordered. WGSL
// (section 15.7) rounds sums and products correctly, but lets implementations fuse them, reorder them, divide within
// 2.5 ulp and assume that there is no NaN. So every sum and product passes through bits that no compiler knows, and
// everything else is done in integers (soft-float.ts).
//
// One freedom is left to the device: sums and products may take subnormal numbers (below 2^-126) as zero. To forbid that
// would take some sixty instructions for each of them.
import type { SupportFunction } from './support.ts';

const binary = { parameters: 'a: $F, b: $F', result: '$F' } as const;
const comparison = { parameters: 'a: $F, b: $F', result: '$B' } as const;
const unary = { parameters: 'x: $F', result: '$F' } as const;

export const floatFunctions = {
  // constants[0] is 0.
  unknown_zero: {
    doc: 'Zero, unknown to compilers: a value combined with it is rounded before it is used further.',
    parameters: '',
    result: 'u32',
    body: '  return constants[0];',
  },
  float_of_bits: {
    doc: 'A number that WGSL has no literal for: infinite, NaN or subnormal.',
    parameters: 'bits: u32',
    result: 'f32',
    body: '  return bitcast<f32>(bits ^ @unknown_zero());',
  },
  rounded: {
    ...unary,
    doc: 'The value as it is, never fused with what is done to it.',
    body: '  return bitcast<$F>(bitcast<$U>(x) ^ $U(@unknown_zero()));',
  },
  magnitude: {
    doc: 'The bits of |x|: infinite from 0x7f800000, NaN above, subnormal or zero below 0x00800000.',
    parameters: 'x: $F',
    result: '$U',
    body: '  return bitcast<$U>(x) & $U(0x7fffffffu);',
  },

  float_add: { ...binary, doc: 'a + b.', body: '  return $rounded(a + b);' },
  float_sub: { ...binary, doc: 'a - b.', body: '  return $rounded(a - b);' },
  float_mul: { ...binary, doc: 'a * b.', body: '  return $rounded(a * b);' },

  float_negate: { ...unary, doc: '-x.', body: '  return bitcast<$F>(bitcast<$U>(x) ^ $U(0x80000000u));' },
  float_abs: { ...unary, doc: '|x|.', body: '  return bitcast<$F>($magnitude(x));' },

  ordered: {
    doc: 'The bits of a number as an integer of the same order; both zeros are 0.',
    parameters: 'x: $F',
    result: '$I',
    body: '  return select($I($magnitude(x)), -$I($magnitude(x)), bitcast<$I>(x) < $I(0));',
  },
  numbers: {
    ...comparison,
    doc: 'True where neither is NaN.',
    body: '  return max($magnitude(a), $magnitude(b)) <= $U(0x7f800000u);',
  },
  float_equal: { ...comparison, doc: 'a == b.', body: '  return ($ordered(a) == $ordered(b)) & $numbers(a, b);' },
  float_less: { ...comparison, doc: 'a < b.', body: '  return ($ordered(a) < $ordered(b)) & $numbers(a, b);' },
  float_at_most: { ...comparison, doc: 'a <= b.', body: '  return ($ordered(a) <= $ordered(b)) & $numbers(a, b);' },
  float_min: { ...binary, doc: 'b where b < a, else a.', body: '  return select(a, b, $float_less(b, a));' },
  float_max: { ...binary, doc: 'b where a < b, else a.', body: '  return select(a, b, $float_less(a, b));' },

  sign_only: {
    ...unary,
    doc: 'Zero with the sign of x.',
    body: '  return bitcast<$F>(bitcast<$U>(x) & $U(0x80000000u));',
  },
  float_trunc: {
    ...unary,
    doc: 'x toward zero.',
    body: '  return select(trunc(x), $sign_only(x), $magnitude(x) < $U(0x3f800000u));',
  },
  float_nearest: {
    ...unary,
    doc: 'x to nearest, ties to even.',
    body: '  return select(round(x), $sign_only(x), $magnitude(x) <= $U(0x3f000000u));',
  },
  float_floor: {
    ...unary,
    doc: 'x toward negative infinity.',
    body: `
  let whole = $float_trunc(x);
  return select(whole, whole - $F(1.0), $float_less(x, whole));`,
  },
  float_ceil: {
    ...unary,
    doc: 'x toward positive infinity.',
    body: `
  let whole = $float_trunc(x);
  return select(whole, whole + $F(1.0), $float_less(whole, x));`,
  },

  // Both parts are exact, so that only their sum is rounded.
  float_of_int: {
    doc: 'An integer rounded to nearest even.',
    parameters: 'x: $I',
    result: '$F',
    body: '  return $rounded($F(x & $I(-4096)) + $F(x & $I(4095)));',
  },
  int_of_float: {
    doc: 'x toward zero, saturating; NaN is 0.',
    parameters: 'x: $F',
    result: '$I',
    body: `
  let limit = select($I(2147483647), $I(-2147483648), bitcast<$I>(x) < $I(0));
  let inside = $I(select(x, $F(0.0), $magnitude(x) >= $U(0x4f000000u)));
  let limited = select(inside, limit, $magnitude(x) >= $U(0x4f000000u));
  return select(limited, $I(0), $magnitude(x) > $U(0x7f800000u));`,
  },

  // A product below 2^-126 may be taken as zero: it rounds to 0 in either case.
  requantize_half_even: {
    doc: 'An accumulator as f32 times a finite factor, to nearest even, saturating.',
    parameters: 'acc: $I, factor: $F',
    result: '$I',
    body: '  return $int_of_float(round($rounded($float_of_int(acc) * factor)));',
  },
} as const satisfies Record<string, SupportFunction>;
