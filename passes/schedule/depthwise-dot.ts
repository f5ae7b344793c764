// Depthwise convolutions on vectors with a dot product of groups. What a dot adds up must be neighbours in a register,
// but the taps of a channel are rows or columns of the image apart. So the input goes through a band of working memory in
// which positions are interleaved channel by channel, once for all results that read them; padding becomes real on the
// way. Weights are interleaved to match when a block of channels begins, so that a module holds each weight once.
//
//   for outer axes, strips of tiles:
//     for blocks of channels:
//       weights[tap across][pattern] = interleave(weights of the pattern's taps)
//       band[group][position across] = interleave(input at the group's members)
//       for tiles:
//         acc[result] = bias
//         for taps across: acc[result] += dot(band[group], weights[pattern])
//         result = epilogue(acc)
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { ContractionLowering } from '../../ir/loops/lowering.ts';
import { type Buffer, loopType } from '../../ir/loops/types.ts';
import { integerRange } from '../../ir/types.ts';
import type { ScheduleContext } from './context.ts';
import { DepthwiseBand } from './depthwise-band.ts';
import { Interleaver } from './depthwise-interleave.ts';
import { bandPositions, type DotTile, dotTile } from './depthwise-tile.ts';
import { type DepthwiseWindow, depthwiseWindow, isPadded } from './depthwise-window.ts';
import type { Isa } from './isa.ts';
import { weightsFit } from './packing.ts';
import { type StridedContraction, stridedForm, stridedPosition } from './strided.ts';
import { TileKernel, type TileRequest } from './tile-kernel.ts';

/** Emits the contraction; false where it is no depthwise convolution or does not suit the instruction set. */
export function scheduleDepthwiseDot(
  b: LoopBuilder,
  c: ContractionLowering,
  isa: Isa,
  context: ScheduleContext,
): boolean {
  if (isa.lanes === 1 || c.accumulator !== 'i32') return false;
  const form = stridedForm(c, c.input, new Set(c.axes.keys()));
  const window = depthwiseWindow(c, form);
  if (window === undefined) return false;
  const fitting = operandsFit(form, window, isa, context) ? isa : isa.wider;
  if (fitting === undefined || !operandsFit(form, window, fitting, context)) return false;
  const tile = dotTile(window.dimensions, form.axes[window.channel]!.extent, fitting);
  if (tile === undefined) return false;
  const reduce = form.axes.flatMap((a, i) => (a.role === 'reduce' ? [i] : []));
  const plan = { fixed: [], outer: window.outer, row: undefined, column: window.channel, reduce };
  new DotKernel({ b, form, plan, band: undefined, context, isa: fitting }, tile, context).emit();
  return true;
}

/** The lanes of a shuffle are limited: shuffle of the opcode table. */
const mostLanes = 64;

/** True when inputs, weights and padding are numbers that the instruction set's dot takes, and bytes can be interleaved. */
function operandsFit(
  form: StridedContraction,
  { dimensions }: DepthwiseWindow,
  isa: Isa,
  context: ScheduleContext,
): boolean {
  const { lanes, group, operand, activations = 'i8' } = isa;
  if (lanes === 1 || group === 1 || !Number.isInteger(Math.log2(group)) || lanes * group > mostLanes) return false;
  const { bias, input } = form;
  const { element } = input.buffer;
  const elements = operand === 'i8' ? [activations] : ['i8', 'u8', 'i16'];
  if (bias !== undefined && context.contents(bias.buffer) === undefined) return false;
  if (!elements.includes(element) || !weightsFit(form, operand, context)) return false;
  const { min, max } = integerRange(element);
  const { inputZero } = form.origin;
  return !dimensions.some(isPadded) || (min <= inputZero && inputZero <= max);
}

class DotKernel extends TileKernel {
  private readonly shape: DotTile;
  private readonly interleaver: Interleaver;
  private readonly inputs: DepthwiseBand;
  /** Interleaved weights of a block: [tap across][pattern][register]. */
  private readonly interleaved: Buffer;

  constructor(request: TileRequest, tile: DotTile, context: ScheduleContext) {
    const { b, form, isa } = request;
    super(request, 1, tile.vectors * isa.lanes, 1);
    this.shape = tile;
    this.interleaver = new Interleaver(b, isa, tile.vectors);
    this.inputs = new DepthwiseBand(b, form, tile, this.interleaver, isa, context);
    const patterns = tile.across.tapCount * tile.groups.patterns.length;
    this.interleaved = context.scratch('interleaved', isa.operand, patterns * this.interleaver.block);
  }

  emit(): void {
    const { b, plan, shape, interleaver, inputs } = this;
    const { grouped, groups, strip } = shape;
    const step = groups.results * strip;
    inputs.fillSides();
    const strips = Math.ceil(grouped.resultCount / step);
    // Steps of loops are no parameters of kernels that layers share: the strip is multiplied instead.
    const inStrip = (s: LoopValue) => {
      const first = b.mul(s, step);
      const block = (at: LoopValue) => {
        this.interleaveWeights(at);
        inputs.fill(first, this.values);
        this.stripTiles(first, step);
      };
      this.tiles(plan.column, interleaver.channels, block, true);
    };
    this.nest(plan.outer, 'serial', () => b.for(0, strips, inStrip, { name: 'strip' }));
  }

