// Which row of an instruction set multiplies matrices by its dot, and what its tiles read then. The input itself, where
// it holds what dot takes; a band of it, where it is padded or its rows do not divide into groups; where dot takes wider
// integers, a band or the rows of one tile, made wider once for all columns.
import type { ContractionLowering } from '../../ir/loops/lowering.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { type Band, bandOf } from './band.ts';
import type { ScheduleContext } from './context.ts';
import { depthwisePlan } from './depthwise.ts';
import type { Isa } from './isa.ts';
import { weightsFit } from './packing.ts';
import { guardsOf } from './plain.ts';
import { type StridedContraction, stridedForm } from './strided.ts';
import type { TilePlan } from './tile-kernel.ts';

export interface DotMatrix {
  readonly isa: Isa;
  readonly form: StridedContraction;
  readonly plan: TilePlan;
  readonly band: Band | undefined;
  /** The rows of a tile are consecutive in the input and are made wider before its columns are computed. */
  readonly panel: boolean;
}

/** The first of the instruction set's rows whose dot can be fed; undefined for none. `apart`: axes to be kept. */
export function dotMatrix(
  c: ContractionLowering,
  isa: Isa | undefined,
  apart: ReadonlySet<number>,
  context: ScheduleContext,
): DotMatrix | undefined {
  if (isa === undefined) return undefined;
  return dotMatrixOf(c, isa, apart, context) ?? dotMatrix(c, isa.wider, apart, context);
}

function dotMatrixOf(
  c: ContractionLowering,
  isa: Isa,
  apart: ReadonlySet<number>,
  context: ScheduleContext,
): DotMatrix | undefined {
  if (isa.group === 1 && isa.lanes === 1) return undefined;
  const form = stridedForm(c, c.input, apart);
  const plan = planAxes(form);
  if (depthwisePlan(form, plan, isa) !== undefined || !operandsFit(form, plan, isa, context)) return undefined;
  const inner = form.axes[plan.reduce.at(-1)!]!.extent;
  const isRagged = inner % isa.group !== 0;
  const isGuarded = guardsOf(c, c.input).length > 0;
  const { element } = c.input.buffer;
  const widens = isa.lanes > 1 && isa.operand === 'i16' && bytesPerElement(element) === 1;
  const panel = widens && !isGuarded && !isRagged && hasConsecutiveRows(form, plan);
  if (panel || !(isGuarded || isRagged || widens)) return { isa, form, plan, band: undefined, panel };
  const band = bandOf(c, context.scratch, { element: widens ? 'i16' : undefined, slack: isa.group });
  if (band === undefined) return undefined;
  const banded = stridedForm(c, band.input, apart);
  return { isa, form: banded, plan: planAxes(banded), band, panel };
}

/** True when the instruction set's dot takes what the buffers hold, and results of a vector are neighbours. */
function operandsFit(form: StridedContraction, plan: TilePlan, isa: Isa, context: ScheduleContext): boolean {
  const { origin, input, result } = form;
  const elements = isa.operand === 'i8' ? [isa.activations ?? 'i8'] : ['i8', 'u8', 'i16'];
  if (!isConstant(form, context) || !elements.includes(input.buffer.element) || origin.accumulator !== 'i32') {
    return false;
  }
  const inner = plan.reduce.at(-1);
  if (inner === undefined || input.strides[inner] !== 1 || !weightsFit(form, isa.operand, context)) return false;
  if (isa.lanes === 1) return true;
  return plan.column !== undefined && result.strides[plan.column] === 1 && form.axes[plan.column]!.extent >= isa.lanes;
}

/** True when the inputs of one row of a tile are a run, and those of the next row are the next run. */
function hasConsecutiveRows({ axes, input }: StridedContraction, { row, reduce }: TilePlan): boolean {
  const [only, more] = reduce;
  if (only === undefined || more !== undefined) return false;
  return row === undefined || input.strides[row] === axes[only]!.extent;
}

/** True when weights and bias are constant, so that they can be packed for vectors. */
export function isConstant(form: StridedContraction, context: ScheduleContext): boolean {
  const { weights, bias } = form;
  return [weights, bias].every((a) => a === undefined || context.contents(a.buffer) !== undefined);
}

/** Rows run along the last axis of the input alone, columns along the last axis of the weights alone. */
export function planAxes(form: StridedContraction): TilePlan {
  const parallel = form.axes.flatMap((a, i) => (a.role === 'parallel' ? [i] : []));
  const reads = (i: number) => form.input.strides[i] !== 0;
  const weighs = (i: number) => form.weights.strides[i] !== 0;
  const fixed = parallel.filter((i) => !reads(i) && !weighs(i));
  const row = parallel.findLast((i) => reads(i) && !weighs(i));
  const column = parallel.findLast((i) => weighs(i) && !reads(i));
  return {
    fixed,
    outer: parallel.filter((i) => !fixed.includes(i) && i !== row && i !== column),
    row,
    column,
    reduce: form.axes.flatMap((a, i) => (a.role === 'reduce' ? [i] : [])),
  };
}
