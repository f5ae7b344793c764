// Register tiles of contractions for machines that store whole words: an iteration of the parallel loops computes a few
// rows of four columns, or of four channels where every channel keeps to itself (depthwise convolution). Neither tails
// nor padding need a loop of their own:
//
//   parallel outer axes, tiles of rows, tiles of columns:
//     acc[r] = bias                                       a vector of columns for each row
//     for reduction: acc[r] += input[r] * weights         an input outside of its image is its zero point
//     result[r] = epilogue(acc[r])                        whole words; the last columns one by one
//
// A tile that would leave an axis ends with it instead, and stores only what no other tile does.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { ContractionLowering } from '../../ir/loops/lowering.ts';
import { laneOfElement, lanesOf, loopType } from '../../ir/loops/types.ts';
import type { ScheduleContext } from './context.ts';
import type { Isa } from './isa.ts';
import { type ReadingOrder, type TileBias, type TileWeights, tileBias, tileWeights } from './packing.ts';
import { affineValue, cutRange, type Guard } from './plain.ts';
import {
  type AxisValues,
  loadAlong,
  originValues,
  type StridedAccess,
  stridedExtent,
  stridedPosition,
} from './strided.ts';
import { isGrouped, type Tiling, tilingOf } from './word-tiling.ts';

/** Emits the contraction in tiles; false where another schedule must do. */
export function scheduleWordTiles(b: LoopBuilder, c: ContractionLowering, isa: Isa, context: ScheduleContext): boolean {
  const tiling = tilingOf(c, isa, context);
  if (tiling === undefined) return false;
  new WordTiles(b, tiling, isa, context).emit();
  return true;
}

/** For each row, whether its inputs are inside of the image; undefined where they always are. */
type Inside = readonly (LoopValue | undefined)[];

class WordTiles {
  private readonly b: LoopBuilder;
  private readonly tiling: Tiling;
  private readonly weights: TileWeights;
  private readonly bias: TileBias;
  /** Products that one dot adds to an accumulator; 1 where inputs and weights are widened and multiplied. */
  private readonly group: number;
  /** Values of the axes whose loops are open; of the tile's own axes, its first row and column. */
  private readonly values: AxisValues;

  constructor(b: LoopBuilder, tiling: Tiling, isa: Isa, context: ScheduleContext) {
    this.b = b;
    this.tiling = tiling;
    const { form, plan, columns } = tiling;
    this.values = form.axes.map(() => undefined);
    this.group = isGrouped(tiling, isa) ? isa.group : 1;
    const order: ReadingOrder = {
      outer: plan.outer.filter((i) => form.weights.strides[i] !== 0),
      column: { axis: plan.column, size: columns },
      reduce: plan.reduce,
      group: this.group,
    };
    this.weights = tileWeights(form, order, context);
    this.bias = tileBias(form, order, context);
  }

  emit(): void {
    this.nest(this.tiling.plan.outer);
  }

  private nest(axes: readonly number[]): void {
    const [axis, ...rest] = axes;
    const { plan, rows, columns } = this.tiling;
    if (axis !== undefined) {
      this.along(axis, 1, () => this.nest(rest));
      return;
    }
    this.along(plan.row, rows, (row) => this.along(plan.column, columns, (column) => this.tile(row, column)));
  }

  /** A parallel loop over tiles of an axis; `body` gets where the tile would begin if axes had no end. */
  private along(axis: number | undefined, size: number, body: (at: LoopValue) => void): void {
    const { b } = this;
    if (axis === undefined) {
      body(b.constant(0));
      return;
    }
    const { extent, name } = this.tiling.form.axes[axis]!;
    b.for(
      0,
      extent,
      (at) => {
        this.values[axis] = extent % size === 0 ? at : b.min(at, extent - size);
        body(at);
      },
      { step: size, mode: 'parallel', name },
    );
    this.values[axis] = undefined;
  }

