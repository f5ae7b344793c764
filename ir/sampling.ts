// Which rows or columns of an image a resized one takes: positions computed at compile time, and the shortest integer
// arithmetic that gives exactly these positions at run time.
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { LoweringBuffers } from './loops/lowering.ts';
import { INT32_MAX, roundHalfAway } from './numerics.ts';

/** How positions of a resized image map to positions of the image. */
export interface SamplingGrid {
  /** First and last positions of both fall together. */
  readonly align_corners: boolean;
  /** Positions are centres of pixels: half a pixel is added before scaling. */
  readonly half_pixel_centers: boolean;
}

/** Distance in the image between neighbours in the result, in f32 as TensorFlow Lite computes it. */
export function samplingScale(from: number, to: number, { align_corners }: SamplingGrid): number {
  const inner = align_corners && to > 1 ? 1 : 0;
  return Math.fround(Math.fround(from - inner) / Math.fround(to - inner));
}

/**
 * For each of `to` positions, the one of `from` that nearest-neighbour sampling takes. In f32, operation by operation,
 * as the position decides on which side of a half it falls (TensorFlow Lite reference/resize_nearest_neighbor.h).
 */
export function nearestPositions(from: number, to: number, grid: SamplingGrid): number[] {
  const scale = samplingScale(from, to, grid);
  const offset = grid.half_pixel_centers ? 0.5 : 0;
  return Array.from({ length: to }, (_, i) => {
    const position = Math.fround(Math.fround(Math.fround(i) + offset) * scale);
    const nearest = grid.align_corners ? roundHalfAway(position) : Math.floor(position);
    return Math.min(nearest, from - 1);
  });
}

/** position(i) = (i * multiplier + offset) >> shift. */
export interface FixedPointLine {
  readonly multiplier: number;
  readonly offset: number;
  readonly shift: number;
}

const maxShift = 20;

/**
 * A line of about this slope that gives every position exactly in i32, the one with the smallest shift; undefined where
 * there is none. For a multiplier, each position bounds the offset from both sides; the bounds decide.
 */
export function fixedPointLine(positions: readonly number[], slope: number): FixedPointLine | undefined {
  const last = positions.length - 1;
  for (let shift = 0; shift <= maxShift; shift++) {
    const unit = 2 ** shift;
    for (const multiplier of [Math.floor(slope * unit), Math.ceil(slope * unit)]) {
      let low = Number.NEGATIVE_INFINITY;
      let high = Number.POSITIVE_INFINITY;
      for (const [i, p] of positions.entries()) {
        low = Math.max(low, p * unit - i * multiplier);
        high = Math.min(high, (p + 1) * unit - 1 - i * multiplier);
      }
      const offset = low <= 0 && high >= 0 ? 0 : low;
      if (low <= high && last * multiplier + Math.abs(offset) <= INT32_MAX) return { multiplier, offset, shift };
    }
  }
  return undefined;
}

/** Code for `positions[i]`: a line where there is one, else a constant table. */
export function positionCode(
  name: string,
  positions: readonly number[],
  slope: number,
  buffers: LoweringBuffers,
): (b: LoopBuilder, i: LoopValue) => LoopValue {
  const line = fixedPointLine(positions, slope);
  if (line !== undefined) {
    const { multiplier, offset, shift } = line;
    return (b, i) => b.shr(b.add(b.mul(i, multiplier), offset), shift);
  }
  const table = Math.max(...positions) < 32768 ? Int16Array.from(positions) : Int32Array.from(positions);
  const buffer = buffers.constant(name, table instanceof Int16Array ? 'i16' : 'i32', table);
  return (b, i) => b.load(buffer, i);
}
