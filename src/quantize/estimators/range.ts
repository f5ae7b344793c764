// Ranges of real numbers, and the quantizations that hold them.
import { integerRange, perTensor, type Quantization } from '../../../ir/types.ts';

/** An interval that a quantized tensor is to represent: finite, low <= 0 <= high, low < high. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What the range is for. */
export interface RangeOptions {
  readonly bits: 8 | 16;
  /** Asks for low = -high: zero point 0. What has 16 bits is always symmetric. */
  readonly symmetric?: boolean;
  /** For `percentile`: the percentage of values that are kept, from 50 to 100. 99.99 unless told. */
  readonly percentile?: number;
}

/** The numbers that a quantization represents: step * k for the integers k from `least` to `greatest`. */
export interface Grid {
  readonly step: number;
  readonly least: number;
  readonly greatest: number;
}

/** Ranges narrower than this hold nothing but zero: scales of them would take integer biases out of 32 bits. */
export const leastSpan = 2 ** -64;

/** True where nothing but zero lies from `low` to `high` (both infinite, the wrong way round, for no values at all). */
export function isZero(low: number, high: number): boolean {
  return !(Math.max(high, 0) - Math.min(low, 0) >= leastSpan);
}

/** True where the options ask for zero point 0. */
export function isSymmetric(options: RangeOptions): boolean {
  return options.symmetric === true || options.bits === 16;
}

/**
 * The range from `low` to `high`, widened to contain 0, and to both sides where it is to be symmetric. What was never
 * anything but zero gets the range of 1.
 */
export function rangeOf(low: number, high: number, options: RangeOptions): Range {
  const least = Math.min(low, 0);
  const greatest = Math.max(high, 0);
  const empty = isZero(low, high);
  if (isSymmetric(options)) {
    const magnitude = empty ? 1 : Math.max(-least, greatest);
    return { low: -magnitude, high: magnitude };
  }
  return empty ? { low: 0, high: 1 } : { low: least + 0, high: greatest };
}

/** The least positive f32 that is no subnormal number. */
const leastScale = 2 ** -126;

/**
 * The quantization of a range: i8 with a zero point, so that real 0 is an integer of -128 to 127; i8 with zero point 0 and
 * `high` at 127 where low = -high; i16 with zero point 0 and the greater magnitude at 32767 (TensorFlow Lite's 8-bit
 * quantization specification and its 16x8 scheme). The scale is an f32, positive and normal.
 *
 * The zero point is rounded, which may shift what is represented by up to half a step: the ends of the range are then as
 * far from a represented number as rounding takes any other value.
 */
export function quantizationOf(range: Range, element: 'i8' | 'i16'): Quantization {
  const { step, least } = gridOf(range, element === 'i8' ? 8 : 16);
  return perTensor(step, integerRange(element).min - least);
}

/** The numbers that {@link quantizationOf} represents. */
export function gridOf(range: Range, bits: 8 | 16): Grid {
  const { min, max } = integerRange(bits === 8 ? 'i8' : 'i16');
  const { low, high } = range;
  if (bits === 16 || low === -high) return { step: scaleOf(Math.max(-low, high), max), least: min, greatest: max };
  const step = scaleOf(high - low, max - min);
  const least = Math.max(min - max, Math.min(0, Math.round(low / step)));
  return { step, least, greatest: least + max - min };
}

function scaleOf(span: number, steps: number): number {
  return Math.max(Math.fround(span / steps), leastScale);
}
