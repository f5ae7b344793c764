// The plain schedule: the loops of a lowering as they are stated, one element at a time. Every other schedule is held to
// it, and small or unusual operators use it as it is.
import { match } from 'ts-pattern';
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { Access, Affine, ContractionLowering, Lowering, MapLowering } from '../../ir/loops/lowering.ts';
import { stridesOf } from '../../ir/types.ts';

/** Emits the whole lowering. */
export function schedulePlain(b: LoopBuilder, lowering: Lowering): void {
  match(lowering)
    .with({ kind: 'map' }, (map) => plainMap(b, map))
    .with({ kind: 'contraction' }, (contraction) => plainContraction(b, contraction))
    .with({ kind: 'loops' }, (loops) => loops.body(b))
    .exhaustive();
}

/** Names of a map's counters. */
export const counters = ['i', 'j', 'k', 'l', 'm', 'n', 'o', 'p'];

/** A map's loops, one element at a time. */
export function plainMap(b: LoopBuilder, map: MapLowering): void {
  const rank = map.shape.length;
  const nest = (d: number, index: LoopValue[]): void => {
    if (d === rank) {
      const flat = b.flatten(map.shape, index);
      const value = map.body(b, index, flat);
      b.store(map.result, map.place === undefined ? flat : placeOf(b, index, map.place), value);
      return;
    }
    b.for(0, map.shape[d]!, (i) => nest(d + 1, [...index, i]), { mode: 'parallel', name: counters[d] ?? `i${d}` });
  };
  nest(0, []);
}

/** Where a map puts the element at an index. */
export function placeOf(
  b: LoopBuilder,
  index: readonly LoopValue[],
  place: NonNullable<MapLowering['place']>,
): LoopValue {
  let position = b.constant(place.offset);
  for (const [d, i] of index.entries()) position = b.add(position, b.mul(i, place.strides[d]!));
  return position;
}

/** offset + sum of coefficient * axis over the axes that have a value; axes without one count as 0. */
export function affineValue(b: LoopBuilder, form: Affine, axes: readonly (LoopValue | undefined)[]): LoopValue {
  let value = b.constant(form.offset);
  for (const [axis, coefficient] of form.terms) {
    const v = axes[axis];
    if (v !== undefined) value = b.add(value, b.mul(v, coefficient));
  }
  return value;
}

/** The flat position that an access reads or writes. */
export function accessPosition(b: LoopBuilder, access: Access, axes: readonly (LoopValue | undefined)[]): LoopValue {
  const strides = stridesOf(access.shape);
  let position = b.constant(access.base ?? 0);
  for (const [d, form] of access.index.entries()) {
    if (access.shape[d] === 1 && form.terms.every(([axis]) => axes[axis] === undefined) && form.offset === 0) continue;
    position = b.add(position, b.mul(affineValue(b, form, axes), strides[d]!));
  }
  return position;
}

/** One dimension of an access that may be left. */
export interface Guard {
  readonly form: Affine;
  readonly extent: number;
  /** The one reduce axis of the form, with its positive coefficient, whose loop can be cut to the inside. */
  readonly cut: { readonly axis: number; readonly coefficient: number } | undefined;
}

/** The dimensions of an access whose index can be outside the buffer somewhere in the iteration space. */
export function guardsOf(c: ContractionLowering, access: Access): Guard[] {
  const guards: Guard[] = [];
  for (const [d, form] of access.index.entries()) {
    let [low, high] = [form.offset, form.offset];
    for (const [axis, coefficient] of form.terms) {
      const reach = coefficient * (c.axes[axis]!.extent - 1);
      if (reach < 0) low += reach;
      else high += reach;
    }
    const extent = access.shape[d]!;
    if (low >= 0 && high < extent) continue;
    const reduced = form.terms.filter(([axis]) => c.axes[axis]!.role === 'reduce');
    const [only] = reduced;
    const cut = reduced.length === 1 && only![1] > 0 ? { axis: only![0], coefficient: only![1] } : undefined;
    guards.push({ form, extent, cut });
  }
  return guards;
}

/** The part of a reduce axis in which its guards hold: [from, to), given the values of the parallel axes. */
export function cutRange(
  b: LoopBuilder,
  extent: number,
  guards: readonly Guard[],
  axes: readonly (LoopValue | undefined)[],
): [LoopValue, LoopValue] {
  let from = b.constant(0);
  let to = b.constant(extent);
  for (const { form, extent: inside, cut } of guards) {
    const { axis, coefficient } = cut!;
    const base = affineValue(b, { ...form, terms: form.terms.filter(([a]) => a !== axis) }, axes);
    // base + coefficient * r >= 0 and < inside; the divisions round up for what matters and are cut at 0 and extent.
    from = b.max(from, b.div(b.sub(coefficient - 1, base), coefficient));
    to = b.min(to, b.div(b.sub(inside + coefficient - 1, base), coefficient));
  }
  return [from, to];
}

