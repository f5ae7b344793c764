// slice: a regular part of a tensor, forwards or backwards.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { Op, Value } from '../module.ts';
import { movedType } from '../moved-type.ts';
import { forEachRowIndex, stridedPosition } from '../shapes.ts';
import { copyElements, packed } from '../strided-copy.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedLists } from '../transposition.ts';
import { sameShape, stridesOf } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';
import { concat } from './concat.ts';

export const slice = defineOp({
  name: 'slice',
  doc: 'A regular part of x, forwards or backwards. y[i, j, ...] = x[start[0] + i * step[0], start[1] + j * step[1], ...]. A negative step walks backwards: reversal is start = extent - 1, step = -1. Every index is inside x; importers resolve the masks and clamping of their formats. Sources: TensorFlow Lite reference/slice.h and strided_slice.h; ONNX Slice.',
  operands: [{ name: 'x', doc: 'Any tensor.' }],
  attributes: {
    start: attr.ints({ min: 0, doc: 'First index of each dimension.' }),
    size: attr.ints({ min: 0, doc: 'The result’s shape.' }),
    step: attr.ints({ fallback: [], doc: 'Distance between taken indices, not 0; nothing given means 1 everywhere.' }),
  },
  results: ['y'],
  moves: () => true,
  factors({ attributes }) {
    const { start, step } = attributes as Taken;
    return (step?.at(-1) ?? 1) === 1 ? { signs: 'any', starts: [-(start.at(-1) ?? 0)] } : undefined;
  },
  types({ operands, attributes }) {
    const x = required(operands, 0);
    const { start, size } = attributes;
    const step = stepsOf(attributes);
    const rank = x.shape.length;
    rule(
      start.length === rank && size.length === rank && step.length === rank,
      `needs a start, size and step for each of ${rank} dimensions`,
    );
    for (const [d, extent] of x.shape.entries()) {
      const [first, count, by] = [start[d]!, size[d]!, step[d]!];
      rule(by !== 0, 'has a step of 0');
      const last = first + (count - 1) * by;
      const inside = count === 0 || (first < extent && last >= 0 && last < extent);
      rule(inside, () => `takes indices ${first} to ${last} of a dimension of ${extent}`);
    }
    return [movedType(x, size)];
  },
  simplify({ op, builder }) {
    const x = op.operand(0);
    const own = op.attributes as Taken;
    if (takesAll(x.type.shape, own)) return [x];
    const before = x.producer;
    if (before?.definition === op.definition) {
      return [builder.create(op.definition, [before.operand(0)], composed(before.attributes as Taken, own))];
    }
    if (before?.definition !== concat) return undefined;
    const part = partTaken(before, own);
    return part && [builder.create(op.definition, [part.x], { ...own, start: part.start })];
  },
  unsigned: unsignedAlike,
  transposed: transposedLists('start', 'size', 'step'),
  reference({ operands, attributes, results }) {
    const x: Elements = operands[0]!.data;
    const y: Elements = results[0]!.data;
    const { start, size } = attributes;
    const step = stepsOf(attributes);
    const strides = stridesOf(operands[0]!.type.shape);
    const run = size.at(-1) ?? 1;
    const by = step.at(-1) ?? 1;
    forEachRowIndex(size, (index, row) => {
      const taken = start.map((s, d) => s + (index[d] ?? 0) * step[d]!);
      const from = stridedPosition(taken, strides);
      for (let i = 0; i < run; i++) y[row * run + i] = x[from + i * by]!;
    });
  },
  lower({ attributes, operand, result, type }) {
    const { start, size } = attributes;
    const step = stepsOf(attributes);
    const strides = stridesOf(type(0).shape);
    const from = { offset: stridedPosition(start, strides), strides: strides.map((s, d) => s * step[d]!) };
    return copyElements(result(0), packed(size), operand(0), from, size);
  },
});

/** The attributes: which elements are taken. */
type Taken = { readonly start: readonly number[]; readonly size: readonly number[]; readonly step: readonly number[] };

function stepsOf({ start, step }: Pick<Taken, 'start' | 'step'>): readonly number[] {
  return step.length === 0 ? start.map(() => 1) : step;
}

/** True when the slice is the whole tensor in its order. */
export function takesAll(shape: readonly number[], { start, size, step }: Taken): boolean {
  const forwards = step.every((s, d) => s === 1 || size[d] === 1);
  return forwards && start.every((s) => s === 0) && sameShape(size, shape);
}

/** One slice that takes from the tensor what the second takes from the first. */
function composed(first: Taken, second: Taken): Taken {
  const steps = stepsOf(first);
  return {
    start: first.start.map((s, d) => s + second.start[d]! * steps[d]!),
    size: second.size,
    step: stepsOf(second).map((s, d) => s * steps[d]!),
  };
}

/** The one operand of a concat from which a slice takes everything, and where it starts there. */
function partTaken(joined: Op, taken: Taken): { x: Value; start: readonly number[] } | undefined {
  const axis = joined.attributes.axis as number;
  const first = taken.start[axis]!;
  const last = first + (taken.size[axis]! - 1) * stepsOf(taken)[axis]!;
  let from = 0;
  for (const x of joined.operands) {
    const to = from + (x?.type.shape[axis] ?? 0);
    if (x !== undefined && Math.min(first, last) >= from && Math.max(first, last) < to) {
      return { x, start: taken.start.with(axis, first - from) };
    }
    from = to;
  }
  return undefined;
}
