// The functions that generated JavaScript may need beside its kernels, as text: a module carries those it calls. They
// spell ir/numerics.ts without BigInt, and the tests hold every one of them to it.
import type { Names } from './names.ts';

/**
 * The 64-bit product of two i32 from 16-bit halves: `high` is its upper word, `middle` has bits 16 to 31 of the lower
 * word in its low half. No partial sum leaves i32: |ah * bl| <= 2^15 * (2^16 - 1), which leaves room for 2^16. Four
 * multiplications of integers measure faster in V8 than any way through doubles.
 */
const product = `
  const al = a & 0xffff, ah = a >> 16, bl = b & 0xffff, bh = b >> 16;
  const low = Math.imul(al, bl);
  const cross = (Math.imul(ah, bl) + (low >>> 16)) | 0;
  const middle = (Math.imul(al, bh) + (cross & 0xffff)) | 0;
  const high = (Math.imul(ah, bh) + (cross >> 16) + (middle >> 16)) | 0;`;

const functions = {
  // (2ab + 2^31) >> 32: bits 31 and up of the product, plus bit 30.
  mulHigh: `function mulHigh(a, b) {${product}
  if (a === -2147483648 && b === -2147483648) return 2147483647;
  return ((high << 1) + (((middle << 16 >>> 30) + 1) >>> 1)) | 0;
}`,

  // Half away from zero: the magnitude is rounded half up (2^31 + 2^30 still fits an unsigned word), then gets its sign.
  shrRound: `function shrRound(x, exponent) {
  const sign = x >> 31;
  const magnitude = (((x ^ sign) - sign + (1 << exponent >>> 1)) >>> exponent) | 0;
  return ((magnitude ^ sign) - sign) | 0;
}`,

  requantizeDouble: `function requantizeDouble(x, multiplier, shift) {
  const left = shift > 0 ? shift : 0;
  return shrRound(mulHigh(x << left, multiplier), left - shift);
}`,

  // floor((ab + 2^(total-1)) / 2^total) is the product shifted right, plus the last bit that was shifted out.
  requantizeSingle: `function requantizeSingle(a, b, shift) {${product}
  const total = 31 - shift;
  if (total > 32) return ((high >> (total - 32)) + ((high >> (total - 33)) & 1)) | 0;
  const lower = (middle << 16) | (low & 0xffff);
  if (total === 32) return (high + (lower >>> 31)) | 0;
  return (((high << (32 - total)) | (lower >>> total)) + ((lower >>> (total - 1)) & 1)) | 0;
}`,

  // For |x| <= 2^53 and a multiplier whose low 16 bits are zero: x is split at bit 26, so both products stay below
  // 2^43, and the sum is kept as upper * 2^26 + lower.
  requantizeSingleLong: `function requantizeSingleLong(x, multiplier, shift) {
  if (multiplier & 0xffff) return requantizeSingleWide(BigInt(x), multiplier, shift);
  const m = multiplier >> 16;
  const total = 15 - shift;
  const xh = Math.floor(x / 67108864);
  const xl = x - xh * 67108864;
  if (total < 1) return ((xh * m * 2 ** (26 - total)) | 0) + ((xl * m * 2 ** -total) | 0) | 0;
  const half = 2 ** (total - 1);
  const halfHigh = Math.floor(half / 67108864);
  const rest = xl * m + (half - halfHigh * 67108864);
  const carry = Math.floor(rest / 67108864);
  const upper = xh * m + halfHigh + carry;
  const lower = rest - carry * 67108864;
  if (total >= 26) return Math.floor(upper / 2 ** (total - 26)) | 0;
  return ((upper * 2 ** (26 - total)) | 0) + Math.floor(lower / 2 ** total) | 0;
}`,

  requantizeSingleWide: `function requantizeSingleWide(x, multiplier, shift) {
  const total = BigInt(31 - shift);
  return Number(BigInt.asIntN(32, (x * BigInt(multiplier) + (1n << (total - 1n))) >> total));
}`,

  // Adding and subtracting 1.5 * 2^52 leaves no fraction bits, and doubles round ties to even.
  requantizeHalfEven: `function requantizeHalfEven(x, scale) {
  const scaled = Math.max(-2147483648, Math.min(2147483647, Math.fround(Math.fround(x) * scale)));
  return (scaled + 6755399441055744 - 6755399441055744) | 0;
}`,

  // Keeps the sign of x where the result is 0.
  roundHalfEven: `function roundHalfEven(x) {
  const down = Math.floor(x);
  const rest = x - down;
  const rounded = rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
  return rounded === 0 && x < 0 ? -0 : rounded;
}`,

  // Saturates; NaN becomes 0.
  truncateToI32: `function truncateToI32(x) {
  return x >= 2147483648 ? 2147483647 : x <= -2147483648 ? -2147483648 : x | 0;
}`,

  // One rounding from 64 bits to f32: what a double cannot hold is folded into a sticky bit first.
  longToF32: `function longToF32(x) {
  const magnitude = x < 0n ? -x : x;
  let drop = 0n;
  while (magnitude >> drop >= 9007199254740992n) drop++;
  const kept = magnitude >> drop;
  const sticky = kept << drop !== magnitude ? 1n : 0n;
  const rounded = Math.fround(Number(kept | sticky)) * 2 ** Number(drop);
  return x < 0n ? -rounded : rounded;
}`,

  narrowLong: `function narrowLong(x, low, high) {
  return x < low ? low : x > high ? high : Number(x);
}`,

  bits: `const bits = new Int32Array(1);
const bitsAsFloat = new Float32Array(bits.buffer);`,

  floatBits: `function floatBits(x) {
  bitsAsFloat[0] = x;
  return bits[0];
}`,

  bitsToFloat: `function bitsToFloat(x) {
  bits[0] = x;
  return bitsAsFloat[0];
}`,

  // 64-bit integers that stay within 53 bits are read and written as pairs of words, which makes no BigInts.
  wordsOf: `function wordsOf(longs) {
  return new Int32Array(longs.buffer, longs.byteOffset, 2 * longs.length);
}`,

  checked: `function checked(array, type, length, what) {
  if (!(array instanceof type) || array.length !== length) {
    throw new TypeError(what + ' must be a ' + type.name + ' of ' + length);
  }
  return array;
}`,
} as const;

export type RuntimeFunction = keyof typeof functions;

const needs: Partial<Record<RuntimeFunction, readonly RuntimeFunction[]>> = {
  requantizeDouble: ['mulHigh', 'shrRound'],
  requantizeSingleLong: ['requantizeSingleWide'],
  floatBits: ['bits'],
  bitsToFloat: ['bits'],
};

/** The runtime functions that a module calls. */
export class Runtime {
  private readonly used = new Set<RuntimeFunction>();

  /** Keeps the functions' names free for them. */
  static reserve(names: Names): void {
    for (const name of [...Object.keys(functions), 'bitsAsFloat', 'decode', 'constants', 'create', 'afterCall'])
      names.fresh(name);
  }

  /** Notes the use of a function and returns its name. */
  use(name: RuntimeFunction): string {
    this.used.add(name);
    for (const other of needs[name] ?? []) this.use(other);
    return name;
  }

  /** The used functions, in the order of the table. */
  print(): string {
    const names = Object.keys(functions) as RuntimeFunction[];
    return names
      .filter((n) => this.used.has(n))
      .map((n) => `${functions[n]}\n`)
      .join('\n');
  }
}
