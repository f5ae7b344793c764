// The one schedule of matrix products: convolutions, fully connected layers, products of matrices. A tile of rows x
// columns accumulators stays in registers while the reduction runs; every step loads one input per row and one register
// of weights per lane of columns, and the epilogue finishes the tile. Sums keep their order, so floats keep their value.
//
//   for fixed axes: fill the band                          (only where the input is padded)
//     for outer axes, tiles of rows, tiles of columns:
//       acc[r][c] = bias[c]
//       for reduction:  w[c] = weights; x = input[r]; acc[r][c] += x * w[c]
//       result[r][c] = epilogue(acc[r][c])
//
// Where an extent does not divide by the tile, the last tile ends with the axis and repeats a part of the one before it:
// one body serves all, which keeps code small.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { ContractionLowering } from '../../ir/loops/lowering.ts';
import { laneOfElement, lanesOf, loopType } from '../../ir/loops/types.ts';
import { type Band, bandOf } from './band.ts';
import type { ScheduleContext } from './context.ts';
import { type Isa, scalar } from './isa.ts';
import { type ReadingOrder, type TileBias, type TileWeights, tileBias, tileWeights } from './packing.ts';
import { guardsOf } from './plain.ts';
import { type AxisValues, originValues, type StridedContraction, stridedForm, stridedPosition } from './strided.ts';
import { type TileSize, tileSize } from './tile-size.ts';

/** What a tiled kernel does with its axes (positions in the strided form). */
interface Plan {
  /** Loops around the filling of the band. */
  readonly fixed: readonly number[];
  readonly outer: readonly number[];
  readonly row: number | undefined;
  readonly column: number | undefined;
  readonly reduce: readonly number[];
}

/** Emits the contraction in tiles; false where another schedule must do. */
export function scheduleTiled(b: LoopBuilder, c: ContractionLowering, isa: Isa, context: ScheduleContext): boolean {
  if (c.axes.some((a) => a.extent === 0)) return false;
  if (guardsOf(c, c.weights).length > 0 || guardsOf(c, c.result).length > 0) return false;
  let band: Band | undefined;
  if (guardsOf(c, c.input).length > 0) {
    if (!copiesExactly(c, context)) return false;
    band = bandOf(c, context.scratch);
    if (band === undefined) return false;
  }
  const form = stridedForm(c, band?.input ?? c.input);
  const plan = planAxes(form);
  new Tiling(b, form, plan, band, context, fits(isa, form, plan, context) ? isa : scalar).emit();
  return true;
}

/** Zeros in the padding add nothing: always for integers, for floats unless a weight is infinite or NaN. */
function copiesExactly(c: ContractionLowering, context: ScheduleContext): boolean {
  if (c.accumulator !== 'f32') return true;
  const weights = context.contents(c.weights.buffer);
  return weights !== undefined && (weights as Float32Array).every(Number.isFinite);
}

/** Rows run along the last axis of the input alone, columns along the last axis of the weights alone. */
function planAxes(form: StridedContraction): Plan {
  const parallel = form.axes.flatMap((a, i) => (a.role === 'parallel' ? [i] : []));
  const reads = (i: number) => form.input.strides[i] !== 0;
  const weighs = (i: number) => form.weights.strides[i] !== 0;
  const fixed = parallel.filter((i) => !reads(i) && !weighs(i));
  const row = parallel.findLast((i) => reads(i) && !weighs(i));
  const column = parallel.findLast((i) => weighs(i) && !reads(i));
  return {
    fixed,
    outer: parallel.filter((i) => !fixed.includes(i) && i !== row && i !== column),
    row,
    column,
    reduce: form.axes.flatMap((a, i) => (a.role === 'reduce' ? [i] : [])),
  };
}

/** True when the instruction set's vectors and groups can be loaded straight from this contraction's buffers. */
function fits(isa: Isa, form: StridedContraction, plan: Plan, context: ScheduleContext): boolean {
  if (isa.lanes === 1 && isa.group === 1) return true;
  const { origin, weights, input, result } = form;
  const inner = plan.reduce.at(-1);
  const constant =
    context.contents(weights.buffer) !== undefined &&
    (form.bias === undefined || context.contents(form.bias.buffer) !== undefined);
  const small = ['i8', 'u8', ...(isa.operand === 'i16' ? ['i16'] : [])].includes(input.buffer.element);
  if (!constant || !small || origin.accumulator !== 'i32' || (input.buffer.element === 'u8' && isa.operand === 'i8')) {
    return false;
  }
  if (isa.group > 1) {
    if (inner === undefined || input.strides[inner] !== 1 || form.axes[inner]!.extent % isa.group !== 0) return false;
  }
  if (isa.lanes === 1) return true;
  return plan.column !== undefined && result.strides[plan.column] === 1 && form.axes[plan.column]!.extent >= isa.lanes;
}

