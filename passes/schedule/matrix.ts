// Tiles of matrix products: every step of the reduction loads one input per row and one register of weights per vector
// of columns, and multiplies all of them.
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { loopType } from '../../ir/loops/types.ts';
import { copyRun } from './runs.ts';
import { type StridedAccess, stridedExtent, stridedPosition } from './strided.ts';
import { TileKernel, type TileRequest } from './tile-kernel.ts';
import { tileSize } from './tile-size.ts';

export interface MatrixRequest extends TileRequest {
  /** The rows of a tile are consecutive in the input and are made wider before its columns are computed. */
  readonly panel: boolean;
}

export function emitMatrix(request: MatrixRequest): void {
  const { form, plan, isa } = request;
  const extent = (axis: number | undefined) => stridedExtent(form, axis);
  const { accumulator, weights } = form.origin;
  const traits = {
    wide: accumulator === 'i64',
    converted: accumulator === 'f32' && weights.buffer.element !== 'f32',
  };
  const { rows, columns } = tileSize(isa, extent(plan.row), extent(plan.column), traits);
  new MatrixKernel(request, rows, columns, isa.group).emit();
}

/** Registers of accumulators up to which a tile is small. */
const smallTile = 8;

class MatrixKernel extends TileKernel {
  /** What tiles read: the form's input, or a panel that begins with the tile's first row. */
  private readonly source: StridedAccess;
  private readonly isPanel: boolean;

  constructor(request: MatrixRequest, rows: number, columns: number, group: number) {
    super(request, rows, columns, group);
    const { form, isa, context, panel } = request;
    const { input, axes } = form;
    this.isPanel = panel;
    const depth = request.plan.reduce.reduce((n, axis) => n * axes[axis]!.extent, 1);
    this.source = panel ? { ...input, buffer: context.scratch('panel', isa.operand, rows * depth) } : input;
  }

  emit(): void {
    this.emitTiles(false, this.isPanel ? () => this.fillPanel() : undefined);
  }

  /** The inputs of a tile's rows, one run, as wide as dot takes them. */
  private fillPanel(): void {
    const { b, form, source } = this;
    const from = { buffer: form.input.buffer, at: stridedPosition(b, form.input, this.values) };
    copyRun(b, { buffer: source.buffer, at: b.constant(0) }, from, b.constant(source.buffer.length));
  }

  protected override inputPosition(): LoopValue {
    return this.isPanel ? this.b.constant(0) : super.inputPosition();
  }

  protected reduceTile(input: LoopValue, weights: LoopValue, sums: readonly LoopValue[]): readonly LoopValue[] {
    return this.reduce(0, input, weights, sums);
  }

  /** The reduction from loop `depth` on; returns the accumulators after it. */
  private reduce(
    depth: number,
    input: LoopValue,
    weights: LoopValue,
    sums: readonly LoopValue[],
  ): readonly LoopValue[] {
    const { b, form, plan } = this;
    const axis = plan.reduce[depth];
    if (axis === undefined) return this.step(input, weights, sums);
    const { extent, name } = form.axes[axis]!;
    const innermost = depth === plan.reduce.length - 1;
    const group = innermost ? this.isa.group : 1;
    const steps = innermost ? this.stepsAtOnce(Math.ceil(extent / group)) : 1;
    const at = (position: LoopValue, { strides }: StridedAccess, k: LoopValue, further: number) =>
      b.add(b.add(position, b.mul(k, strides[axis]!)), further * strides[axis]!);
    const body = (k: LoopValue, carried: readonly LoopValue[]) => {
      let next = carried;
      for (let further = 0; further < steps * group; further += group) {
        const [x, w] = [at(input, this.source, k, further), at(weights, this.weights.access, k, further)];
        next = this.reduce(depth + 1, x, w, next);
      }
      return next;
    };
    return b.forCarry(0, extent, sums, body, { step: steps * group, name, carry: sums.map(() => 'acc') });
  }

  /**
   * How many of the innermost loop's steps stand one behind the other. In small tiles on vectors two: the loop's own
   * instructions then weigh less (measured: a tenth of a network's time, and nothing for larger tiles). Scalars are left
   * rolled: a compiler that unrolls keeps one step's loads beside their products, written-out steps it would reorder
   * until registers spill (measured with gcc 12: 14.6 instead of 8.7 million instructions on x86-64).
   */
  private stepsAtOnce(count: number): number {
    const isSmall = this.isa.lanes > 1 && this.rowCount * this.vectors <= smallTile;
    return isSmall && count % 2 === 0 ? 2 : 1;
  }

  /** One step of the reduction for every accumulator of the tile. The shorter side stays in registers. */
  private step(input: LoopValue, weights: LoopValue, sums: readonly LoopValue[]): readonly LoopValue[] {
    const { b, source, plan, isa, vectors, rowCount } = this;
    const rowStride = plan.row === undefined ? 0 : source.strides[plan.row]!;
    const columnStride = isa.lanes * this.weights.columnStride;
    const row = (r: number) => this.input(b.add(input, r * rowStride));
    const column = (v: number) => this.weight(b.add(weights, v * columnStride));
    const next = [...sums];
    const multiply = (r: number, v: number, x: LoopValue, w: LoopValue) => {
      next[r * vectors + v] = this.product(sums[r * vectors + v]!, x, w);
    };
    if (vectors <= rowCount) {
      const held = Array.from({ length: vectors }, (_, v) => column(v));
      for (let r = 0; r < rowCount; r++) {
        const x = row(r);
        for (const [v, w] of held.entries()) multiply(r, v, x, w);
      }
    } else {
      const held = Array.from({ length: rowCount }, (_, r) => row(r));
      for (let v = 0; v < vectors; v++) {
        const w = column(v);
        for (const [r, x] of held.entries()) multiply(r, v, x, w);
      }
    }
    return next;
  }

  private weight(position: LoopValue): LoopValue {
    const { b, isa, weights } = this;
    const { buffer } = weights.access;
    const lanes = isa.lanes * isa.group;
    if (isa.operand === 'f32') return b.convert(b.load(buffer, position, lanes), loopType('f32', lanes));
    if (lanes === 1) {
      const w = b.sub(b.load(buffer, position), weights.zero);
      return this.form.origin.accumulator === 'f32' ? b.convert(w, 'f32') : w;
    }
    return b.convert(b.load(buffer, position, lanes), loopType(isa.operand, lanes));
  }

  private input(position: LoopValue): LoopValue {
    const { b, isa, source } = this;
    const { buffer } = source;
    if (isa.lanes * isa.group === 1) return b.sub(b.load(buffer, position), this.bias.inputZero);
    const x = b.load(buffer, position, isa.group);
    const element = isa.activations ?? isa.operand;
    if (isa.group === 1) return b.splat(x, loopType(element, isa.lanes));
    return b.splat(b.convert(x, loopType(element, isa.group)), loopType(element, isa.lanes * isa.group));
  }

  private product(acc: LoopValue, x: LoopValue, w: LoopValue): LoopValue {
    const { isa } = this;
    const hasDot = isa.lanes * isa.group > 1 && isa.operand !== 'f32';
    return hasDot ? this.b.compute('dot', [acc, x, w]) : this.multiplyAdd(acc, x, w);
  }
}
