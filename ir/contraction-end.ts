// How the loops of a contraction begin and end: what its accumulators start from, and what becomes of them.
import { accumulatorRanges, differenceRange, fitsI32, hullRange, productRange, sumRange } from './accumulator-range.ts';
import type { LoweringInput } from './define-op.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { AccumulatorKnowledge, AccumulatorRange } from './loops/lowering.ts';
import { type Buffer, laneOf } from './loops/types.ts';
import { boundsOf, type ChannelLayout, type ContractionAttributes } from './quantized-contraction.ts';

/** The lowering of an operator whose operands are an input, weights and perhaps a bias. */
type ContractionScope = Pick<
  LoweringInput<never>,
  'op' | 'operand' | 'type' | 'constantOperand' | 'constant' | 'requantization'
>;

export interface ContractionEnd {
  /** What accumulators start from: one element per output channel. Absent: 0. */
  readonly bias: Buffer | undefined;
  /** The element of a finished accumulator. */
  emit(b: LoopBuilder, accumulator: LoopValue, channel: LoopValue): LoopValue;
}

/** The bias and the end of one output element: requantization, or the float clamp, or nothing. */
export function contractionEnd(
  attributes: ContractionAttributes,
  scope: ContractionScope,
  layout: ChannelLayout,
): ContractionEnd {
  const { requant, clamp } = attributes;
  const hasBias = scope.op.operands[2] !== undefined;
  if (requant === undefined) {
    const [low, high] = boundsOf(clamp);
    return { bias: hasBias ? scope.operand(2) : undefined, emit: (b, acc) => limited(b, acc, low, high) };
  }
  const factors = Math.max(requant.multiplier.length, requant.scale.length);
  const code = scope.requantization(requant, known(attributes, scope, layout, factors));
  const { centers } = code;
  if (centers === undefined) return { ...code, bias: hasBias ? scope.operand(2) : undefined };
  const start = scope.constantOperand(2)?.data;
  const moved = Int32Array.from({ length: layout.channels }, (_, c) => {
    return Number(start?.[c] ?? 0) - centers[centers.length === 1 ? 0 : c]!;
  });
  return { ...code, bias: scope.constant('bias', 'i32', moved) };
}

function limited(b: LoopBuilder, acc: LoopValue, low: number, high: number): LoopValue {
  if (laneOf(acc.type) !== 'f32') return acc;
  const raised = low === Number.NEGATIVE_INFINITY ? acc : b.max(acc, b.constant(low, acc.type));
  return high === Number.POSITIVE_INFINITY ? raised : b.min(raised, b.constant(high, acc.type));
}

/** What is proved of the accumulators, for each factor; undefined where they have 64 bits or an unknown start. */
function known(
  { input_zero, weights_zero, accumulator }: ContractionAttributes,
  { op, type, constantOperand }: ContractionScope,
  layout: ChannelLayout,
  factors: number,
): AccumulatorKnowledge | undefined {
  const bias = constantOperand(2);
  if (accumulator !== 'i32' || (op.operands[2] !== undefined && bias === undefined)) return undefined;
  const x = differenceRange(type(0).element, input_zero);
  const weights = constantOperand(1);
  let ranges: readonly AccumulatorRange[];
  if (weights !== undefined) {
    ranges = accumulatorRanges(x, { data: weights.data, zero: weights_zero }, layout, bias?.data);
  } else {
    const product = productRange(x, differenceRange(type(1).element, weights_zero));
    const { before = 1, behind = 1 } = layout;
    const sum = sumRange(product, before * behind);
    ranges = Array.from({ length: layout.channels }, (_, c) => {
      const start = Number(bias?.data[c] ?? 0);
      return { min: start + sum.min, max: start + sum.max };
    });
  }
  if (!ranges.every(fitsI32)) return undefined;
  return { ranges: factors === 1 ? [hullRange(ranges)] : ranges, movable: true };
}
