// Reductions over any axes of a tensor: the attributes, the shape rule, and the loops over what is kept and what is
// combined. Operators that reduce differ only in how they combine.
import { attr } from './attributes.ts';
import { type FactorPassage, type FactorSigns, factorsOfFirst } from './channel-factors.ts';
import { rule } from './define-op.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { Op } from './module.ts';
import { forEachIndex, normalizeAxis } from './shapes.ts';
import { elementCount, stridesOf } from './types.ts';

export const reductionAttributes = {
  axes: attr.ints({ doc: 'Axes to combine, in [-rank, rank); repeated ones count once. None: nothing is combined.' }),
  keep_dims: attr.bool({ fallback: false, doc: 'Combined axes stay in the shape, with extent 1.' }),
};

export interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keep_dims: boolean;
}

/** For each dimension, whether it is combined. A scalar has none, whatever the axes say (TensorFlow Lite's ResolveAxis). */
function reducedDimensions(rank: number, axes: readonly number[]): boolean[] {
  const reduced = new Array<boolean>(rank).fill(false);
  if (rank > 0) for (const axis of axes) reduced[normalizeAxis(axis, rank)] = true;
  return reduced;
}

/** How factors of channels pass a reduction: where the last dimension stays. */
export function reducedFactors(signs: FactorSigns): (op: Op) => FactorPassage | undefined {
  return (op) => {
    const rank = op.operand(0).type.shape.length;
    const reduced = reducedDimensions(rank, op.attributes.axes as readonly number[]);
    return rank > 0 && reduced.at(-1) === false ? factorsOfFirst(signs)(op) : undefined;
  };
}

/** The shape of the result. */
export function reducedShape(shape: readonly number[], { axes, keep_dims }: ReductionAttributes): number[] {
  const reduced = reducedDimensions(shape.length, axes);
  rule(
    shape.every((d, i) => d > 0 || !reduced[i]),
    'combines no elements: an axis has extent 0',
  );
  return shape.flatMap((d, i) => (reduced[i] ? (keep_dims ? [1] : []) : [d]));
}

/** A run of positions `stride` apart. */
interface Run {
  readonly extent: number;
  readonly stride: number;
}

/** The index space of a reduction, neighbouring dimensions merged where they make one run. */
export interface ReductionSpace {
  /** Row-major, the result's order. */
  readonly kept: readonly Run[];
  /** Row-major, the order in which elements are combined. */
  readonly reduced: readonly Run[];
  /** Elements combined into each result. */
  readonly count: number;
}

export function reductionSpace(shape: readonly number[], axes: readonly number[]): ReductionSpace {
  const reduced = reducedDimensions(shape.length, axes);
  const strides = stridesOf(shape);
  const runs = (wanted: boolean): Run[] => {
    const list: Run[] = [];
    for (const [d, extent] of shape.entries()) {
      if (reduced[d] !== wanted || extent === 1) continue;
      const run = { extent, stride: strides[d]! };
      const last = list.at(-1);
      if (last !== undefined && last.stride === run.stride * run.extent) {
        list[list.length - 1] = { extent: last.extent * extent, stride: run.stride };
      } else list.push(run);
    }
    return list;
  };
  return { kept: runs(false), reduced: runs(true), count: elementCount(shape.filter((_, d) => reduced[d])) };
}

/** The shape of a map with one element per result. */
export function keptShape(space: ReductionSpace): number[] {
  return space.kept.map((r) => r.extent);
}

/** The first operand position that belongs to the result at `index`. */
export function firstPosition(b: LoopBuilder, space: ReductionSpace, index: readonly LoopValue[]): LoopValue {
  return index.reduce((sum, i, d) => b.add(sum, b.mul(i, space.kept[d]!.stride)), b.constant(0));
}

/** Carries values over the elements that belong to one result; `visit` gets each position in the operand. */
export function foldReduced(
  b: LoopBuilder,
  space: ReductionSpace,
  index: readonly LoopValue[],
  inits: readonly LoopValue[],
  visit: (position: LoopValue, carried: readonly LoopValue[]) => readonly LoopValue[],
): readonly LoopValue[] {
  const nest = (d: number, position: LoopValue, carried: readonly LoopValue[]): readonly LoopValue[] => {
    const run = space.reduced[d];
    if (run === undefined) return visit(position, carried);
    return b.forCarry(0, run.extent, carried, (i, inner) => {
      return nest(d + 1, b.add(position, b.mul(i, run.stride)), inner);
    });
  };
  return nest(0, firstPosition(b, space, index), inits);
}

/** For references: calls `visit` with each result and the first operand position that belongs to it. */
export function forEachResult(space: ReductionSpace, visit: (result: number, first: number) => void): void {
  forEachIndex(keptShape(space), (index, result) => visit(result, offsetOf(index, space.kept)));
}

/** For references: calls `visit` with each operand position that belongs to a result, in order. */
export function forEachReduced(space: ReductionSpace, first: number, visit: (position: number) => void): void {
  const extents = space.reduced.map((r) => r.extent);
  forEachIndex(extents, (index) => visit(first + offsetOf(index, space.reduced)));
}

function offsetOf(index: readonly number[], runs: readonly Run[]): number {
  return index.reduce((sum, i, d) => sum + i * runs[d]!.stride, 0);
}
