// Contractions in strided form: every access is a start and one stride per axis. What the tiled schedules work on; made
// from a contraction without guards, its unit axes dropped and neighbours merged where they are one axis in memory.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { Access, ContractionLowering } from '../../ir/loops/lowering.ts';
import { type Buffer, laneOf, loopType } from '../../ir/loops/types.ts';
import { stridesOf } from '../../ir/types.ts';

/** An axis of the strided form: one or more neighbouring axes of the contraction, outermost first. */
export interface StridedAxis {
  readonly name: string;
  readonly extent: number;
  readonly role: 'parallel' | 'reduce';
  readonly parts: readonly { readonly axis: number; readonly extent: number }[];
}

/** A position in a buffer: `start` plus, for each axis (by position in the form), its value times its stride. */
export interface StridedAccess {
  readonly buffer: Buffer;
  readonly start: number;
  readonly strides: readonly number[];
}

export interface StridedContraction {
  readonly axes: readonly StridedAxis[];
  readonly input: StridedAccess;
  readonly weights: StridedAccess;
  readonly result: StridedAccess;
  readonly bias: StridedAccess | undefined;
  readonly origin: ContractionLowering;
}

/** Start and strides of an access over all axes of its contraction. */
export function stridedAccess(access: Access, axisCount: number): StridedAccess {
  const strides = new Array<number>(axisCount).fill(0);
  let start = access.base ?? 0;
  const dimensions = stridesOf(access.shape);
  for (const [d, form] of access.index.entries()) {
    start += form.offset * dimensions[d]!;
    for (const [axis, coefficient] of form.terms) strides[axis]! += coefficient * dimensions[d]!;
  }
  return { buffer: access.buffer, start, strides };
}

/**
 * The strided form. It knows no guards: `input` stands for the contraction's own where that was copied (see band.ts), or
 * the schedule sees to them, by the axes that it asks to keep `apart` from their neighbours.
 */
export function stridedForm(
  c: ContractionLowering,
  input: Access,
  apart: ReadonlySet<number> = new Set(),
): StridedContraction {
  const count = c.axes.length;
  const all: StridedContraction = {
    axes: c.axes.map((a, axis) => ({ ...a, parts: [{ axis, extent: a.extent }] })),
    input: stridedAccess(input, count),
    weights: stridedAccess(c.weights, count),
    result: stridedAccess(c.result, count),
    bias: c.bias && stridedAccess(c.bias, count),
    origin: c,
  };
  let form = keepAxes(
    all,
    all.axes.flatMap((a, i) => (a.extent === 1 ? [] : [i])),
  );
  for (let i = 0; i + 1 < form.axes.length; ) {
    const separate = [form.axes[i]!, form.axes[i + 1]!].some((a) => a.parts.some((p) => apart.has(p.axis)));
    if (!separate && isOneAxis(form, i)) form = mergeWithNext(form, i);
    else i++;
  }
  return form;
}

/** Extent of an axis; 1 for none. */
export function stridedExtent(form: StridedContraction, axis: number | undefined): number {
  return axis === undefined ? 1 : form.axes[axis]!.extent;
}

function accessesOf(form: StridedContraction): StridedAccess[] {
  return [form.input, form.weights, form.result, ...(form.bias === undefined ? [] : [form.bias])];
}

function mapAccesses(form: StridedContraction, f: (a: StridedAccess) => StridedAccess): StridedContraction {
  const { input, weights, result, bias } = form;
  return { ...form, input: f(input), weights: f(weights), result: f(result), bias: bias && f(bias) };
}

function keepAxes(form: StridedContraction, kept: readonly number[]): StridedContraction {
  const strides = (a: StridedAccess) => ({ ...a, strides: kept.map((i) => a.strides[i]!) });
  return { ...mapAccesses(form, strides), axes: kept.map((i) => form.axes[i]!) };
}

/** True when a step of axis i is, for every access, as long as all of axis i + 1. */
function isOneAxis(form: StridedContraction, i: number): boolean {
  const [outer, inner] = [form.axes[i]!, form.axes[i + 1]!];
  if (outer.role !== inner.role) return false;
  return accessesOf(form).every((a) => a.strides[i] === a.strides[i + 1]! * inner.extent);
}

function mergeWithNext(form: StridedContraction, i: number): StridedContraction {
  const [outer, inner] = [form.axes[i]!, form.axes[i + 1]!];
  const merged: StridedAxis = {
    name: inner.name,
    extent: outer.extent * inner.extent,
    role: outer.role,
    parts: [...outer.parts, ...inner.parts],
  };
  const rest = mapAccesses(form, (a) => ({ ...a, strides: a.strides.toSpliced(i, 1) }));
  return { ...rest, axes: form.axes.toSpliced(i, 2, merged) };
}

/** Values of the form's axes while loops are built; an axis without one counts as 0. */
export type AxisValues = (LoopValue | undefined)[];

/** The position that an access has at these values. */
export function stridedPosition(b: LoopBuilder, access: StridedAccess, values: AxisValues): LoopValue {
  let position = b.constant(access.start);
  for (const [i, value] of values.entries()) {
    if (value !== undefined) position = b.add(position, b.mul(value, access.strides[i]!));
  }
  return position;
}

/**
 * The values of `lanes` neighbours along an axis, from `position` on: one value for all lanes where the access does not
 * depend on the axis, as the bias of one channel does where columns are phases of a transposed convolution.
 */
export function loadAlong(
  b: LoopBuilder,
  { buffer, strides }: StridedAccess,
  axis: number | undefined,
  position: LoopValue,
  lanes: number,
): LoopValue {
  if (axis !== undefined && strides[axis] !== 0) return b.load(buffer, position, lanes);
  const value = b.load(buffer, position);
  return b.splat(value, loopType(laneOf(value.type), lanes));
}

/** The values of the contraction's own axes, as its epilogue wants them. Axes that were dropped are 0. */
export function originValues(b: LoopBuilder, form: StridedContraction, values: AxisValues): LoopValue[] {
  const origin = form.origin.axes.map(() => b.constant(0));
  for (const [i, axis] of form.axes.entries()) {
    let rest = values[i] ?? b.constant(0);
    for (const [p, part] of [...axis.parts.entries()].reverse()) {
      origin[part.axis] = p === 0 ? rest : b.rem(rest, part.extent);
      rest = b.div(rest, part.extent);
    }
  }
  return origin;
}