  /** The name of the loop over taps across. */
  private get tapName(): string {
    const { taps } = this.shape.across;
    return taps === undefined ? 'k' : this.form.axes[taps]!.name;
  }

  /** The block's weights as tiles multiply them. */
  private interleaveWeights(block: LoopValue): void {
    const { b, shape, isa, weights, plan, interleaver } = this;
    const { grouped, across, groups } = shape;
    const values = [...this.values];
    if (plan.column !== undefined) values[plan.column] = block;
    const base = stridedPosition(b, weights.access, values);
    const along = (axis: number | undefined) => (axis === undefined ? 0 : weights.access.strides[axis]!);
    const zero = b.splat(b.constant(0), loopType(isa.operand, interleaver.channels));
    const each = (l: LoopValue) => {
      const at = b.add(base, b.mul(l, along(across.taps)));
      const taps = Array.from({ length: grouped.tapCount }, (_, k) =>
        interleaver.load(weights.access.buffer, b.add(at, k * along(grouped.taps)), isa.operand),
      );
      const to = b.mul(l, groups.patterns.length * interleaver.block);
      for (const [p, pattern] of groups.patterns.entries()) {
        const members = pattern.map((k) => (k === undefined ? zero : taps[k]!));
        interleaver.store(members, this.interleaved, b.add(to, p * interleaver.block));
      }
    };
    b.for(0, across.tapCount, each, { name: this.tapName });
  }

  /** The tiles of a strip. */
  private stripTiles(first: LoopValue, length: number): void {
    const { b, shape, inputs } = this;
    const { grouped, groups, across } = shape;
    const end = b.min(b.sub(grouped.resultCount, first), length);
    const each = (i: LoopValue) => {
      if (grouped.results !== undefined) this.values[grouped.results] = b.add(first, i);
      const band = b.mul(b.div(i, groups.results), groups.step * inputs.groupLength);
      this.tiles(across.results, shape.columns, () => this.resultTile(band), true);
    };
    b.for(0, end, each, { step: groups.results, name: 'row' });
    if (grouped.results !== undefined) this.values[grouped.results] = undefined;
  }

  /** One tile, its groups from a position of the band on. */
  private resultTile(band: LoopValue): void {
    const { b, shape, isa, values } = this;
    const { grouped, across, groups, columns, vectors } = shape;
    const column = across.results === undefined ? undefined : values[across.results];
    const perResult = (across.stride / bandPositions(across).unit) * this.interleaver.block;
    const from = column === undefined ? band : b.add(band, b.mul(column, perResult));
    const start = Array.from({ length: vectors }, (_, v) => this.startAt(v * isa.lanes));
    const inits = start.flatMap((sum) => Array.from({ length: groups.results * columns }, () => sum));
    const sums = this.reduceTile(from, b.constant(0), inits);
    const first = grouped.results === undefined ? b.constant(0) : (values[grouped.results] ?? b.constant(0));
    const single = grouped.resultCount === groups.results;
    for (let r = 0; r < groups.results; r++) {
      const finish = () => {
        for (let t = 0; t < columns; t++) {
          const along = grouped.results === undefined ? [] : [[grouped.results, r] as const];
          const sideways = across.results === undefined ? [] : [[across.results, t] as const];
          const row = Array.from({ length: vectors }, (_, v) => sums[this.sumAt(v, t, r)]!);
          this.finishRow(row, [...along, ...sideways]);
        }
      };
      // The last tile may reach beyond the last result. Asking costs little, and kernels are alike for every extent.
      if (r === 0 || single) finish();
      else b.if(b.compare('lt', first, grouped.resultCount - r), finish);
    }
  }

  /** Accumulators are in the order in which products are added to them, which keeps few inputs and weights in registers. */
  private sumAt(vector: number, column: number, result: number): number {
    const { columns, groups } = this.shape;
    return (vector * columns + column) * groups.results + result;
  }

  /** Adds the products of a tile whose inputs begin at a position of the band. */
  protected reduceTile(band: LoopValue, weights: LoopValue, inits: readonly LoopValue[]): readonly LoopValue[] {
    const { b, shape, inputs, interleaver } = this;
    const { across, groups, columns, vectors } = shape;
    const { unit } = bandPositions(across);
    const { block, register } = interleaver;
    const load = (buffer: Buffer, at: LoopValue) => b.load(buffer, at, register);
    const tap = (l: LoopValue, carried: readonly LoopValue[]) => {
      const sums = [...carried];
      for (let v = 0; v < vectors; v++) {
        const x = b.add(b.add(band, b.mul(l, (across.dilation / unit) * block)), v * register);
        const w = b.add(b.add(weights, b.mul(l, groups.patterns.length * block)), v * register);
        const held = groups.patterns.map((_, p) => load(this.interleaved, b.add(w, p * block)));
        for (let t = 0; t < columns; t++) {
          const place = ((t * across.stride) / unit) * block;
          const read = groups.members.map((_, g) => load(inputs.buffer, b.add(x, g * inputs.groupLength + place)));
          for (const { result, group, pattern } of groups.uses) {
            const n = this.sumAt(v, t, result);
            sums[n] = b.compute('dot', [sums[n]!, read[group]!, held[pattern]!]);
          }
        }
      }
      return sums;
    };
    return b.forCarry(0, across.tapCount, inits, tap, { name: this.tapName, carry: inits.map(() => 'acc') });
  }
}
