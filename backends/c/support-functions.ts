// The small C functions that printed kernels call where C has no operator with the meaning of an opcode. Their meaning
// is that of ir/numerics.ts and of the opcode table; a kernel's file has only those that it uses.

/** For i32 and i64. INT and UINT are the types, BITS their width, TOP the highest bit's number. */
const integerFunctions: Readonly<Record<string, string>> = {
  wrap_add_LANE: `
/* a + b modulo 2^BITS: C defines wrapping for unsigned types only. */
static inline INT wrap_add_LANE(INT a, INT b) {
  return (INT)((UINT)a + (UINT)b);
}`,
  wrap_sub_LANE: `
/* a - b modulo 2^BITS. */
static inline INT wrap_sub_LANE(INT a, INT b) {
  return (INT)((UINT)a - (UINT)b);
}`,
  wrap_mul_LANE: `
/* a * b modulo 2^BITS. */
static inline INT wrap_mul_LANE(INT a, INT b) {
  return (INT)((UINT)a * (UINT)b);
}`,
  wrap_shl_LANE: `
/* a * 2^b modulo 2^BITS, for b in [0, TOP]. */
static inline INT wrap_shl_LANE(INT a, INT b) {
  return (INT)((UINT)a << (b & TOP));
}`,
  wrap_neg_LANE: `
/* -a, where the least number stays itself. */
static inline INT wrap_neg_LANE(INT a) {
  return (INT)(0 - (UINT)a);
}`,
  abs_LANE: `
/* |a|, where the least number stays itself. */
static inline INT abs_LANE(INT a) {
  return a < 0 ? wrap_neg_LANE(a) : a;
}`,
  div_LANE: `
/* a / b toward zero; 0 where b is 0. */
static inline INT div_LANE(INT a, INT b) {
  if (b == 0) {
    return 0;
  }
  return b == -1 ? wrap_neg_LANE(a) : a / b;
}`,
  rem_LANE: `
/* What div leaves, with the sign of a; a where b is 0. */
static inline INT rem_LANE(INT a, INT b) {
  if (b == 0) {
    return a;
  }
  return b == -1 ? 0 : a % b;
}`,
  min_LANE: `
static inline INT min_LANE(INT a, INT b) {
  return b < a ? b : a;
}`,
  max_LANE: `
static inline INT max_LANE(INT a, INT b) {
  return a < b ? b : a;
}`,
};

