// What the tiled schedules share: loops over tiles, the accumulators' start, the epilogue and the stores.
import { internalError } from '../../ir/diagnostics.ts';
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopMode, LoopValue } from '../../ir/loops/kernel.ts';
import { laneOfElement, lanesOf, loopType } from '../../ir/loops/types.ts';
import { bytesPerElement } from '../../ir/types.ts';
import type { Band } from './band.ts';
import type { ScheduleContext } from './context.ts';
import type { Isa } from './isa.ts';
import { type ReadingOrder, type TileBias, type TileWeights, tileBias, tileWeights } from './packing.ts';
import {
  type AxisValues,
  loadAlong,
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

/** From a tile's first result to another one: how many positions along which axes of the form. */
export type Move = readonly (readonly [axis: number, by: number])[];

/** A contraction to be emitted in tiles. */
export interface TileRequest {
  readonly b: LoopBuilder;
  readonly form: StridedContraction;
  readonly plan: TilePlan;
  readonly band: Band | undefined;
  readonly context: ScheduleContext;
  readonly isa: Isa;
}

/** Bytes of a vector register: no store is wider. */
const registerBytes = 16;

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

  /**
   * The loops around tiles; `rowsInside`: the innermost loop goes along rows. Otherwise `inRows` prepares working memory
   * for all columns of a tile's rows.
   */
  protected emitTiles(rowsInside: boolean, inRows?: () => void): void {
    const { b, form, plan, band } = this;
    // The band is working memory that all values of the fixed axes share: one after the other.
    this.nest(plan.fixed, band === undefined && inRows === undefined ? 'parallel' : 'serial', () => {
      band?.fill(b, originValues(b, form, this.values));
      const isShared = inRows !== undefined;
      this.nest(plan.outer, isShared ? 'serial' : 'parallel', () => {
        const rows = (body: () => void) => this.tiles(plan.row, this.rows, body, isShared);
        const columns = (body: (at: LoopValue) => void) => this.tiles(plan.column, this.columns, body);
        if (rowsInside) columns((at) => rows(() => this.tile(at)));
        else {
          rows(() => {
            inRows?.();
            columns((at) => this.tile(at));
          });
        }
      });
    });
  }

  protected nest(axes: readonly number[], mode: LoopMode, body: () => void): void {
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

  /** Tiles of an axis; `body` gets the tile's number times its size. `shared`: tiles share working memory. */
  protected tiles(axis: number | undefined, size: number, body: (at: LoopValue) => void, shared = false): void {
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
      { step: size, mode: whole && !shared ? 'parallel' : 'serial', name },
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
    const { b, plan, isa, vectors } = this;
    const start = Array.from({ length: vectors }, (_, v) => this.startAt(v * isa.lanes));
    const input = this.inputPosition();
    const values = [...this.values];
    if (this.weights.byTile && plan.column !== undefined) values[plan.column] = column;
    const weights = stridedPosition(b, this.weights.access, values);
    const sums = this.reduceTile(input, weights, Array.from({ length: this.rows }, () => start).flat());
    for (let r = 0; r < this.rows; r++) {
      const move: Move = plan.row === undefined ? [] : [[plan.row, r]];
      this.finishRow(sums.slice(r * vectors, (r + 1) * vectors), move);
    }
  }

  /** Where the tile's first row begins in what its inputs are read from. */
  protected inputPosition(): LoopValue {
    return stridedPosition(this.b, this.form.input, this.values);
  }

  /** Position of an access at an element of the tile. */
  private at(access: StridedAccess, move: Move, column: number): LoopValue {
    const { plan } = this;
    const along = plan.column === undefined ? 0 : column * access.strides[plan.column]!;
    const offset = move.reduce((sum, [axis, by]) => sum + by * access.strides[axis]!, along);
    return this.b.add(stridedPosition(this.b, access, this.values), offset);
  }

  private biasAt(bias: StridedAccess, column: number, lanes: number): LoopValue {
    return loadAlong(this.b, bias, this.plan.column, this.at(bias, [], column), lanes);
  }

  /** What the accumulators of all rows start from, from this column of the tile on. */
  protected startAt(column: number): LoopValue {
    const { b, isa } = this;
    const { accumulator, biasLast } = this.form.origin;
    const type = loopType(accumulator, isa.lanes);
    const { access } = this.bias;
    if (access === undefined || biasLast) return b.constant(accumulator === 'i64' ? 0n : 0, type);
    return b.convert(this.biasAt(access, column, isa.lanes), type);
  }

  /** The results of one row of the tile from its accumulators, all columns. */
  protected finishRow(sums: readonly LoopValue[], move: Move): void {
    for (let v = 0; v < sums.length; ) {
      const count = this.joinable(sums.length - v);
      this.finish(joined(this.b, sums.slice(v, v + count)), move, v * this.isa.lanes);
      v += count;
    }
  }

  /** How many vectors of accumulators are finished as one: small results then fill registers and wide stores. */
  private joinable(vectors: number): number {
    const { isa, form } = this;
    const bytes = bytesPerElement(form.result.buffer.element);
    let count = 1;
    if (isa.lanes === 1 || bytes >= 4) return count;
    while (2 * count <= vectors && 2 * count * isa.lanes * bytes <= registerBytes) count *= 2;
    return count;
  }

  /** Bias of floats, epilogue, store. */
  private finish(sum: LoopValue, move: Move, column: number): void {
    const { b, form, plan } = this;
    const { origin, result } = form;
    const { access } = this.bias;
    const late = origin.biasLast && access !== undefined;
    const acc = late ? b.add(sum, this.biasAt(access, column, lanesOf(sum.type))) : sum;
    const values = [...this.values];
    const all: Move = plan.column === undefined ? move : [...move, [plan.column, column]];
    for (const [axis, by] of all) values[axis] = b.add(values[axis] ?? b.constant(0), by);
    const value = origin.epilogue(b, acc, originValues(b, form, values));
    const lanes = lanesOf(value.type);
    const stored = lanes === 1 ? value : b.narrow(value, loopType(laneOfElement(result.buffer.element), lanes));
    b.store(result.buffer, this.at(result, move, column), stored);
  }

  /** acc + x * w, as the contraction's accumulators do it. */
  protected multiplyAdd(acc: LoopValue, x: LoopValue, w: LoopValue): LoopValue {
    const { b } = this;
    return b.add(acc, b.convert(b.mul(x, w), acc.type));
  }
}

/** A power of two of vectors as one, the first lowest. */
function joined(b: LoopBuilder, vectors: readonly LoopValue[]): LoopValue {
  const [first] = vectors;
  if (first === undefined || vectors.length === 1) return first ?? internalError('a row without accumulators');
  const half = vectors.length / 2;
  const [low, high] = [joined(b, vectors.slice(0, half)), joined(b, vectors.slice(half))];
  const lanes = Array.from({ length: 2 * lanesOf(low.type) }, (_, l) => l);
  return b.compute('shuffle', [low, high], { lanes });
}
