// What the compiler does to constant weights before they are stored: their zero point is subtracted, the input's zero
// point goes into the bias, and they are laid out in the order in which a tile reads them.
import { internalError } from '../../ir/diagnostics.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, integerRange } from '../../ir/types.ts';
import type { ScheduleContext } from './context.ts';
import type { DotOperand } from './isa.ts';
import type { StridedAccess, StridedContraction } from './strided.ts';

/** The order in which tiles read weights, outermost axis first (axes of the strided form, by position). */
export interface ReadingOrder {
  /** Loops around the tile. */
  readonly outer: readonly number[];
  /** The axis of the tile's columns, and how many it has; the last tile ends where the axis ends. */
  readonly column: { readonly axis: number; readonly size: number } | undefined;
  /** Loops of the reduction. */
  readonly reduce: readonly number[];
  /** Consecutive values of the innermost reduction that stay together; zeros fill the last group. */
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
  const values = weightValues(contents, origin.weightsZero);
  const size = column?.size ?? 1;
  const extentOf = (axis: number) => form.axes[axis]!.extent;
  const columns = column === undefined ? 1 : extentOf(column.axis);
  const columnStride = column === undefined ? 0 : weights.strides[column.axis]!;
  const inner = order.reduce.at(-1);
  const groupStride = inner === undefined ? 0 : weights.strides[inner]!;
  const outers = positionsOf(form, weights, order.outer);
  const groups = groupsOf(form, order);
  const count = outers.length * Math.ceil(columns / size) * size * groups.length * order.group;
  const packed = emptyLike(values, count);
  let n = 0;
  for (const outer of outers) {
    for (let tile = 0; tile < columns; tile += size) {
      const first = outer + Math.max(0, Math.min(tile, columns - size)) * columnStride;
      for (const group of groups) {
        for (let j = 0; j < size; j++) {
          const position = first + group.start + j * columnStride;
          for (let g = 0; g < group.length; g++) packed[n + g] = values[position + g * groupStride]!;
          n += order.group;
        }
      }
    }
  }
  const strides = new Array<number>(form.axes.length).fill(0);
  let stride = size;
  for (const axis of order.reduce.toReversed()) {
    strides[axis] = stride;
    const extent = extentOf(axis);
    stride *= axis === inner ? Math.ceil(extent / order.group) * order.group : extent;
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
  const { element, data } = narrowest(packed);
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
  const values = weightValues(weightContents, origin.weightsZero);
  const axes = [...order.outer, ...(order.column === undefined ? [] : [order.column.axis])];
  const reduced = positionsOf(form, { ...weights, start: 0 }, order.reduce);
  const sums = positionsOf(form, weights, axes).map((start) => {
    let sum = 0;
    for (const offset of reduced) sum += values[start + offset]!;
    return -origin.inputZero * sum;
  });
  if (bias !== undefined) {
    positionsOf(form, bias, axes).forEach((position, i) => {
      sums[i]! += Number(biasContents?.[position]);
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

/** Weights whose zero point is subtracted. */
type WeightValues = Exclude<TensorArray, BigInt64Array> | Float64Array;

function weightValues(contents: TensorArray, zero: number): WeightValues {
  if (contents instanceof BigInt64Array) return Float64Array.from(contents, (w) => Number(w) - zero);
  return zero === 0 ? contents : Float64Array.from(contents, (w) => w - zero);
}

/** True when constant weights, their zero point subtracted, are integers of this element type. */
export function weightsFit(form: StridedContraction, element: DotOperand, context: ScheduleContext): boolean {
  const contents = context.contents(form.weights.buffer);
  if (contents === undefined || element === 'f32') return false;
  const values = weightValues(contents, form.origin.weightsZero);
  if (values instanceof Int8Array) return true;
  const { min, max } = integerRange(element);
  return values.every((w: number) => w >= min && w <= max);
}

/** An array that holds what `values` does; bytes, the usual weights, stay bytes. */
function emptyLike(values: WeightValues, count: number): Float32Array | Int8Array | Float64Array {
  if (values instanceof Float32Array) return new Float32Array(count);
  return values instanceof Int8Array ? new Int8Array(count) : new Float64Array(count);
}

/** The smallest element type that holds the values. */
function narrowest(values: WeightValues): { element: ElementType; data: TensorArray } {
  if (values instanceof Float32Array) return { element: 'f32', data: values };
  if (values instanceof Int8Array) return { element: 'i8', data: values };
  let [low, high] = [0, 0];
  for (const v of values) {
    if (v < low) low = v;
    else if (v > high) high = v;
  }
  const fits = (e: ElementType) => low >= integerRange(e).min && high <= integerRange(e).max;
  if (fits('i8')) return { element: 'i8', data: Int8Array.from(values) };
  if (fits('i16')) return { element: 'i16', data: Int16Array.from(values) };
  if (fits('i32')) return { element: 'i32', data: Int32Array.from(values) };
  return internalError('weights have more than 32 bits');
}

/** The groups of one column in order: where each begins, and how many weights it has. */
function groupsOf(form: StridedContraction, { reduce, group }: ReadingOrder): { start: number; length: number }[] {
  const inner = reduce.at(-1);
  const access = { ...form.weights, start: 0 };
  if (inner === undefined) return positionsOf(form, access, reduce).map((start) => ({ start, length: 1 }));
  const { extent } = form.axes[inner]!;
  const steps = Array.from({ length: Math.ceil(extent / group) }, (_, i) => i * group);
  return positionsOf(form, access, reduce.slice(0, -1)).flatMap((start) =>
    steps.map((k) => ({ start: start + k * access.strides[inner]!, length: Math.min(group, extent - k) })),
  );
}

/** Positions of an access over nested axes in order. */
function positionsOf(form: StridedContraction, access: StridedAccess, axes: readonly number[]): readonly number[] {
  let positions = [access.start];
  for (const axis of axes) {
    const outer = positions;
    positions = [];
    for (const start of outer) {
      for (let i = 0; i < form.axes[axis]!.extent; i++) positions.push(start + i * access.strides[axis]!);
    }
  }
  return positions;
}