  /** One tile: start, reduce, finish. */
  private tile(row: LoopValue, column: LoopValue): void {
    const { b } = this;
    const { form, plan, rows } = this.tiling;
    const start = this.start();
    const sums = Array.from({ length: rows }, () => start);
    const input = stridedPosition(b, form.input, this.values);
    const values = [...this.values];
    if (this.weights.byTile) values[plan.column] = column;
    const weights = stridedPosition(b, this.weights.access, values);
    const inside = this.insideAt(
      0,
      sums.map(() => undefined),
    );
    const finished = this.reduce(0, input, weights, sums, inside);
    for (const [r, sum] of finished.entries()) {
      // Rows before `row` belong to the tile before.
      const first = plan.row === undefined ? undefined : this.values[plan.row];
      const own = first === undefined || first === row ? undefined : b.compare('ge', b.add(first, r), row);
      if (own === undefined) this.finish(sum, r, column);
      else b.if(own, () => this.finish(sum, r, column));
    }
  }

  private position(access: StridedAccess, row: number): LoopValue {
    const { row: axis } = this.tiling.plan;
    const offset = axis === undefined ? 0 : row * access.strides[axis]!;
    return this.b.add(stridedPosition(this.b, access, this.values), offset);
  }

  private start(): LoopValue {
    const { b } = this;
    const { form, columns } = this.tiling;
    const { accumulator, biasLast } = form.origin;
    const type = loopType(accumulator, columns);
    const { access } = this.bias;
    if (access === undefined || biasLast) return b.constant(accumulator === 'i64' ? 0n : 0, type);
    return b.convert(this.biasAt(access), type);
  }

  private biasAt(bias: StridedAccess): LoopValue {
    const { plan, columns } = this.tiling;
    return loadAlong(this.b, bias, plan.column, this.position(bias, 0), columns);
  }

  /** Bias of floats, epilogue, store of what belongs to the tile whose columns begin at `column`. */
  private finish(sum: LoopValue, row: number, column: LoopValue): void {
    const { b } = this;
    const { form, plan, columns } = this.tiling;
    const { access } = this.bias;
    const late = form.origin.biasLast && access !== undefined;
    const acc = late ? b.add(sum, this.biasAt(access)) : sum;
    const values = [...this.values];
    if (plan.row !== undefined) values[plan.row] = b.add(values[plan.row]!, row);
    const value = form.origin.epilogue(b, acc, originValues(b, form, values));
    const { buffer } = form.result;
    const lanes = lanesOf(value.type);
    const stored = lanes === 1 ? value : b.narrow(value, loopType(laneOfElement(buffer.element), lanes));
    const at = this.position(form.result, row);
    const first = this.values[plan.column]!;
    if (first === column) {
      b.store(buffer, at, stored);
      return;
    }
    const rest = stridedExtent(form, plan.column) % columns;
    b.ifElse(
      b.compare('eq', first, column),
      () => {
        b.store(buffer, at, stored);
        return [];
      },
      () => {
        for (let l = columns - rest; l < columns; l++) {
          b.store(buffer, b.add(at, l), b.compute('extract', [stored], { lanes: [l] }));
        }
        return [];
      },
    );
  }

  /** Adds all products of the reduction from loop `depth` on; returns the accumulators after it. */
  private reduce(
    depth: number,
    input: LoopValue,
    weights: LoopValue,
    sums: readonly LoopValue[],
    inside: Inside,
  ): readonly LoopValue[] {
    const { b } = this;
    const { form, plan } = this.tiling;
    const axis = plan.reduce[depth];
    if (axis === undefined) return this.step(input, weights, sums, inside);
    const { name } = form.axes[axis]!;
    const step = depth === plan.reduce.length - 1 ? this.group : 1;
    const [from, to] = this.bounds(axis);
    const after = b.forCarry(
      from,
      to,
      sums,
      (k, carried) => {
        this.values[axis] = k;
        const x = b.add(input, b.mul(k, form.input.strides[axis]!));
        const w = b.add(weights, b.mul(k, this.weights.access.strides[axis]!));
        return this.reduce(depth + 1, x, w, carried, this.insideAt(depth + 1, inside));
      },
      { step, name, carry: sums.map(() => 'acc') },
    );
    this.values[axis] = undefined;
    return after;
  }

