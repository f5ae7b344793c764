// What the tiled schedules share: loops over tiles, the accumulators' start, the epilogue and the stores.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopMode, LoopValue } from '../../ir/loops/kernel.ts';
import { laneOfElement, lanesOf, loopType } from '../../ir/loops/types.ts';
import type { Band } from './band.ts';
import type { ScheduleContext } from './context.ts';
import type { Isa } from './isa.ts';
import { type ReadingOrder, type TileBias, type TileWeights, tileBias, tileWeights } from './packing.ts';
import {
  type AxisValues,
  originValues,
  type StridedAccess,
  type StridedContraction,
  stridedPosition,
} from './strided.ts';

/** What a tiled kernel does with its axes (positions in the strided form). */
export interface TilePlan {
  /** Loops around the filling of the band. */
  readonly fixed: readonly number[];
  readonly outer: readonly number[];
  /** The axes along which a tile has rows and columns. */
  readonly row: number | undefined;
  readonly column: number | undefined;
  readonly reduce: readonly number[];
}

/** A contraction to be emitted in tiles. */
export interface TileRequest {
  readonly b: LoopBuilder;
  readonly form: StridedContraction;
  readonly plan: TilePlan;
  readonly band: Band | undefined;
  readonly context: ScheduleContext;
  readonly isa: Isa;
}

export abstract class TileKernel {
  protected readonly b: LoopBuilder;
  protected readonly form: StridedContraction;
  protected readonly plan: TilePlan;
  protected readonly isa: Isa;
  protected readonly weights: TileWeights;
  protected readonly bias: TileBias;
  /** Values of the axes whose loops are open; for the tile's own axes, its first row and column. */
  protected readonly values: AxisValues;
  private readonly band: Band | undefined;
  private readonly rows: number;
  private readonly columns: number;

  /** `group`: weights of one accumulator that stay together. */
  constructor({ b, form, plan, band, context, isa }: TileRequest, rows: number, columns: number, group: number) {
    this.b = b;
    this.form = form;
    this.plan = plan;
    this.band = band;
    this.isa = isa;
    this.rows = rows;
    this.columns = columns;
    this.values = form.axes.map(() => undefined);
    const order: ReadingOrder = {
      outer: plan.outer.filter((i) => form.weights.strides[i] !== 0),
      column: plan.column === undefined ? undefined : { axis: plan.column, size: columns },
      reduce: plan.reduce,
      group,
    };
    this.weights = tileWeights(form, order, context);
    this.bias = tileBias(form, order, context);
  }

  /** Adds all products to the accumulators: for each row, one for each vector of columns. */
  protected abstract reduceTile(input: LoopValue, weights: LoopValue, sums: readonly LoopValue[]): readonly LoopValue[];

  /** The loops around tiles; `rowsInside`: the innermost loop goes along rows. */
  protected emitTiles(rowsInside: boolean): void {
    const { b, form, plan, band } = this;
    // The band is working memory that all values of the fixed axes share: one after the other.
    this.nest(plan.fixed, band === undefined ? 'parallel' : 'serial', () => {
      band?.fill(b, originValues(b, form, this.values));
      this.nest(plan.outer, 'parallel', () => {
        const rows = (body: () => void) => this.tiles(plan.row, this.rows, body);
        const columns = (body: (at: LoopValue) => void) => this.tiles(plan.column, this.columns, body);
        if (rowsInside) columns((at) => rows(() => this.tile(at)));
        else rows(() => columns((at) => this.tile(at)));
      });
    });
  }

  private nest(axes: readonly number[], mode: LoopMode, body: () => void): void {
    const [axis, ...rest] = axes;
    if (axis === undefined) {
      body();
      return;
    }
    const { extent, name } = this.form.axes[axis]!;
    this.b.for(
      0,
      extent,
      (i) => {
        this.values[axis] = i;
        this.nest(rest, mode, body);
      },
      { mode, name },
    );
    this.values[axis] = undefined;
  }

  /** Tiles of an axis; `body` gets the tile's number times its size. */
  private tiles(axis: number | undefined, size: number, body: (at: LoopValue) => void): void {
    const { b } = this;
    if (axis === undefined) {
      body(b.constant(0));
      return;
    }
    const { extent, name } = this.form.axes[axis]!;
    const whole = extent % size === 0;
    b.for(
      0,
      extent,
      (at) => {
        this.values[axis] = whole ? at : b.min(at, extent - size);
        body(at);
      },
      { step: size, mode: whole ? 'parallel' : 'serial', name },
    );
    this.values[axis] = undefined;
  }

  /** Registers of accumulators per row. */
  protected get vectors(): number {
    return this.columns / this.isa.lanes;
  }

  protected get rowCount(): number {
    return this.rows;
  }

  /** One tile: start, reduce, finish. `column` is the number of the tile times its columns. */
  private tile(column: LoopValue): void {
    const { b, form, plan, isa, vectors } = this;
    const start = Array.from({ length: vectors }, (_, v) => this.startAt(v * isa.lanes));
    const input = stridedPosition(b, form.input, this.values);
    const values = [...this.values];
    if (this.weights.byTile && plan.column !== undefined) values[plan.column] = column;
    const weights = stridedPosition(b, this.weights.access, values);
    const sums = this.reduceTile(input, weights, Array.from({ length: this.rows }, () => start).flat());
    for (let r = 0; r < this.rows; r++) {
      for (let v = 0; v < vectors; v++) this.finish(sums[r * vectors + v]!, r, v * isa.lanes);
    }
  }

  /** Position of an access at an element of the tile. */
  private at(access: StridedAccess, row: number, column: number): LoopValue {
    const { plan } = this;
    const along = (axis: number | undefined, by: number) => (axis === undefined ? 0 : by * access.strides[axis]!);
    const offset = along(plan.row, row) + along(plan.column, column);
    return this.b.add(stridedPosition(this.b, access, this.values), offset);
  }

  private startAt(column: number): LoopValue {
    const { b, isa } = this;
    const { accumulator, biasLast } = this.form.origin;
    const type = loopType(accumulator, isa.lanes);
    const { access } = this.bias;
    if (access === undefined || biasLast) return b.constant(accumulator === 'i64' ? 0n : 0, type);
    return b.convert(b.load(access.buffer, this.at(access, 0, column), isa.lanes), type);
  }

  /** Bias of floats, epilogue, store. */
  private finish(sum: LoopValue, row: number, column: number): void {
    const { b, form, plan, isa } = this;
    const { origin, result } = form;
    const { access } = this.bias;
    const late = origin.biasLast && access !== undefined;
    const acc = late ? b.add(sum, b.load(access.buffer, this.at(access, 0, column), isa.lanes)) : sum;
    const values = [...this.values];
    const move = (axis: number | undefined, by: number) => {
      if (axis !== undefined) values[axis] = b.add(values[axis] ?? b.constant(0), by);
    };
    move(plan.row, row);
    move(plan.column, column);
    const value = origin.epilogue(b, acc, originValues(b, form, values));
    const lanes = lanesOf(value.type);
    const stored = lanes === 1 ? value : b.narrow(value, loopType(laneOfElement(result.buffer.element), lanes));
    b.store(result.buffer, this.at(result, row, column), stored);
  }

  /** acc + x * w, as the contraction's accumulators do it. */
  protected multiplyAdd(acc: LoopValue, x: LoopValue, w: LoopValue): LoopValue {
    const { b } = this;
    return b.add(acc, b.convert(b.mul(x, w), acc.type));
  }
}
