// How a contraction is cut into register tiles for machines that store whole words: which axes rows and columns run along,
// how many a tile has, and whether tiles can do it at all. word-tiles.ts emits them.
import type { Access, ContractionLowering } from '../../ir/loops/lowering.ts';
import { integerRange } from '../../ir/types.ts';
import type { ScheduleContext } from './context.ts';
import type { Isa } from './isa.ts';
import { isConstant, planAxes } from './matrix-dot.ts';
import { type Guard, guardsOf } from './plain.ts';
import { type StridedContraction, stridedExtent, stridedForm } from './strided.ts';
import type { TilePlan } from './tile-kernel.ts';
import { copiesExactly } from './tiled.ts';
import { elementsPerWord } from './word-map.ts';

/**
 * Most rows of a tile. With four columns each, four rows are fastest on the software adapters that were measured, and
 * five where they leave no rest.
 */
const mostRows = 5;

/** What a tiled kernel does with its axes: there is always one for columns. */
export interface WordPlan extends TilePlan {
  readonly column: number;
}

/** A contraction in strided form, and how it is cut into tiles. */
export interface Tiling {
  readonly form: StridedContraction;
  readonly plan: WordPlan;
  readonly guards: readonly Guard[];
  /** True where columns are channels that keep to themselves. */
  readonly depthwise: boolean;
  readonly rows: number;
  readonly columns: number;
}

/** How to tile a contraction; undefined where tiles would not own whole words, or an input has no exact stand-in. */
export function tilingOf(c: ContractionLowering, isa: Isa, context: ScheduleContext): Tiling | undefined {
  if (c.axes.some((a) => a.extent === 0)) return undefined;
  if (guardsOf(c, c.weights).length > 0 || guardsOf(c, c.result).length > 0) return undefined;
  const guards = guardsOf(c, c.input);
  if (guards.length > 0 && !padsExactly(c, context)) return undefined;
  const form = stridedForm(c, c.input, keptApart(c, guards));
  if (!isConstant(form, context)) return undefined;
  const plan = planAxes(form);
  const channel = plan.outer.findLast((i) => form.input.strides[i] === 1 && form.weights.strides[i] !== 0);
  const depthwise = plan.column === undefined;
  const column = plan.column ?? channel;
  if (column === undefined || form.result.strides[column] !== 1) return undefined;
  const perWord = elementsPerWord(form.result.buffer);
  const others = form.result.strides.filter((_, i) => i !== column);
  if ([form.result.start, ...others].some((n) => n % perWord !== 0)) return undefined;
  const outer = [...plan.fixed, ...plan.outer].filter((i) => i !== column);
  return {
    ...{ form, guards, depthwise },
    plan: { ...plan, fixed: [], outer, column },
    rows: rowsOf(stridedExtent(form, plan.row)),
    columns: Math.min(isa.lanes, stridedExtent(form, column)),
  };
}

/** Axes of guards, which are asked for their values, and those of columns: what a vector of them means, epilogues know. */
function keptApart(c: ContractionLowering, guards: readonly Guard[]): Set<number> {
  const axesOf = (access: Access) => new Set(access.index.flatMap((f) => f.terms.map(([axis]) => axis)));
  const [read, weighed] = [axesOf(c.input), axesOf(c.weights)];
  const columns = c.axes.flatMap((a, i) => (a.role === 'parallel' && weighed.has(i) && !read.has(i) ? [i] : []));
  return new Set([...columns, ...guards.flatMap((g) => g.form.terms.map(([axis]) => axis))]);
}

/** Rows per tile: a step costs its products, an input for each row and the weights. */
function rowsOf(extent: number): number {
  let [best, least] = [1, Number.POSITIVE_INFINITY];
  for (let rows = 1; rows <= Math.min(mostRows, extent); rows++) {
    const cost = Math.ceil(extent / rows) * (5 * rows + 2);
    if (cost < least) [best, least] = [rows, cost];
  }
  return best;
}

/** True when an input outside of its image can be replaced by a value: its zero point, if it has that value. */
function padsExactly(c: ContractionLowering, context: ScheduleContext): boolean {
  const { element } = c.input.buffer;
  if (element === 'f32') return copiesExactly(c, context);
  const { min, max } = integerRange(element);
  return c.inputZero >= min && c.inputZero <= max;
}

/** True when neighbouring inputs of a dot are neighbours in memory, all inside of the image or all outside. */
export function isGrouped({ form, plan, guards, depthwise }: Tiling, isa: Isa): boolean {
  const { origin, input, weights } = form;
  const inner = plan.reduce.at(-1);
  if (inner === undefined || depthwise || origin.accumulator !== 'i32' || origin.weightsZero !== 0) return false;
  if (input.buffer.element !== 'i8' || weights.buffer.element !== 'i8') return false;
  const { extent, parts } = form.axes[inner]!;
  const guarded = guards.some((g) => g.form.terms.some(([axis]) => parts.some((p) => p.axis === axis)));
  return !guarded && input.strides[inner] === 1 && extent % isa.group === 0;
}
