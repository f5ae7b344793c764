// Tiles of contractions in which every channel keeps to itself (depthwise convolution): a tile is a run of positions
// along a row, for one register of channels. All weights of a kernel row stay in registers, and each input is loaded
// once for all the positions that it is a tap of.
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { loopType } from '../../ir/loops/types.ts';
import type { Isa } from './isa.ts';
import { type StridedContraction, stridedExtent } from './strided.ts';
import { TileKernel, type TilePlan, type TileRequest } from './tile-kernel.ts';

/** One load of a tile: an input at this distance from the first, and what it is multiplied with. */
interface Tap {
  readonly offset: number;
  readonly uses: readonly { readonly row: number; readonly weight: number }[];
}

/** The plan of a depthwise schedule: channels take the place of columns. Undefined where this is no such contraction. */
export function depthwisePlan(form: StridedContraction, plan: TilePlan, isa: Isa): TilePlan | undefined {
  if (plan.column !== undefined || plan.row === undefined) return undefined;
  const channel = plan.outer.findLast((i) => form.input.strides[i] !== 0 && form.weights.strides[i] !== 0);
  const inner = plan.reduce.at(-1);
  if (channel === undefined || inner === undefined) return undefined;
  // Kernel rows must fit the registers beside at least two accumulators, and taps must be in order for float sums.
  if (form.axes[inner]!.extent + 3 > isa.registers || form.input.strides[inner]! <= 0) return undefined;
  return { ...plan, outer: plan.outer.filter((i) => i !== channel), column: channel };
}

export function emitDepthwise(request: TileRequest): void {
  const { form, plan, isa } = request;
  const positions = stridedExtent(form, plan.row);
  const width = stridedExtent(form, plan.reduce.at(-1));
  const perAccumulator = form.origin.accumulator === 'i64' ? 2 : 1;
  let [rows, least] = [1, Number.POSITIVE_INFINITY];
  for (let r = 1; r <= positions && r * perAccumulator + width + 1 <= isa.registers; r++) {
    const cost = Math.ceil(positions / r) * (tapsOf(form, plan, r).length + width + r * width);
    if (cost < least) [rows, least] = [r, cost];
  }
  new DepthwiseKernel(request, rows).emit();
}

/** The loads of one kernel row for a tile of `rows` positions, in order of address. */
function tapsOf(form: StridedContraction, plan: TilePlan, rows: number): Tap[] {
  const inner = plan.reduce.at(-1)!;
  const [step, stride] = [form.input.strides[inner]!, form.input.strides[plan.row!]!];
  const taps = new Map<number, { row: number; weight: number }[]>();
  for (let row = 0; row < rows; row++) {
    for (let weight = 0; weight < form.axes[inner]!.extent; weight++) {
      const offset = row * stride + weight * step;
      const uses = taps.get(offset);
      if (uses === undefined) taps.set(offset, [{ row, weight }]);
      else uses.push({ row, weight });
    }
  }
  return [...taps].map(([offset, uses]) => ({ offset, uses })).sort((a, b) => a.offset - b.offset);
}

class DepthwiseKernel extends TileKernel {
  private readonly taps: readonly Tap[];

  constructor(request: TileRequest, rows: number) {
    super(request, rows, request.isa.lanes, 1);
    this.taps = tapsOf(request.form, request.plan, rows);
  }

  emit(): void {
    this.emitTiles(true);
  }

  protected reduceTile(input: LoopValue, weights: LoopValue, sums: readonly LoopValue[]): readonly LoopValue[] {
    return this.kernelRows(0, input, weights, sums);
  }

  /** Loops over all reduce axes but the last, from `depth` on. */
  private kernelRows(
    depth: number,
    input: LoopValue,
    weights: LoopValue,
    sums: readonly LoopValue[],
  ): readonly LoopValue[] {
    const { b, form, plan } = this;
    if (depth === plan.reduce.length - 1) return this.kernelRow(input, weights, sums);
    const axis = plan.reduce[depth]!;
    const { extent, name } = form.axes[axis]!;
    const row = (k: LoopValue, carried: readonly LoopValue[]) => {
      const x = b.add(input, b.mul(k, form.input.strides[axis]!));
      const w = b.add(weights, b.mul(k, this.weights.access.strides[axis]!));
      return this.kernelRows(depth + 1, x, w, carried);
    };
    return b.forCarry(0, extent, sums, row, { name, carry: sums.map(() => 'acc') });
  }

  private kernelRow(input: LoopValue, weights: LoopValue, sums: readonly LoopValue[]): readonly LoopValue[] {
    const { b, form, plan, isa } = this;
    const inner = plan.reduce.at(-1)!;
    const stride = this.weights.access.strides[inner]!;
    const type = loopType(form.origin.accumulator === 'f32' ? 'f32' : 'i32', isa.lanes);
    const read = (buffer: typeof form.input.buffer, position: LoopValue, zero: number) => {
      const loaded = b.convert(b.load(buffer, position, isa.lanes), type);
      return zero === 0 ? loaded : b.sub(loaded, zero);
    };
    const held = Array.from({ length: form.axes[inner]!.extent }, (_, k) =>
      read(this.weights.access.buffer, b.add(weights, k * stride), this.weights.zero),
    );
    const next = [...sums];
    for (const { offset, uses } of this.taps) {
      const x = read(form.input.buffer, b.add(input, offset), this.bias.inputZero);
      for (const { row, weight } of uses) next[row] = this.multiplyAdd(next[row]!, x, held[weight]!);
    }
    return next;
  }
}