class Tiling {
  private readonly values: AxisValues;
  private readonly size: TileSize;
  private readonly weights: TileWeights;
  private readonly bias: TileBias;

  constructor(
    private readonly b: LoopBuilder,
    private readonly form: StridedContraction,
    private readonly plan: Plan,
    private readonly band: Band | undefined,
    context: ScheduleContext,
    private readonly isa: Isa,
  ) {
    this.values = form.axes.map(() => undefined);
    const extent = (axis: number | undefined) => (axis === undefined ? 1 : form.axes[axis]!.extent);
    const wide = form.origin.accumulator === 'i64';
    this.size = tileSize(isa, extent(plan.row), extent(plan.column), wide);
    const order: ReadingOrder = {
      outer: plan.outer.filter((i) => form.weights.strides[i] !== 0),
      column: plan.column === undefined ? undefined : { axis: plan.column, size: this.size.columns },
      reduce: plan.reduce,
      group: isa.group,
    };
    this.weights = tileWeights(form, order, context);
    this.bias = tileBias(form, order, context);
  }

  emit(): void {
    const { b, form, plan, band } = this;
    // The band is working memory that all values of the fixed axes share: one after the other.
    this.nest(plan.fixed, band === undefined ? 'parallel' : 'serial', () => {
      band?.fill(b, originValues(b, form, this.values));
      this.nest(plan.outer, 'parallel', () => {
        this.tiles(plan.row, this.size.rows, () => this.tiles(plan.column, this.size.columns, (n) => this.tile(n)));
      });
    });
  }

  private nest(axes: readonly number[], mode: 'parallel' | 'serial', body: () => void): void {
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
    const { extent } = this.form.axes[axis]!;
    const whole = extent % size === 0;
    b.for(
      0,
      extent,
      (at) => {
        this.values[axis] = whole ? at : b.min(at, extent - size);
        body(at);
      },
      { step: size, mode: whole ? 'parallel' : 'serial', name: this.form.axes[axis]!.name },
    );
    this.values[axis] = undefined;
  }

  /** One tile: start, reduce, finish. `column` is the number of the tile times its columns. */
  private tile(column: LoopValue): void {
    const { b, form, plan, isa, size } = this;
    const vectors = size.columns / isa.lanes;
    const accumulators = this.start(vectors);
    const input = stridedPosition(b, form.input, this.values);
    const values = [...this.values];
    if (this.weights.byTile && plan.column !== undefined) values[plan.column] = column;
    const weights = stridedPosition(b, this.weights.access, values);
    const sums = this.reduce(0, input, weights, accumulators);
    for (let r = 0; r < size.rows; r++) {
      for (let v = 0; v < vectors; v++) this.finish(sums[r * vectors + v]!, r, v * isa.lanes);
    }
  }

  /** Position of an access at an element of the tile. */
  private at(access: StridedContraction['result'], row: number, column: number): LoopValue {
    const { plan } = this;
    const offset =
      (plan.row === undefined ? 0 : row * access.strides[plan.row]!) +
      (plan.column === undefined ? 0 : column * access.strides[plan.column]!);
    return this.b.add(stridedPosition(this.b, access, this.values), offset);
  }

  private start(vectors: number): LoopValue[] {
    const { b, form, isa, size } = this;
    const { accumulator, biasLast } = form.origin;
    const type = loopType(accumulator, isa.lanes);
    const { access } = this.bias;
    const columns = Array.from({ length: vectors }, (_, v) => {
      if (access === undefined || biasLast) return b.constant(accumulator === 'i64' ? 0n : 0, type);
      const position = this.at(access, 0, v * isa.lanes);
      return b.convert(b.load(access.buffer, position, isa.lanes), type);
    });
    return Array.from({ length: size.rows }, () => columns).flat();
  }