  /** The part of a reduce axis in which all rows' inputs are inside, as far as it does not depend on the row. */
  private bounds(axis: number): [LoopValue, LoopValue] {
    const { b } = this;
    const { form } = this.tiling;
    const { extent, parts } = form.axes[axis]!;
    const own = this.cutGuards().filter((g) => parts.some((p) => p.axis === g.cut?.axis));
    if (own.length === 0) return [b.constant(0), b.constant(extent)];
    return cutRange(b, extent, own, originValues(b, form, this.values));
  }

  /**
   * Guards that cut a loop: the same for all rows of a tile. Where the bias holds the input's zero point for every tap, no
   * tap may be left out.
   */
  private cutGuards(): Guard[] {
    if (this.tiling.form.origin.inputZero !== 0) return [];
    return this.tiling.guards.filter((g) => g.cut !== undefined && this.isLoop(g.cut.axis) && !this.dependsOnRow(g));
  }

  /** True for axes of the reduction, but for those of one value. */
  private isLoop(axis: number): boolean {
    const { role, extent } = this.tiling.form.origin.axes[axis]!;
    return role === 'reduce' && extent > 1;
  }

  private dependsOnRow({ form }: Guard): boolean {
    const { form: strided, plan, rows } = this.tiling;
    if (plan.row === undefined || rows === 1) return false;
    return strided.axes[plan.row]!.parts.some((p) => form.terms.some(([axis]) => axis === p.axis));
  }

  /** What is known inside once the first `depth` loops of the reduction are open. */
  private insideAt(depth: number, before: Inside): Inside {
    const { b } = this;
    const { form, plan, guards } = this.tiling;
    const open = new Set(plan.reduce.slice(0, depth).flatMap((i) => form.axes[i]!.parts.map((p) => p.axis)));
    const cut = this.cutGuards();
    const latest = depth === 0 ? undefined : form.axes[plan.reduce[depth - 1]!]!.parts;
    const ready = guards.filter((g) => {
      const reduced = g.form.terms.map(([axis]) => axis).filter((axis) => this.isLoop(axis));
      const isNew = depth === 0 ? reduced.length === 0 : reduced.some((axis) => latest!.some((p) => p.axis === axis));
      return !cut.includes(g) && isNew && reduced.every((axis) => open.has(axis));
    });
    return before.map((known, r) => {
      const values = [...this.values];
      if (plan.row !== undefined) values[plan.row] = b.add(values[plan.row]!, r);
      let inside = known;
      for (const g of ready) {
        const i = affineValue(b, g.form, originValues(b, form, values));
        const holds = b.and(b.compare('ge', i, 0), b.compare('lt', i, g.extent));
        inside = inside === undefined ? holds : b.and(inside, holds);
      }
      return inside;
    });
  }

  /** One step of the reduction for every row. */
  private step(input: LoopValue, weights: LoopValue, sums: readonly LoopValue[], inside: Inside): readonly LoopValue[] {
    const { b, group } = this;
    const { form, plan, columns, depthwise } = this.tiling;
    const rowStride = plan.row === undefined ? 0 : form.input.strides[plan.row]!;
    const { buffer } = this.weights.access;
    const lane = form.origin.accumulator === 'f32' ? 'f32' : 'i32';
    const wide = loopType(lane, columns);
    const w = b.load(buffer, weights, columns * group);
    const factor = group > 1 ? w : b.convert(w, wide);
    return sums.map((sum, r) => {
      const x = this.input(b.add(input, r * rowStride), depthwise ? columns : group, inside[r]);
      if (group > 1) return b.compute('dot', [sum, b.splat(x, loopType('i8', columns * group)), factor]);
      const spread = depthwise ? b.convert(x, wide) : b.splat(x, wide);
      return b.add(sum, b.convert(b.mul(spread, factor), sum.type));
    });
  }

  /** Consecutive inputs; where they are outside of the image, their zero point. */
  private input(position: LoopValue, lanes: number, inside: LoopValue | undefined): LoopValue {
    const { b } = this;
    const { buffer } = this.tiling.form.input;
    if (inside === undefined) return b.load(buffer, position, lanes);
    const loaded = b.load(buffer, b.select(inside, position, 0), lanes);
    const { inputZero } = this.tiling.form.origin;
    const zero = buffer.element === 'f32' ? b.f32(0) : b.constant(inputZero);
    return b.select(inside, loaded, b.splat(zero, loaded.type));
  }
}
