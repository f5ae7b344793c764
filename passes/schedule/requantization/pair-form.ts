// Sums of two rescaled small integers in f32, as TensorFlow Lite's quantized ADD and SUB need them:
//
//   t = f32(a - zero_a) * factor_a + f32(b - zero_b) * factor_b    each operation rounded
//   t = t + offset                                                 `away`: with the sign of t; `scaled`: none
//   y = bits(t + 3 * 2^22) - bits(3 * 2^22)
//
// Two operands of 8 bits have 65,536 pairs: the form is compared on every one. Which pairs could differ is known before:
// those whose exact sum lies next to a half. Candidates are tried on these first.
import type { PairOperand, RescaledPair } from '../../../ir/loops/lowering.ts';
import type { FloatKind } from './float-fit.ts';
import { roundingConstant } from './float-form.ts';

/** The numbers of the form, in f32. */
export interface PairForm {
  readonly kind: FloatKind;
  readonly factors: readonly [number, number];
  readonly offset: number;
}

const f32 = Math.fround;

/** Pairs that are not more than this. */
const mostPairs = 65536;

/** No sum with factors next to the exact ones is this far off. */
const farthestOff = 2 ** -10;

/** Offsets from nothing to what is lost among the greatest sums. */
const offsets = [0, 2 ** -18, 2 ** -17, 2 ** -16, 2 ** -15];

/** Factors that are tried, in units of the last place from the nearest. */
const neighbours = [0, 1, -1, 2, -2];

/** A form that is equal on all pairs; undefined where none was found. */
export function fitPair(pair: RescaledPair): PairForm | undefined {
  const [a, b] = [differencesOf(pair.operands[0]), differencesOf(pair.operands[1])];
  if (a.length * b.length > mostPairs || greatestSum(pair, a, b) > mostSum) return undefined;
  const expected = expectedOf(pair, a, b);
  const suspects = suspectsOf(pair, a, b);
  for (const form of candidates(pair)) {
    if (isEqual(pair, form, expected, suspects) && isEqual(pair, form, expected)) return form;
  }
  return undefined;
}

/** What is rounded to an integer must stay below 2^22; a quarter of it leaves room for zero points and roundings. */
const mostSum = 2 ** 20;

function greatestSum({ factors }: RescaledPair, a: Float64Array, b: Float64Array): number {
  const greatest = (values: Float64Array) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return Math.abs(factors[0]) * greatest(a) + Math.abs(factors[1]) * greatest(b);
}

/** The results of all pairs, in order. */
function expectedOf({ operands, exact }: RescaledPair, a: Float64Array, b: Float64Array): Int32Array {
  const expected = new Int32Array(a.length * b.length);
  const [first, second] = [operands[0].min, operands[1].min];
  for (let x = 0, at = 0; x < a.length; x++) {
    for (let y = 0; y < b.length; y++) expected[at++] = exact(first + x, second + y);
  }
  return expected;
}

/** Numbers of the pairs whose exact sum lies next to a half. */
function suspectsOf({ factors }: RescaledPair, a: Float64Array, b: Float64Array): number[] {
  const suspects: number[] = [];
  for (let x = 0, at = 0; x < a.length; x++) {
    for (let y = 0; y < b.length; y++, at++) {
      const sum = factors[0] * a[x]! + factors[1] * b[y]!;
      if (Math.abs(sum - Math.floor(sum) - 0.5) < farthestOff) suspects.push(at);
    }
  }
  return suspects;
}

/** True when the form gives what is expected of these pairs, or of all. */
function isEqual(
  { operands, zero, clamp: [low, high] }: RescaledPair,
  form: PairForm,
  expected: Int32Array,
  pairs?: readonly number[],
): boolean {
  const [first, second] = operands.map(({ min, zero: from }) => min - from) as [number, number];
  const count = operands[1].max - operands[1].min + 1;
  const length = pairs?.length ?? expected.length;
  for (let i = 0; i < length; i++) {
    const at = pairs === undefined ? i : pairs[i]!;
    const y = evaluatePair(form, first + Math.floor(at / count), second + (at % count)) + zero;
    if ((y < low ? low : y > high ? high : y) !== expected[at]) return false;
  }
  return true;
}

/** The result of a pair, without zero point and clamp; `a` and `b` are differences from their zero points. */
export function evaluatePair({ kind, factors, offset }: PairForm, a: number, b: number): number {
  const sum = f32(f32(a * factors[0]) + f32(b * factors[1]));
  const t = kind === 'scaled' ? sum : f32(sum + (kind === 'away' && sum < 0 ? -offset : offset));
  return f32(t + roundingConstant) - roundingConstant;
}

/** The differences of an operand from its zero point, in order. */
function differencesOf({ min, max, zero }: PairOperand): Float64Array {
  return Float64Array.from({ length: max - min + 1 }, (_, i) => min + i - zero);
}

/** Forms in the order of their cost, then of their distance from the exact factors. */
function* candidates({ factors }: RescaledPair): Generator<PairForm> {
  const near = factors.map((factor) => {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(factor))) - 23);
    return neighbours.map((n) => f32(f32(factor) + n * unit));
  });
  for (const kind of ['scaled', 'raised', 'away'] as const) {
    for (const offset of offsets) {
      if ((kind === 'scaled') !== (offset === 0)) continue;
      for (const x of near[0]!) for (const y of near[1]!) yield { kind, factors: [x, y], offset };
    }
  }
}
