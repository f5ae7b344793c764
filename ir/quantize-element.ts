// One real number to an integer of a quantized type: loop code and plain meaning, for the operators that do it.
import { loopArithmetic } from './functions/arithmetic.ts';
import { roundHalfAway as roundHalfAwayCode } from './functions/round.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import { roundHalfAway, roundHalfEven, saturate, truncateToI32 } from './numerics.ts';
import { type ElementType, integerRange } from './types.ts';

/** Where a quotient halfway between two integers goes. */
export type Ties = 'away' | 'even';

/** clamp(round(x / scale) + zero) as the reference computes it; the quotient is an f32, NaN gives the zero point. */
export function quantizedElement(x: number, scale: number, zero: number, element: ElementType, ties: Ties): number {
  const { min, max } = integerRange(element);
  const round = ties === 'even' ? roundHalfEven : roundHalfAway;
  const rounded = round(Math.fround(x / scale));
  return truncateToI32(saturate(rounded, min - zero, max - zero)) + zero;
}

/** The same as loop code; i32, within the element type. */
export function quantizeElement(
  b: LoopBuilder,
  x: LoopValue,
  { scale, zero }: { readonly scale: LoopValue; readonly zero: LoopValue },
  element: ElementType,
  ties: Ties,
): LoopValue {
  const { min, max } = integerRange(element);
  const m = loopArithmetic(b);
  const quotient = b.div(x, scale);
  const rounded = ties === 'even' ? m.nearest(quotient) : roundHalfAwayCode(m, quotient);
  if (element === 'i32') return b.convert(rounded, 'i32');
  // Limited to where the sum with a zero point of at most 16 bits cannot wrap.
  const limited = b.min(b.max(rounded, b.f32(-(2 ** 24))), b.f32(2 ** 24));
  return b.clamp(b.add(b.convert(limited, 'i32'), zero), min, max);
}
