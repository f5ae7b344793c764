// What the compiler does to constant weights before they are stored: their zero point is subtracted, the input's zero
// point goes into the bias, and they are laid out in the order in which a tile reads them.
import { internalError } from '../../ir/diagnostics.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, integerRange } from '../../ir/types.ts';
import type { ScheduleContext } from './context.ts';
import type { StridedAccess, StridedContraction } from './strided.ts';

/** The order in which tiles read weights, outermost axis first (axes of the strided form, by position). */
export interface ReadingOrder {
  /** Loops around the tile. */
  readonly outer: readonly number[];
  /** The axis of the tile's columns, and how many it has; the last tile ends where the axis ends. */
  readonly column: { readonly axis: number; readonly size: number } | undefined;
  /** Loops of the reduction. */
  readonly reduce: readonly number[];
  /** Consecutive values of the innermost reduction that stay together; divides its extent. */
  readonly group: number;
}

/** How a tile reads weights, packed or as they are. */
export interface TileWeights {
  readonly access: StridedAccess;
  /** From one column of the tile to the next. */
  readonly columnStride: number;
  /** True when a tile is found by its number (times its columns) instead of its first column. */
  readonly byTile: boolean;
  /** To subtract from each weight. */
  readonly zero: number;
}

/** A bias that a tile's accumulators start from; undefined for zeros. */
export interface TileBias {
  readonly access: StridedAccess | undefined;
  /** The input zero point is in the bias, so inputs are multiplied as they are. */
  readonly inputZero: number;
}

/** The weights as a tile reads them: packed when they are constant. */
export function tileWeights(form: StridedContraction, order: ReadingOrder, context: ScheduleContext): TileWeights {
  const { weights, origin } = form;
  const contents = context.contents(weights.buffer);
  const { column } = order;
  if (contents === undefined) {
    const columnStride = column === undefined ? 0 : weights.strides[column.axis]!;
    return { access: weights, columnStride, byTile: false, zero: origin.weightsZero };
  }
  const values = weightValues(contents, origin.weightsZero, weights.buffer.element);
  const size = column?.size ?? 1;
  const packed: number[] = [];
  const extentOf = (axis: number) => form.axes[axis]!.extent;
  const columns = column === undefined ? 1 : extentOf(column.axis);
  const columnStride = column === undefined ? 0 : weights.strides[column.axis]!;
  const inner = order.reduce.at(-1);
  const groupStride = inner === undefined ? 0 : weights.strides[inner]!;
  walk(form, weights, order.outer, 1, (outer) => {
    for (let tile = 0; tile < columns; tile += size) {
      const first = outer + Math.max(0, Math.min(tile, columns - size)) * columnStride;
      walk(form, { ...weights, start: first }, order.reduce, order.group, (position) => {
        for (let j = 0; j < size; j++)
          for (let g = 0; g < order.group; g++) packed.push(values[position + j * columnStride + g * groupStride]!);
      });
    }
  });
  const strides = new Array<number>(form.axes.length).fill(0);
  let stride = size;
  for (const axis of order.reduce.toReversed()) {
    strides[axis] = stride;
    stride *= extentOf(axis);
  }
  // One tile is `stride` long and has `size` columns: as many elements per column, counted by first columns of tiles.
  if (column !== undefined) {
    strides[column.axis] = stride / size;
    stride *= Math.ceil(columns / size);
  }
  for (const axis of order.outer.toReversed()) {
    strides[axis] = stride;
    stride *= extentOf(axis);
  }
  const { element, data } = narrowest(packed, weights.buffer.element);
  const buffer = context.constant('weights', element, data, packingName(order));
  return { access: { buffer, start: 0, strides }, columnStride: order.group, byTile: true, zero: 0 };
}

/** `n4k2`: four columns, groups of two. Only what a reader could mistake; extents are in the kernel's loops. */
function packingName(order: ReadingOrder): string {
  const axes = [...order.outer, ...(order.column === undefined ? [] : [order.column.axis]), ...order.reduce];
  return `n${order.column?.size ?? 1}k${order.group}_${axes.join('_')}`;
}

/** The bias with the input's zero point in it, where weights and bias are constant. */
export function tileBias(form: StridedContraction, order: ReadingOrder, context: ScheduleContext): TileBias {
  const { weights, bias, origin } = form;
  const weightContents = context.contents(weights.buffer);
  const biasContents = bias && context.contents(bias.buffer);
  const constant = weightContents !== undefined && (bias === undefined || biasContents !== undefined);
  if (!constant || origin.inputZero === 0) return { access: bias, inputZero: origin.inputZero };
  const values = weightValues(weightContents, origin.weightsZero, weights.buffer.element);
  const axes = [...order.outer, ...(order.column === undefined ? [] : [order.column.axis])];
  const sums: number[] = [];
  walk(form, weights, axes, 1, (start) => {
    let sum = 0;
    walk(form, { ...weights, start }, order.reduce, 1, (position) => {
      sum += values[position]!;
    });
    sums.push(-origin.inputZero * sum);
  });
  if (bias !== undefined) {
    let i = 0;
    walk(form, bias, axes, 1, (position) => {
      sums[i++]! += Number(biasContents?.[position]);
    });
  }
  const strides = new Array<number>(form.axes.length).fill(0);
  let stride = 1;
  for (const axis of axes.toReversed()) {
    strides[axis] = stride;
    stride *= form.axes[axis]!.extent;
  }
  // 32-bit accumulators wrap, so their start may too: the finished sum is right.
  const long = origin.accumulator === 'i64' && sums.some((s) => s !== (s | 0));
  const data = long ? BigInt64Array.from(sums, BigInt) : Int32Array.from(sums, (s) => s | 0);
  const buffer = context.constant('bias', long ? 'i64' : 'i32', data);
  return { access: { buffer, start: 0, strides }, inputZero: 0 };
}

/** Weights as numbers, their zero point subtracted. */
function weightValues(contents: TensorArray, zero: number, element: ElementType): ArrayLike<number> {
  if (element === 'f32') return contents as Float32Array;
  return Array.from(contents as ArrayLike<number | bigint>, (w) => Number(w) - zero);
}

/** The smallest element type that holds the values. */
function narrowest(values: readonly number[], element: ElementType): { element: ElementType; data: TensorArray } {
  if (element === 'f32') return { element, data: Float32Array.from(values) };
  const fits = (e: ElementType) => {
    const { min, max } = integerRange(e);
    return values.every((v) => v >= min && v <= max);
  };
  if (fits('i8')) return { element: 'i8', data: Int8Array.from(values) };
  if (fits('i16')) return { element: 'i16', data: Int16Array.from(values) };
  if (fits('i32')) return { element: 'i32', data: Int32Array.from(values) };
  return internalError('weights have more than 32 bits');
}

/** Positions of an access over nested axes in order; the innermost in steps of `group`. */
function walk(
  form: StridedContraction,
  access: StridedAccess,
  axes: readonly number[],
  group: number,
  visit: (position: number) => void,
): void {
  const nest = (depth: number, position: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      visit(position);
      return;
    }
    const step = depth === axes.length - 1 ? group : 1;
    for (let i = 0; i < form.axes[axis]!.extent; i += step) nest(depth + 1, position + i * access.strides[axis]!);
  };
  nest(0, access.start);
}
