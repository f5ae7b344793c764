// rounded_div: quantized division as the exact quotient, rounded once.
import { attr, type Requantization } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { factorOf, frexp } from '../numerics.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedElementwise } from '../transposition.ts';
import { integerRange, tensorType } from '../types.ts';
import { unsignedPair } from '../unsigned-storage.ts';

/** Small integers: what is left of them without a zero point takes at most 16 bits and a sign. */
const small = ['i8', 'u8', 'i16'];

/** Above every result of 16 bits with its zero point taken off: what counts as infinite. */
const infinite = 2 ** 17;

/** From this many bits below a quotient of 47 bits on, nothing is left that would round up: 2^47 / 2^48 < 1/2. */
const vanishing = 48;

/** With a multiplier of 2^30 and a divisor of 2^16, so many further bits pass {@link infinite}, and 47 more fit 64 bits. */
const largest = 15;

/** round(|a| * multiplier * 2^up / (|b| * 2^down)): the whole of a rounded quotient without its sign. */
interface Ratio {
  readonly multiplier: number;
  readonly up: number;
  readonly down: number;
  readonly ties: 'even' | 'away';
}

/** The factor of a requantization exactly: an f32 has no more bits than a multiplier. */
function ratioOf(requant: Requantization): Ratio {
  const { scale, multiplier, shift } = factorOf(requant, 0);
  const even = requant.rounding === 'half-even';
  const factor = even ? scale : multiplier * 2 ** (shift - 31);
  const { mantissa, exponent } = frexp(factor);
  const below = 31 - exponent;
  const isNothing = factor === 0 || below >= vanishing;
  return {
    multiplier: isNothing ? 0 : mantissa * 2 ** 31,
    up: Math.min(Math.max(-below, 0), largest),
    down: isNothing ? 0 : Math.max(below, 0),
    ties: even ? 'even' : 'away',
  };
}

function checkedRequant(requant: Requantization | undefined): Requantization {
  rule(requant !== undefined, 'needs requant');
  rule(requant.multiplier.length === 1 || requant.scale.length === 1, 'needs one factor in requant');
  const { scale, multiplier } = factorOf(requant, 0);
  rule(Number.isFinite(scale) && scale >= 0 && multiplier >= 0, 'needs a factor that is finite and not negative');
  return requant;
}

function quotient(a: number, b: number, { multiplier, up, down, ties }: Ratio): number {
  if (a === 0) return 0;
  const negative = a < 0 !== b < 0;
  if (b === 0) return negative ? -infinite : infinite;
  const dividend = (BigInt(Math.abs(a)) * BigInt(multiplier)) << BigInt(up);
  const divisor = BigInt(Math.abs(b)) << BigInt(down);
  const whole = dividend / divisor;
  const [rest, missing] = [dividend % divisor, divisor - (dividend % divisor)];
  const rises = rest > missing || (rest === missing && (ties === 'away' || whole % 2n === 1n));
  const rounded = Math.min(Number(whole) + (rises ? 1 : 0), infinite);
  return negative ? -rounded : rounded;
}

/** The same on i32 values: a dividend below 2^62 and a divisor below 2^63. */
function quotientCode(b: LoopBuilder, x: LoopValue, y: LoopValue, { multiplier, up, down, ties }: Ratio): LoopValue {
  const negative = b.compare('lt', b.xor(x, y), 0);
  const long = (v: LoopValue) => b.convert(b.unary('abs', v), 'i64');
  const dividend = b.shl(b.mul(long(x), b.i64(multiplier)), b.i64(up));
  // A divisor of 0 is dealt with in the end.
  const divisor = b.shl(b.convert(b.max(b.unary('abs', y), 1), 'i64'), b.i64(down));
  const whole = b.div(dividend, divisor);
  const rest = b.sub(dividend, b.mul(whole, divisor));
  const missing = b.sub(divisor, rest);
  const rises =
    ties === 'away'
      ? b.compare('ge', rest, missing)
      : b.or(
          b.compare('gt', rest, missing),
          b.and(b.compare('eq', rest, missing), b.compare('ne', b.and(whole, b.i64(1)), b.i64(0))),
        );
  const limited = b.convert(b.min(whole, b.i64(infinite)), 'i32');
  const rounded = b.add(limited, b.select(rises, 1, b.constant(0)));
  const unlimited = b.select(b.compare('eq', x, 0), 0, b.constant(infinite));
  const size = b.select(b.compare('eq', y, 0), unlimited, rounded);
  return b.select(negative, b.sub(0, size), size);
}

export const roundedDiv = defineOp({
  name: 'rounded_div',
  doc: 'y = clamp(round(factor * (a - zero_a) / (b - zero_b)) + zero): the exact real number, rounded once; `half-even` to even, the others away from zero where it lies halfway between integers. A divisor that stands for 0 gives the greatest or least result, and 0 / 0 the zero point, as quantized infinities and NaN do. No reference kernel divides so: ONNX’s dequantize, divide, quantize round the quotient to f32 before, and may give a step otherwise next to a tie.',
  operands: [
    { name: 'a', doc: 'i8, u8 or i16.' },
    { name: 'b', doc: 'The same element type; shapes broadcast as in numpy.' },
  ],
  attributes: {
    zeros: attr.ints({ length: 2, doc: 'Zero points of a and b.' }),
    requant: attr.requantization({ doc: 'From the quotient to y; its factor is taken exactly.' }),
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const a = required(operands, 0);
    const b = required(operands, 1);
    rule(small.includes(a.element), `takes i8, u8 or i16, got ${a.element}`);
    rule(a.element === b.element, `takes operands of one element type, got ${a.element} and ${b.element}`);
    const { min, max } = integerRange(a.element);
    rule(
      attributes.zeros.every((z) => z >= min && z <= max),
      `has a zero point outside ${a.element}`,
    );
    const y = asked?.[0];
    rule(y === undefined || small.includes(y.element), () => `gives small integers, not ${y?.element}`);
    checkedRequant(attributes.requant);
    return [tensorType(y?.element ?? a.element, elementwiseShape([a.shape, b.shape]), y?.quant)];
  },
  unsigned: unsignedPair,
  reference({ operands, attributes, results }) {
    const [a, b] = [operands[0]!, operands[1]!];
    const y = results[0]!;
    const put: Elements = y.data;
    const { zero, clamp } = checkedRequant(attributes.requant);
    const ratio = ratioOf(checkedRequant(attributes.requant));
    const [za, zb] = attributes.zeros;
    forEachElement(y.type.shape, [a.type.shape, b.type.shape], (at, [i, j]) => {
      const value = quotient(Number(a.data[i!]) - za!, Number(b.data[j!]) - zb!, ratio) + zero;
      put[at] = Math.min(Math.max(value, clamp[0]), clamp[1]);
    });
  },
  lower({ attributes, operand, result, type, resultType }) {
    const { zero, clamp } = checkedRequant(attributes.requant);
    const ratio = ratioOf(checkedRequant(attributes.requant));
    const operands = [0, 1].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
    return [
      elementwiseMap(result(0), resultType(0).shape, operands, (b, values) => {
        const [p, q] = values.map((v, i) => b.sub(v, attributes.zeros[i]!));
        return b.clamp(b.add(quotientCode(b, p!, q!, ratio), zero), clamp[0], clamp[1]);
      }),
    ];
  },
  transposed: transposedElementwise,
  inPlace: elementwiseInPlace,
});
