// How operators answer when their operands are transposed (the hook `transposed`): what they compute instead from the
// operands as they were, so that a transposition may follow the operator rather than precede it. The pass
// sink-transposes asks.
import type { AttributeRecord, Op } from './module.ts';
import { normalizeAxis } from './shapes.ts';
import { elementCount, type Quantization, type TensorType, tensorType } from './types.ts';

/** Dimension d of the transposed tensor is dimension perm[d] of the tensor. */
export type Permutation = readonly number[];

/**
 * Where an operand is transpose(z, perm), the same result computed from z: the operator with these attributes on
 * operands put back into the order of z, its result transposed by `result`.
 */
export interface TransposedForm {
  readonly attributes: AttributeRecord;
  /** By what the moved operands are transposed as they stand, those of lower rank after leading extents of 1. */
  readonly perm: Permutation;
  readonly result: Permutation;
  /** Operands that are taken as they stand: tables, indices. */
  readonly kept?: readonly number[];
}

/** The permutation that undoes this one. */
export function inverted(perm: Permutation): number[] {
  const inverse = new Array<number>(perm.length);
  for (const [d, from] of perm.entries()) inverse[from] = d;
  return inverse;
}

/** The type of a transposed tensor; a quantization along an axis follows its dimension. */
export function transposedType({ element, shape, quant }: TensorType, perm: Permutation): TensorType {
  const moved: Quantization | undefined =
    quant?.axis === undefined ? quant : { ...quant, axis: perm.indexOf(quant.axis) };
  return tensorType(
    element,
    perm.map((d) => shape[d]!),
    moved,
  );
}

/** One entry per dimension of transpose(z, perm) as one per dimension of z. */
export function entriesBefore(entries: readonly number[], perm: Permutation): number[] {
  return inverted(perm).map((d) => entries[d]!);
}

/** Operators that go element by element over operands that broadcast as in numpy. */
export function transposedElementwise(op: Op, perm: Permutation): TransposedForm {
  const leading = op.result.type.shape.length - perm.length;
  const whole = [...Array.from({ length: leading }, (_, d) => d), ...perm.map((d) => d + leading)];
  return { attributes: op.attributes, perm: whole, result: whole };
}

/** True for operators that say so of themselves by {@link transposedElementwise}. */
export const isElementwise = ({ definition }: Op): boolean => definition.transposed === transposedElementwise;

/** Operators that treat the runs along the last axis one by one. */
export function transposedRows(op: Op, perm: Permutation): TransposedForm | undefined {
  const last = perm.length - 1;
  return perm[last] === last ? { attributes: op.attributes, perm, result: perm } : undefined;
}

/** Operators with attributes of one number per dimension, of these names; lists that are left out stay so. */
export function transposedLists(...names: readonly string[]) {
  return ({ attributes }: Op, perm: Permutation): TransposedForm => {
    const lists = names.map((name) => [name, attributes[name] as readonly number[]] as const);
    const changed = lists.map(([name, list]) => [name, list.length === 0 ? list : entriesBefore(list, perm)] as const);
    return { attributes: { ...attributes, ...Object.fromEntries(changed) }, perm, result: perm };
  };
}

/** Operators that work along the dimension `axis`, which stays. */
export function transposedAxis({ attributes }: Op, perm: Permutation): TransposedForm {
  const axis = perm[normalizeAxis(attributes.axis as number, perm.length)]!;
  return { attributes: { ...attributes, axis }, perm, result: perm };
}

/** The permutation of the dimensions that are left where the dimensions `gone` of transpose(z, perm) are removed. */
export function remaining(perm: Permutation, gone: ReadonlySet<number>): number[] {
  const left = perm.filter((_, d) => !gone.has(d));
  const order = left.toSorted((a, b) => a - b);
  return left.map((d) => order.indexOf(d));
}

/** Reductions along `axes`, whose elements are combined in row-major order: that order must not change. */
export function transposedReduction({ attributes }: Op, perm: Permutation): TransposedForm | undefined {
  const gone = new Set((attributes.axes as readonly number[]).map((axis) => normalizeAxis(axis, perm.length)));
  const axes = [...gone].sort((a, b) => a - b).map((d) => perm[d]!);
  if (axes.some((axis, i) => i > 0 && axes[i - 1]! > axis)) return undefined;
  const result = attributes.keep_dims === true ? perm : remaining(perm, gone);
  return { attributes: { ...attributes, axes }, perm, result };
}

/** Dimensions, by number, of a run that a reshape turns into another run of as many elements. */
interface Regrouping {
  readonly from: number[];
  readonly to: number[];
}

/** The shortest runs of dimensions that have equally many elements on both sides; extents of 1 stay out of `from`. */
function regroupings(before: readonly number[], after: readonly number[]): Regrouping[] {
  const groups: Regrouping[] = [];
  let group: Regrouping = { from: [], to: [] };
  let [i, d, left, right] = [0, 0, 1, 1];
  while (i < before.length || d < after.length) {
    if (i < before.length && (left <= right || d === after.length)) {
      if (before[i] !== 1) group.from.push(i);
      left *= before[i++]!;
    } else {
      group.to.push(d);
      right *= after[d++]!;
    }
    if (left === right && group.from.length > 0) {
      groups.push(group);
      group = { from: [], to: [] };
      [left, right] = [1, 1];
    }
  }
  // Extents of 1 at the end go with what is before them.
  groups.at(-1)?.to.push(...group.to);
  return groups;
}

/** A reshape that merges and splits dimensions only where they lie beside each other in z too. */
export function transposedReshape(op: Op, perm: Permutation): TransposedForm | undefined {
  const x = op.operand(0).type;
  const to = op.result.type;
  if (x.quant?.axis !== undefined || to.quant?.axis !== undefined || elementCount(x.shape) === 0) return undefined;
  const groups = regroupings(x.shape, to.shape);
  // The dimensions of transpose(z, perm) in the order that they have in z.
  const order = inverted(perm).filter((d) => x.shape[d] !== 1);
  const moved: Regrouping[] = [];
  for (let at = 0; at < order.length; ) {
    const group = groups.find(({ from }) => from[0] === order[at]);
    if (group === undefined || group.from.some((d, i) => order[at + i] !== d)) return undefined;
    moved.push(group);
    at += group.from.length;
  }
  const dimensions = moved.flatMap((group) => group.to);
  if (dimensions.length !== to.shape.length) return undefined;
  const shape = dimensions.map((d) => to.shape[d]!);
  return { attributes: { ...op.attributes, shape }, perm, result: inverted(dimensions) };
}