  /** The reduction from loop `depth` on; returns the accumulators after it. */
  private reduce(
    depth: number,
    input: LoopValue,
    weights: LoopValue,
    sums: readonly LoopValue[],
  ): readonly LoopValue[] {
    const { b, form, plan, isa } = this;
    const axis = plan.reduce[depth];
    if (axis === undefined) return this.step(input, weights, sums);
    const { extent, name } = form.axes[axis]!;
    const innermost = depth === plan.reduce.length - 1;
    const group = innermost ? isa.group : 1;
    const at = (position: LoopValue, access: typeof form.input, k: LoopValue) =>
      b.add(position, b.mul(k, access.strides[axis]!));
    const run = (from: number, to: number, step: number, init: readonly LoopValue[]) =>
      b.forCarry(
        from,
        to,
        init,
        (k, carried) => {
          let next = carried;
          for (let u = 0; u < step; u += group) {
            const ku = b.add(k, u);
            next = this.reduce(depth + 1, at(input, form.input, ku), at(weights, this.weights.access, ku), next);
          }
          return next;
        },
        { step, name, carry: sums.map(() => 'acc') },
      );
    const unroll = innermost ? unrollFor(extent / group) * group : 1;
    const even = extent - (extent % unroll);
    return run(even, extent, group, run(0, even, unroll, sums));
  }

  /** One step of the reduction for every accumulator of the tile. */
  private step(input: LoopValue, weights: LoopValue, sums: readonly LoopValue[]): readonly LoopValue[] {
    const { b, form, plan, isa, size } = this;
    const vectors = size.columns / isa.lanes;
    const columns = Array.from({ length: vectors }, (_, v) =>
      this.weight(b.add(weights, v * isa.lanes * this.weights.columnStride)),
    );
    const rowStride = plan.row === undefined ? 0 : form.input.strides[plan.row]!;
    const next: LoopValue[] = [];
    for (let r = 0; r < size.rows; r++) {
      const x = this.input(b.add(input, r * rowStride));
      for (let v = 0; v < vectors; v++) next.push(this.multiplyAdd(sums[r * vectors + v]!, x, columns[v]!));
    }
    return next;
  }

  private weight(position: LoopValue): LoopValue {
    const { b, isa, weights } = this;
    const { buffer } = weights.access;
    const lanes = isa.lanes * isa.group;
    if (lanes === 1) return b.sub(b.load(buffer, position), weights.zero);
    return b.convert(b.load(buffer, position, lanes), loopType(isa.operand, lanes));
  }

  private input(position: LoopValue): LoopValue {
    const { b, isa, form } = this;
    const { buffer } = form.input;
    if (isa.lanes * isa.group === 1) return b.sub(b.load(buffer, position), this.bias.inputZero);
    const x = b.load(buffer, position, isa.group);
    if (isa.group === 1) return b.splat(x, loopType(isa.operand, isa.lanes));
    return b.splat(b.convert(x, loopType(isa.operand, isa.group)), loopType(isa.operand, isa.lanes * isa.group));
  }

  private multiplyAdd(acc: LoopValue, x: LoopValue, w: LoopValue): LoopValue {
    const { b, isa } = this;
    if (isa.lanes * isa.group > 1) return b.compute('dot', [acc, x, w]);
    const product = b.mul(x, w);
    return b.add(acc, b.convert(product, acc.type));
  }

  /** Bias of floats, epilogue, store. */
  private finish(sum: LoopValue, row: number, column: number): void {
    const { b, form, plan, isa } = this;
    const { origin, result } = form;
    const { access } = this.bias;
    const acc =
      origin.biasLast && access !== undefined ? b.add(sum, b.load(access.buffer, this.at(access, 0, column))) : sum;
    const values = [...this.values];
    const move = (axis: number | undefined, by: number) => {
      if (axis !== undefined) values[axis] = b.add(values[axis] ?? b.constant(0), by);
    };
    move(plan.row, row);
    move(plan.column, column);
    const value = origin.epilogue(b, acc, originValues(b, form, values));
    const stored =
      lanesOf(value.type) === 1 ? value : b.narrow(value, loopType(laneOfElement(result.buffer.element), isa.lanes));
    b.store(result.buffer, this.at(result, row, column), stored);
  }
}

/** Steps of the innermost loop per iteration. */
function unrollFor(steps: number): number {
  return steps >= 4 ? 4 : Math.max(1, steps);
}
