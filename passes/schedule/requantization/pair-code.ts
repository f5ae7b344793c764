// A proved f32 form of a sum of two rescaled integers as loop code: operation by operation what pair-form.ts evaluates.
import type { LoopBuilder } from '../../../ir/loops/builder.ts';
import type { LoopValue } from '../../../ir/loops/kernel.ts';
import type { RescaledPair } from '../../../ir/loops/lowering.ts';
import { lanesOf, loopType } from '../../../ir/loops/types.ts';
import type { PairForm } from './pair-form.ts';
import { addAway, nearestPlus } from './rounding-code.ts';

/** The result of i32 operands, clamped. */
export function pairCode(
  b: LoopBuilder,
  { operands, zero, clamp }: RescaledPair,
  { kind, factors, offset }: PairForm,
  x: LoopValue,
  y: LoopValue,
): LoopValue {
  const floats = loopType('f32', lanesOf(x.type));
  const rescaled = (value: LoopValue, i: 0 | 1) =>
    b.mul(b.convert(b.sub(value, operands[i].zero), floats), b.constant(factors[i], floats));
  const sum = b.add(rescaled(x, 0), rescaled(y, 1));
  const shift = b.constant(offset, floats);
  const t = kind === 'scaled' ? sum : kind === 'raised' ? b.add(sum, shift) : addAway(b, sum, shift);
  return b.clamp(nearestPlus(b, t, zero), clamp[0], clamp[1]);
}
