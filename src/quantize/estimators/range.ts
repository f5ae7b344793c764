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

/** Ranges narrower than this hold nothing but zero: scales of them would take integer biases out of 32 bits. */
const leastSpan = 2 ** -64;

/** What a tensor gets that was never anything but zero. */
const unitRange: Range = { low: 0, high: 1 };

/** The range from `low` to `high`, made to contain 0, to be not empty, and symmetric where that is asked for. */
export function rangeOf(low: number, high: number, options: RangeOptions): Range {
  const least = Math.min(low, 0);
  const greatest = Math.max(high, 0);
  if (!(greatest - least >= leastSpan)) return options.symmetric === true ? { low: -1, high: 1 } : unitRange;
  if (options.symmetric !== true && options.bits === 8) return { low: least, high: greatest };
  const magnitude = Math.max(-least, greatest);
  return { low: -magnitude, high: magnitude };
}

/** The least positive f32 that is no subnormal number. */
const leastScale = 2 ** -126;

/**
 * The quantization of a range: i8 with a zero point, so that real 0 is an integer of -128 to 127; i8 with zero point 0 on
 * -127 to 127 where low = -high; i16 with zero point 0 on -32767 to 32767 (the 16x8 scheme of TensorFlow Lite's
 * quantization specification). The scale is f32, positive and normal.
 *
 * The zero point is rounded, so that what is represented may be shifted by up to half a step: no value in the range is
 * further from an integer than rounding takes it.
 */
export function quantizationOf(range: Range, element: 'i8' | 'i16'): Quantization {
  const { min, max } = integerRange(element);
  const { low, high } = range;
  if (element === 'i16' || low === -high) return perTensor(scaleOf(Math.max(-low, high), max), 0);
  const scale = scaleOf(high - low, max - min);
  return perTensor(scale, Math.min(max, Math.max(min, Math.round(min - low / scale))));
}

function scaleOf(span: number, steps: number): number {
  return Math.max(Math.fround(span / steps), leastScale);
}
