// Which form of a requantization an instruction set gets: the one in f32 where floats are cheap and it is proved to give
// the same bytes, else the integers of the contract as they are stated.
import type { Requantization } from '../../../ir/attributes.ts';
import type { AccumulatorKnowledge, LoweringBuffers, RequantizationCode } from '../../../ir/loops/lowering.ts';
import { requantizationCode } from '../../../ir/quantized.ts';
import type { Isa } from '../isa.ts';
import { floatRequantization } from './float-code.ts';
import { planFloat } from './float-plan.ts';

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
