// The last steps of every f32 form as loop code.
import type { LoopBuilder } from '../../../ir/loops/builder.ts';
import type { LoopValue } from '../../../ir/loops/kernel.ts';
import { lanesOf, loopType } from '../../../ir/loops/types.ts';
import { INT32_MIN } from '../../../ir/numerics.ts';
import { roundingConstant } from './float-form.ts';

/** The bits of {@link roundingConstant}. */
const roundingBits = 0x4b400000;

/** The same bits as integers. */
export function bitsOf(b: LoopBuilder, x: LoopValue): LoopValue {
  return b.compute('bitcast', [x], {}, loopType('i32', lanesOf(x.type)));
}

/** The same bits as floats. */
export function floatOf(b: LoopBuilder, bits: LoopValue): LoopValue {
  return b.compute('bitcast', [bits], {}, loopType('f32', lanesOf(bits.type)));
}

/** v + offset, the offset taking the sign of v; its own is positive. */
export function addAway(b: LoopBuilder, v: LoopValue, offset: LoopValue): LoopValue {
  return b.add(v, floatOf(b, b.or(b.and(bitsOf(b, v), INT32_MIN), bitsOf(b, offset))));
}

/** The nearest integer of an f32 below 2^22 in magnitude, ties to even, plus `more`: an i32. */
export function nearestPlus(b: LoopBuilder, t: LoopValue, more: number): LoopValue {
  return b.sub(bitsOf(b, b.add(t, b.constant(roundingConstant, t.type))), roundingBits - more);
}
