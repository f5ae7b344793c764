// Requantization of accumulators in f32, and the proof that it gives the same bytes:
//
//   a = f32(acc - center) + early                rounded
//   v = a * scale                                rounded
//   t = v + late                                 rounded
//   y = bits(t + 3 * 2^22) - bits(3 * 2^22)      t to the nearest integer, ties to even: floats of that size are 1 apart
//   y = y + (acc == lifted) - (acc == lowered) + middle
//
// All but the last line grow with acc. Without exceptions they equal a requantization whose stairs they have
// (staircase.ts): that is checked at both sides of each step, with the very operations that the loops perform.
//
// `double` rounds twice, so its steps come half a unit of the first rounding early, on both sides of zero. An offset makes
// up for that: added where all steps are on one side of zero, else `away` from zero, with the sign of the accumulator. In
// v, half a unit is the power of two at or below the scale, which needs no table.
//
// Steps of a scale of 2^-e are 2^e accumulators apart, and v has 24 bits: from e = 7 on, one or another of 255 steps falls
// so close to a whole accumulator that roundings move it. Then offsets come from a table and are added early, a center in
// the middle of the steps makes v small, and other centers round otherwise. An accumulator whose result is still a level
// too low is lifted, one whose result is too high is lowered.
import type { AccumulatorRange } from '../../../ir/loops/lowering.ts';
import type { Staircase } from './staircase.ts';

/** The numbers of one channel: f32, but for the center. */
export interface FloatFactor {
  readonly scale: number;
  /** Added to the accumulator; not negative where offsets go away from zero. */
  readonly early: number;
  /** Added to the scaled accumulator; not negative where offsets go away from zero. */
  readonly late: number;
  /** Taken off accumulators: an i32; 0 where offsets go away from zero, because their sign decides. */
  readonly center: number;
}

/** What is to be proved of one channel. */
export interface Claim {
  readonly stairs: Staircase;
  /** The accumulators that occur. */
  readonly range: AccumulatorRange;
  /** The limits of the clamp without the zero point. */
  readonly low: number;
  readonly high: number;
  /** Added to results: an integer. */
  readonly middle: number;
}

/** 3 * 2^22: f32 of this size are integers, and stay so while less than 2^22 is added or taken away. */
export const roundingConstant = 12582912;

/** What is rounded to an integer stays below this in magnitude. */
const roundingLimit = 2 ** 22;

const f32 = Math.fround;

/**
 * The result of an accumulator without its center, and before exceptions, middle, zero point and clamp. Adding 0 changes
 * nothing: the loops leave it out.
 */
export function evaluateFloat({ scale, early, late }: FloatFactor, away: boolean, centered: number): number {
  const negated = away && centered < 0;
  return nearest(f32(centered), scale, negated ? -early : early, negated ? -late : late);
}

function nearest(acc: number, scale: number, early: number, late: number): number {
  return f32(f32(f32(f32(acc + early) * scale) + late) + roundingConstant) - roundingConstant;
}

/** Accumulators whose result is one more, or one less, than the form says. */
export interface Exceptions {
  readonly lifted: number | undefined;
  readonly lowered: number | undefined;
}

/**
 * What makes the form equal on all accumulators of the range: at most one lifted and one lowered, if exceptions are
 * `allowed`. Undefined where it differs in more than that.
 */
export function exceptionsOf(
  { stairs, range, low, high, middle }: Claim,
  factor: FloatFactor,
  away: boolean,
  allowed: boolean,
): Exceptions | undefined {
  if (!staysSmall(range, factor)) return undefined;
  const { center } = factor;
  const { bottom, thresholds } = stairs;
  let lifted: number | undefined;
  let lowered: number | undefined;
  const at = (acc: number) => evaluateFloat(factor, away, acc);
  // The greatest are first: they are the most likely to fail.
  for (let i = thresholds.length - 1; i >= 0; i--) {
    const level = bottom + 1 + i - middle;
    const acc = thresholds[i]! - center;
    const [below, reached] = [at(acc - 1), at(acc)];
    if (below < level && reached >= level) continue;
    if (!allowed) return undefined;
    if (reached < level) {
      if (lifted !== undefined || reached !== level - 1 || at(acc + 1) < level) return undefined;
      lifted = acc + center;
    } else {
      if (lowered !== undefined || below !== level || at(acc - 2) >= level) return undefined;
      lowered = acc - 1 + center;
    }
  }
  // Below and above its steps the form may go on only where the clamp cuts it.
  const top = bottom + thresholds.length;
  const [least, greatest] = [at(range.min - center) + middle, at(range.max - center) + middle];
  const ends = (bottom === low || least >= bottom) && (top === high || greatest <= top);
  return ends ? { lifted, lowered } : undefined;
}

/** True where the rounding constant works, and accumulators without their center fit 32 bits. */
export function staysSmall({ min, max }: AccumulatorRange, { scale, early, late, center }: FloatFactor): boolean {
  const magnitude = Math.max(center - min, max - center);
  const scaled = (magnitude + Math.abs(early)) * scale + Math.abs(late);
  return magnitude < 2 ** 31 && scaled * (1 + 2 ** -20) < roundingLimit - 1;
}

/** The greatest power of two that is not above a normal f32: its bits without the fraction. */
export function powerBelow(scale: number): number {
  floats[0] = scale;
  bits[0]! &= exponentMask;
  return floats[0]!;
}

/** The exponent of an f32. */
export const exponentMask = 0x7f800000;

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);