/** Comparisons as functions: for operands that read the same, which compilers warn about beside an operator. */
const comparisons = Object.entries({ eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' }).flatMap(
  ([opcode, operator]) =>
    ['int32_t i32', 'int64_t i64'].map((typeAndLane): [string, string] => {
      const [type, lane] = typeAndLane.split(' ');
      const name = `${opcode}_${lane}`;
      return [name, `static inline int ${name}(${type} a, ${type} b) {\n  return a ${operator} b;\n}`];
    }),
);

const clamps = ['int32_t i32', 'int64_t i64', 'float f32'].map((typeAndLane): [string, string] => {
  const [type, lane] = typeAndLane.split(' ');
  const name = `clamp_${lane}`;
  return [
    name,
    `
/* x limited to [low, high]. */
static inline ${type} ${name}(${type} x, ${type} low, ${type} high) {
  return min_${lane}(max_${lane}(x, low), high);
}`,
  ];
});

const requantizing: Readonly<Record<string, string>> = {
  clamp_i8: `
/* x limited to [-128, 127]. */
#if defined(__ARM_FEATURE_SAT) && (defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 10))
static inline int32_t clamp_i8(int32_t x) {
  return (int32_t)__builtin_arm_ssat(x, 8);
}
#else
static inline int32_t clamp_i8(int32_t x) {
  return x < -128 ? -128 : x > 127 ? 127 : x;
}
#endif`,
  mul_high: `
/* 2ab / 2^32 to nearest, ties up (SQRDMULH on Arm). Not for a = b = INT32_MIN. */
static inline int32_t mul_high(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}`,
  mul_high_saturating: `
/* The same for all operands: the one product that does not fit becomes INT32_MAX. */
static inline int32_t mul_high_saturating(int32_t a, int32_t b) {
  return a == INT32_MIN && b == INT32_MIN ? INT32_MAX : mul_high(a, b);
}`,
  shr_round: `
/* x / 2^n to nearest, ties away from zero, for n in [0, 31]. */
static inline int32_t shr_round(int32_t x, int32_t n) {
  const int32_t mask = (int32_t)((UINT32_C(1) << (n & 31)) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0);
  return (x >> (n & 31)) + ((x & mask) > threshold);
}`,
  requantize_double: `
/* x * multiplier * 2^(shift - 31), rounded twice as TensorFlow Lite's reference kernels do. multiplier > INT32_MIN. */
static inline int32_t requantize_double(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  return shr_round(mul_high(wrap_shl_i32(x, left), multiplier), left - shift);
}`,
  requantize_double_saturating: `
/* x * multiplier * 2^(shift - 31), rounded twice as TensorFlow Lite's reference kernels do. */
static inline int32_t requantize_double_saturating(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  return shr_round(mul_high_saturating(wrap_shl_i32(x, left), multiplier), left - shift);
}`,
  requantize_double_down: `
/* requantize_double for |x| < 2^30, multiplier >= 0 and shift in [-31, -1]: here adding the sign before the second
 * rounding makes it round ties away from zero, and nothing can overflow. */
static inline int32_t requantize_double_down(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t high = mul_high(x, multiplier);
  const int32_t half = INT32_C(1) << (-shift - 1);
  return (high + half + (high >> 31)) >> -shift;
}`,
  requantize_double_onto: `
/* requantize_double_down and then + zero. The zero point enters before the second rounding, and the sign
 * that rounds ties away from zero is that of x: where the first rounding makes x 0, both signs give 0. */
static inline int32_t requantize_double_onto(int32_t x, int32_t multiplier, int32_t shift, int32_t zero) {
  const int32_t start = (int32_t)((uint32_t)(2 * zero + 1) << (-shift - 1)) + (x >> 31);
  const int64_t product = (int64_t)(2 * x) * multiplier + INT64_C(0x80000000);
  return (int32_t)((start * INT64_C(0x100000000) + product) >> 32) >> -shift;
}`,
  requantize_single: `
/* x * multiplier * 2^(shift - 31), rounded once, ties up, for shift in [-31, 30]. */
static inline int32_t requantize_single(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t total = 31 - shift;
  return (int32_t)(((int64_t)x * multiplier + (INT64_C(1) << (total - 1))) >> total);
}`,
  requantize_single_i64: `
/* The same for a 64-bit x. The product has up to 95 bits: high * 2^32 + low. */
static inline int32_t requantize_single_i64(int64_t x, int32_t multiplier, int32_t shift) {
  const int32_t total = 31 - shift;
  int64_t low = (x & INT64_C(0xffffffff)) * multiplier;
  int64_t high = (x >> 32) * multiplier + (low >> 32);
  low &= INT64_C(0xffffffff);
  if (total > 32) {
    return (int32_t)((high + (INT64_C(1) << (total - 33))) >> (total - 32));
  }
  low += INT64_C(1) << (total - 1);
  high += low >> 32;
  return (int32_t)((((uint64_t)high << 32) | ((uint64_t)low & UINT64_C(0xffffffff))) >> total);
}`,
  scale_f32: `
/* x as f32 times factor, to nearest, ties to even, saturated to i32; NaN is 0. */
static inline int32_t scale_f32(int32_t x, float factor) {
  const float y = (float)x * factor;
  if (!(y < 2147483648.0f)) {
    return y >= 2147483648.0f ? INT32_MAX : 0;
  }
  if (y <= -2147483648.0f) {
    return INT32_MIN;
  }
  const int32_t whole = (int32_t)y;
  const int32_t odd = whole & 1;
  const float rest = y - (float)whole; /* exact */
  const int32_t up = rest > 0.5f || (rest >= 0.5f && odd);
  const int32_t down = rest < -0.5f || (rest <= -0.5f && odd);
  return whole + up - down;
}`,
  narrow_i32: `
/* x, saturated to i32. */
static inline int32_t narrow_i32(int64_t x) {
  return x < INT32_MIN ? INT32_MIN : x > INT32_MAX ? INT32_MAX : (int32_t)x;
}`,
};

const floating: Readonly<Record<string, string>> = {
  min_f32: `
/* b < a ? b : a decides on NaN and signed zeros. */
static inline float min_f32(float a, float b) {
  return b < a ? b : a;
}`,
  max_f32: `
/* a < b ? b : a decides on NaN and signed zeros. */
static inline float max_f32(float a, float b) {
  return a < b ? b : a;
}`,
  bits_of_f32: `
static inline int32_t bits_of_f32(float x) {
  const union {
    float number;
    int32_t bits;
  } both = {x};
  return both.bits;
}`,
  f32_of_bits: `
static inline float f32_of_bits(int32_t x) {
  const union {
    int32_t bits;
    float number;
  } both = {x};
  return both.number;
}`,
  abs_f32: `
/* x without its sign, also for zero and NaN. */
static inline float abs_f32(float x) {
  return f32_of_bits(bits_of_f32(x) & INT32_MAX);
}`,
  truncate_f32: `
/* x toward zero, saturated to i32; NaN is 0. */
static inline int32_t truncate_f32(float x) {
  if (!(x < 2147483648.0f)) {
    return x >= 2147483648.0f ? INT32_MAX : 0;
  }
  return x <= -2147483648.0f ? INT32_MIN : (int32_t)x;
}`,
};

function forLane(lane: 'i32' | 'i64', text: string): string {
  const bits = lane === 'i32' ? 32 : 64;
  return text
    .replaceAll('LANE', lane)
    .replaceAll('UINT', `uint${bits}_t`)
    .replaceAll('INT', `int${bits}_t`)
    .replaceAll('BITS', String(bits))
    .replaceAll('TOP', String(bits - 1));
}

const entries = Object.entries(integerFunctions);

/** C text by function name. */
export const supportFunctions: ReadonlyMap<string, string> = new Map([
  ...entries.map(([name, text]) => [forLane('i32', name), forLane('i32', text)] as const),
  ...entries.map(([name, text]) => [forLane('i64', name), forLane('i64', text)] as const),
  ...comparisons,
  ...clamps,
  ...Object.entries(requantizing),
  ...Object.entries(floating),
]);
