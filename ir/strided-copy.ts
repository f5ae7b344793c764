// Copies between strided layouts, as loops: what transpose, slice, concat, pad and broadcast come down to. Dimensions
// that both sides step through as one are joined, so that the innermost loop is the longest run there is.
import { fail } from './diagnostics.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { MapLowering } from './loops/lowering.ts';
import type { Buffer } from './loops/types.ts';
import { stridedIndex } from './shapes.ts';
import { elementCount, sameShape, stridesOf } from './types.ts';

/** Where element `index` of an iteration space is in a buffer: offset + sum of index[d] * strides[d]. */
export interface StridedLayout {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Row-major from the start. */
export function packed(shape: readonly number[]): StridedLayout {
  return { offset: 0, strides: stridesOf(shape) };
}

interface JoinedSpace {
  readonly shape: readonly number[];
  readonly layouts: readonly StridedLayout[];
}

/**
 * The same iteration space in fewer dimensions: those of extent 1 are left out, and a dimension joins the next one where
 * every layout steps over it as over a whole row of the next. At least one dimension remains.
 */
export function joinDimensions(shape: readonly number[], layouts: readonly StridedLayout[]): JoinedSpace {
  const joined: number[] = [];
  const strides: number[][] = layouts.map(() => []);
  for (const [d, extent] of shape.entries()) {
    if (extent === 1) continue;
    const last = joined.length - 1;
    const joins = last >= 0 && layouts.every((l, i) => strides[i]![last] === l.strides[d]! * extent);
    if (joins) joined[last]! *= extent;
    else joined.push(extent);
    for (const [i, l] of layouts.entries()) strides[i]![joined.length - 1] = l.strides[d]!;
  }
  if (joined.length === 0) {
    joined.push(1);
    for (const s of strides) s.push(1);
  }
  return { shape: joined, layouts: layouts.map((l, i) => ({ offset: l.offset, strides: strides[i]! })) };
}

/** The map's `place`: absent for row-major from the start, as schedules know it best. */
function placeIn(shape: readonly number[], to: StridedLayout): Pick<MapLowering, 'place'> {
  return to.offset === 0 && sameShape(to.strides, stridesOf(shape)) ? {} : { place: to };
}

/** result[to(i)] = source[from(i)] for every index `i` of `shape`; nothing for a shape without elements. */
export function copyElements(
  result: Buffer,
  to: StridedLayout,
  source: Buffer,
  from: StridedLayout,
  shape: readonly number[],
): MapLowering[] {
  refuseHalfFloats(source);
  if (elementCount(shape) === 0) return [];
  const space = joinDimensions(shape, [to, from]);
  const [target, origin] = space.layouts as [StridedLayout, StridedLayout];
  return [
    {
      kind: 'map',
      result,
      shape: space.shape,
      ...placeIn(space.shape, target),
      body: (b, index) => b.load(source, stridedIndex(b, index, origin.strides, origin.offset)),
      copies: { source, ...origin },
    },
  ];
}

/** result[to(i)] = value for every index `i` of `shape`; nothing for a shape without elements. */
export function fillElements(
  result: Buffer,
  to: StridedLayout,
  shape: readonly number[],
  value: number,
): MapLowering[] {
  if (elementCount(shape) === 0) return [];
  const space = joinDimensions(shape, [to]);
  const place = placeIn(space.shape, space.layouts[0]!);
  return [{ kind: 'map', result, shape: space.shape, ...place, body: (b) => elementConstant(b, result, value) }];
}

/** A number as a value that the buffer stores. */
function elementConstant(b: LoopBuilder, buffer: Buffer, value: number): LoopValue {
  if (buffer.element === 'f32') return b.f32(value);
  return buffer.element === 'i64' ? b.i64(value) : b.constant(value);
}

/** Loops compute in no 16-bit floats: a tensor of them has to be constant, and folded before. */
export function refuseHalfFloats(buffer: Buffer): void {
  if (buffer.element === 'f16') fail('I8C0205', 'A tensor of 16-bit floats is computed at run time.');
}
