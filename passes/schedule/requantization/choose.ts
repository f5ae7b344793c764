// Which form of a requantization an instruction set gets: the one in f32 where floats are cheap and it is proved to give
// the same bytes, else the integers of the contract as they are stated.
import type { Requantization } from '../../../ir/attributes.ts';
import type { LoopBuilder } from '../../../ir/loops/builder.ts';
import type { LoopValue } from '../../../ir/loops/kernel.ts';
import type {
  AccumulatorKnowledge,
  LoweringBuffers,
  RequantizationCode,
  RescaledPair,
} from '../../../ir/loops/lowering.ts';
import { requantizationCode } from '../../../ir/quantized.ts';
import type { Isa } from '../isa.ts';
import { floatRequantization } from './float-code.ts';
import { planFloat } from './float-plan.ts';
import { pairCode } from './pair-code.ts';
import { fitPair } from './pair-form.ts';

/** The code that requantizes on this instruction set; `known` is what is proved of 32-bit accumulators. */
export function chooseRequantization(
  r: Requantization,
  known: AccumulatorKnowledge | undefined,
  isa: Isa,
  buffers: Pick<LoweringBuffers, 'constant'>,
): RequantizationCode {
  const plan = isa.floatRequantize && known !== undefined ? planFloat(r, known.ranges, known.movable) : undefined;
  return plan === undefined ? requantizationCode(r, buffers) : floatRequantization(plan, r, buffers);
}

/** The code of a sum of two rescaled integers in f32; undefined where floats are no gain, or not proved equal. */
export function chooseRescaledPair(
  pair: RescaledPair,
  isa: Isa,
): ((b: LoopBuilder, x: LoopValue, y: LoopValue) => LoopValue) | undefined {
  const form = isa.floatRequantize ? fitPair(pair) : undefined;
  return form && ((b, x, y) => pairCode(b, pair, form, x, y));
}
