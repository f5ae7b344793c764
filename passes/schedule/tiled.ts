// The schedule of contractions with register tiles: convolutions, fully connected layers, products of matrices. A tile
// of rows x columns accumulators stays in registers while the reduction runs, then the epilogue finishes it. Sums keep
// their order, so floats keep their value.
//
//   for fixed axes: fill the band                          (only where the input is padded)
//     for outer axes, tiles of rows, tiles of columns:
//       acc[r][c] = bias[c]
//       for reduction: acc[r][c] += input[r] * weights[c]
//       result[r][c] = epilogue(acc[r][c])
//
// Where an extent does not divide by the tile, the last tile ends with the axis and repeats a part of the one before it:
// one body serves all, which keeps code small.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Access, ContractionLowering } from '../../ir/loops/lowering.ts';
import { type Band, bandOf } from './band.ts';
import type { ScheduleContext } from './context.ts';
import { depthwisePlan, emitDepthwise } from './depthwise.ts';
import { scheduleDepthwiseDot } from './depthwise-dot.ts';
import { type Isa, scalar } from './isa.ts';
import { emitMatrix } from './matrix.ts';
import { dotMatrix, isConstant, planAxes } from './matrix-dot.ts';
import { guardsOf } from './plain.ts';
import { type StridedContraction, stridedForm } from './strided.ts';
import type { TilePlan } from './tile-kernel.ts';

/** Emits the contraction in tiles; false where another schedule must do. */
export function scheduleTiled(b: LoopBuilder, c: ContractionLowering, isa: Isa, context: ScheduleContext): boolean {
  if (c.axes.some((a) => a.extent === 0)) return false;
  if (guardsOf(c, c.weights).length > 0 || guardsOf(c, c.result).length > 0) return false;
  if (scheduleDepthwiseDot(b, c, isa, context)) return true;
  const apart: ReadonlySet<number> = isa.lanes === 1 ? new Set() : columnAxes(c);
  const dot = dotMatrix(c, isa, apart, context);
  if (dot !== undefined) {
    emitMatrix({ b, context, ...dot });
    return true;
  }
  let band: Band | undefined;
  if (guardsOf(c, c.input).length > 0) {
    band = copiesExactly(c, context) ? bandOf(c, context.scratch) : undefined;
    if (band === undefined) return false;
  }
  const form = stridedForm(c, band?.input ?? c.input, apart);
  const plan = planAxes(form);
  const { floats } = isa;
  const lanes = c.accumulator === 'f32' ? (floats ?? scalar) : isa;
  const channels = depthwisePlan(form, plan, lanes);
  if (channels !== undefined) {
    const vectors = lanes.lanes === 1 || channelsFitVectors(form, channels, lanes, context);
    emitDepthwise({ b, form, plan: channels, band, context, isa: vectors ? lanes : scalar });
  } else {
    const vectors = floats !== undefined && columnsFitVectors(form, plan, floats, context);
    emitMatrix({ b, form, plan, band, context, isa: vectors ? floats : scalar, panel: false });
  }
  return true;
}

/** Zeros in the padding add nothing: always for integers, for floats unless a weight is infinite or NaN. */
export function copiesExactly(c: ContractionLowering, context: ScheduleContext): boolean {
  if (c.accumulator !== 'f32' || c.weights.buffer.element !== 'f32') return true;
  const weights = context.contents(c.weights.buffer);
  return weights !== undefined && (weights as Float32Array).every(Number.isFinite);
}

/**
 * The axes that the weights alone run along. A vector of columns must not reach from one value of such an axis into the
 * next: the epilogue takes its lanes for neighbours along the last.
 */
function columnAxes(c: ContractionLowering): ReadonlySet<number> {
  const axesOf = (access: Access) => new Set(access.index.flatMap((form) => form.terms.map(([axis]) => axis)));
  const [read, weighed] = [axesOf(c.input), axesOf(c.weights)];
  return new Set([...weighed].filter((i) => c.axes[i]!.role === 'parallel' && !read.has(i)));
}

/** True when neighbouring channels are neighbours in memory, and there are enough for a vector. */
function channelsFitVectors(form: StridedContraction, plan: TilePlan, isa: Isa, context: ScheduleContext): boolean {
  const { origin, input, result } = form;
  const channel = plan.column!;
  const neighbours = input.strides[channel] === 1 && result.strides[channel] === 1;
  const enough = form.axes[channel]!.extent >= isa.lanes;
  return neighbours && enough && origin.accumulator !== 'i64' && isConstant(form, context);
}

/** True when f32 results of a vector are neighbours, and their weights are, or can be packed to be. */
function columnsFitVectors(form: StridedContraction, plan: TilePlan, isa: Isa, context: ScheduleContext): boolean {
  const { origin, result, weights, bias } = form;
  const { column } = plan;
  if (origin.accumulator !== 'f32' || column === undefined || (bias?.strides[column] ?? 0) > 1) return false;
  const areNeighbours = weights.buffer.element === 'f32' && weights.strides[column] === 1;
  if (!areNeighbours && !isConstant(form, context)) return false;
  return result.strides[column] === 1 && form.axes[column]!.extent >= isa.lanes;
}