function plainContraction(b: LoopBuilder, c: ContractionLowering): void {
  const guards = guardsOf(c, c.input);
  const parallel = c.axes.flatMap((axis, i) => (axis.role === 'parallel' ? [i] : []));
  const reduce = c.axes.flatMap((axis, i) => (axis.role === 'reduce' ? [i] : []));
  const ranges = new Map<number, [LoopValue, LoopValue]>();
  const axes: (LoopValue | undefined)[] = c.axes.map(() => undefined);

  /** Cuts every reduce axis whose guards depend only on axes that have a value by now. */
  const cutReady = (bound: ReadonlySet<number>): void => {
    for (const r of reduce) {
      const own = guards.filter((g) => g.cut?.axis === r);
      const ready = own.every((g) => g.form.terms.every(([axis]) => axis === r || bound.has(axis)));
      if (own.length > 0 && ready && !ranges.has(r)) ranges.set(r, cutRange(b, c.axes[r]!.extent, own, axes));
    }
  };
  const nest = (depth: number, bound: ReadonlySet<number>): void => {
    cutReady(bound);
    const axis = parallel[depth];
    if (axis === undefined) {
      element(
        b,
        c,
        axes,
        reduce,
        ranges,
        guards.filter((g) => g.cut === undefined),
      );
      return;
    }
    const held = new Map(ranges);
    b.for(
      0,
      c.axes[axis]!.extent,
      (i) => {
        axes[axis] = i;
        nest(depth + 1, new Set([...bound, axis]));
        axes[axis] = undefined;
      },
      { mode: 'parallel', name: c.axes[axis]!.name },
    );
    ranges.clear();
    for (const [r, range] of held) ranges.set(r, range);
  };
  nest(0, new Set());
}

/** One element of the result: the reduction, then the epilogue. */
function element(
  b: LoopBuilder,
  c: ContractionLowering,
  axes: (LoopValue | undefined)[],
  reduce: readonly number[],
  ranges: ReadonlyMap<number, [LoopValue, LoopValue]>,
  conditions: readonly Guard[],
): void {
  const value = elementValue(b, c, axes, reduce, ranges, conditions);
  b.store(c.result.buffer, accessPosition(b, c.result, axes), value);
}

/** The element of the result at these values of the parallel axes, by its plain reduction. */
export function contractionElement(
  b: LoopBuilder,
  c: ContractionLowering,
  axes: readonly (LoopValue | undefined)[],
): LoopValue {
  const guards = guardsOf(c, c.input);
  const reduce = c.axes.flatMap((axis, i) => (axis.role === 'reduce' ? [i] : []));
  const ranges = new Map<number, [LoopValue, LoopValue]>();
  for (const r of reduce) {
    const own = guards.filter((g) => g.cut?.axis === r);
    if (own.length > 0) ranges.set(r, cutRange(b, c.axes[r]!.extent, own, axes));
  }
  const conditions = guards.filter((g) => g.cut === undefined);
  return elementValue(b, c, [...axes], reduce, ranges, conditions);
}

function elementValue(
  b: LoopBuilder,
  c: ContractionLowering,
  axes: (LoopValue | undefined)[],
  reduce: readonly number[],
  ranges: ReadonlyMap<number, [LoopValue, LoopValue]>,
  conditions: readonly Guard[],
): LoopValue {
  const bias =
    c.bias === undefined ? undefined : b.convert(b.load(c.bias.buffer, accessPosition(b, c.bias, axes)), c.accumulator);
  const zero = c.accumulator === 'i64' ? b.i64(0) : c.accumulator === 'f32' ? b.f32(0) : b.constant(0);
  const reduceFrom = (depth: number, acc: LoopValue): LoopValue => {
    const axis = reduce[depth];
    if (axis === undefined) return guarded(b, conditions, axes, acc, () => b.add(acc, productOf(b, c, axes)));
    const [from, to] = ranges.get(axis) ?? [0, c.axes[axis]!.extent];
    const [sum] = b.forCarry(
      from,
      to,
      [acc],
      (i, [carried]) => {
        axes[axis] = i;
        const next = reduceFrom(depth + 1, carried!);
        axes[axis] = undefined;
        return [next];
      },
      { name: c.axes[axis]!.name, carry: ['acc'] },
    );
    return sum!;
  };
  const sum = reduceFrom(0, c.biasLast || bias === undefined ? zero : bias);
  const acc = c.biasLast && bias !== undefined ? b.add(sum, bias) : sum;
  return c.epilogue(b, acc, axes);
}

function productOf(b: LoopBuilder, c: ContractionLowering, axes: readonly (LoopValue | undefined)[]): LoopValue {
  const x = b.load(c.input.buffer, accessPosition(b, c.input, axes));
  const w = b.load(c.weights.buffer, accessPosition(b, c.weights, axes));
  if (c.accumulator === 'f32') return b.mul(x, b.convert(w, 'f32'));
  const product = b.mul(b.sub(x, c.inputZero), b.sub(w, c.weightsZero));
  return c.accumulator === 'i64' ? b.convert(product, 'i64') : product;
}

/** `next` where every condition holds, else the accumulator as it is. */
function guarded(
  b: LoopBuilder,
  conditions: readonly Guard[],
  axes: readonly (LoopValue | undefined)[],
  acc: LoopValue,
  next: () => LoopValue,
): LoopValue {
  if (conditions.length === 0) return next();
  let inside = b.bool(true);
  for (const { form, extent } of conditions) {
    const i = affineValue(b, form, axes);
    inside = b.and(inside, b.and(b.compare('ge', i, 0), b.compare('lt', i, extent)));
  }
  return b.ifElse(
    inside,
    () => [next()],
    () => [acc],
  )[0]!;
}
