// How the loops of a contraction begin and end: what its accumulators start from, and what becomes of them.
import { accumulatorRanges, differenceRange, fitsI32, hullRange, productRange, sumRange } from './accumulator-range.ts';
import type { LoweringInput } from './define-op.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { AccumulatorKnowledge, AccumulatorRange } from './loops/lowering.ts';
import { type Buffer, laneOf, lanesOf, loopType } from './loops/types.ts';
import type { Bounds } from './quantized.ts';
import {
  boundsOf,
  type ChannelLayout,
  type ContractionAttributes,
  floatWeightScales,
} from './quantized-contraction.ts';

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

/** The bias and the end of one output element: the scale of integer weights, requantization, the float clamp, or nothing. */
export function contractionEnd(
  attributes: ContractionAttributes,
  scope: ContractionScope,
  layout: ChannelLayout,
): ContractionEnd {
  const { requant, clamp } = attributes;
  const hasBias = scope.op.operands[2] !== undefined;
  const scales = floatWeightScales(scope.type(0), scope.type(1));
  if (scales !== undefined) return scaledEnd(scales, boundsOf(clamp), scope, layout.channels);
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

/**
 * clamp(sum * scale + bias) of f32 sums over integer weights. The bias is added behind the scale, so that accumulators do
 * not start from it.
 */
function scaledEnd(
  scales: Float32Array,
  [low, high]: Bounds,
  scope: ContractionScope,
  channels: number,
): ContractionEnd {
  const table = scales.length === 1 ? undefined : scope.constant('scale', 'f32', scales);
  const bias = scope.op.operands[2] === undefined ? undefined : scope.operand(2);
  // Lanes are neighbouring channels; where there is one channel they are all of it.
  const read = (b: LoopBuilder, buffer: Buffer, channel: LoopValue, lanes: number) =>
    channels === 1 ? b.splat(b.load(buffer, channel), loopType('f32', lanes)) : b.load(buffer, channel, lanes);
  return {
    bias: undefined,
    emit(b, acc, channel) {
      const lanes = lanesOf(acc.type);
      const scale = table === undefined ? b.constant(scales[0]!, acc.type) : read(b, table, channel, lanes);
      const real = b.mul(acc, scale);
      return limited(b, bias === undefined ? real : b.add(real, read(b, bias, channel, lanes)), low, high);
    },
  };
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
