// The band of a depthwise dot schedule: a strip of the input with the positions of each group interleaved, for one block
// of channels, [group][position across][register]. Padding is real in it.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { type Buffer, type Lane, laneOfElement, loopType } from '../../ir/loops/types.ts';
import type { ScheduleContext } from './context.ts';
import type { Interleaver } from './depthwise-interleave.ts';
import { bandGroups, bandPositions, type DotTile } from './depthwise-tile.ts';
import { isPadded } from './depthwise-window.ts';
import type { Isa } from './isa.ts';
import { type AxisValues, type StridedContraction, stridedPosition } from './strided.ts';

/** A member of a group on its way into the band: where it is read, and masks that make padding of it. */
interface BandRow {
  readonly at: LoopValue;
  readonly padding?: { readonly keep: LoopValue; readonly other: LoopValue };
}

export class DepthwiseBand {
  readonly buffer: Buffer;
  /** Elements from one group to the next. */
  readonly groupLength: number;
  private readonly groupCount: number;
  private readonly lane: Lane;
  /** Positions of the band across that are in the input; the others are padding. */
  private readonly inside: readonly [begin: number, end: number];

  constructor(
    private readonly b: LoopBuilder,
    private readonly form: StridedContraction,
    private readonly tile: DotTile,
    private readonly interleaver: Interleaver,
    { operand }: Isa,
    context: ScheduleContext,
  ) {
    const { groups, across, strip } = tile;
    const { count, unit } = bandPositions(across);
    const element = operand === 'i8' ? form.input.buffer.element : 'i16';
    this.lane = laneOfElement(element);
    this.groupCount = bandGroups(groups, strip);
    this.groupLength = count * interleaver.block;
    this.buffer = context.scratch('band', element, this.groupCount * this.groupLength);
    const at = (position: number) => Math.min(count, Math.max(0, Math.ceil((position - across.first) / unit)));
    this.inside = [at(0), Math.max(at(0), at(across.extent))];
  }

  /** Padding to both sides: every filling leaves it. */
  fillSides(): void {
    const { b, form, interleaver, groupLength } = this;
    const [begin, end] = this.inside;
    const zero = b.splat(b.constant(form.origin.inputZero), loopType(this.lane, interleaver.register));
    const fill = (from: number, to: number) => {
      if (from === to) return;
      const group = (g: LoopValue) => {
        const start = b.mul(g, groupLength);
        const each = (i: LoopValue) => b.store(this.buffer, b.add(start, i), zero);
        b.for(from, to, each, { step: interleaver.register, name: 'i' });
      };
      b.for(0, this.groupCount, group, { name: 'group' });
    };
    fill(0, begin * interleaver.block);
    fill(end * interleaver.block, groupLength);
  }

  /** Interleaves what the strip reads that begins with a result; `values` are those of all axes but the windows'. */
  fill(first: LoopValue, values: AxisValues): void {
    const { b, form, tile, groupLength } = this;
    const { grouped, across, groups } = tile;
    // Tiles that share groups lie a whole number of groups apart: all groups are alike.
    const alike = groups.step < groups.members.length;
    const filled = alike ? groups.members.slice(0, 1) : groups.members;
    const apart = (groups.results * grouped.stride) / (alike ? groups.step : 1);
    const start = b.add(b.mul(first, grouped.stride), grouped.first);
    // The buffer's position for the first row of the input, at the first position across that is inside.
    const [begin] = this.inside;
    const before = begin * bandPositions(across).unit * across.elements - grouped.first * grouped.elements;
    const base = stridedPosition(b, { ...form.input, start: form.input.start + before }, values);
    const round = (i: LoopValue) => {
      const position = b.add(start, b.mul(i, apart));
      for (const [m, members] of filled.entries()) {
        const to = b.add(b.mul(i, filled.length * groupLength), m * groupLength + begin * this.interleaver.block);
        this.fillGroup(
          members.map((member) => this.row(base, b.add(position, member))),
          to,
        );
      }
    };
    b.for(0, this.groupCount / filled.length, round, { name: 'group' });
  }

  /** The masks stand in every filling, although most groups have no padding: a loop without them would be as large again. */
  private row(base: LoopValue, position: LoopValue): BandRow {
    const { b, form, tile, interleaver } = this;
    const { extent, elements } = tile.grouped;
    // Also without padding, the last group may reach beyond the input: with members that nothing is multiplied with.
    const at = b.add(base, b.mul(b.clamp(position, 0, extent - 1), elements));
    if (!isPadded(tile.grouped)) return { at };
    const type = loopType(this.lane, interleaver.channels);
    const isInside = b.and(b.compare('ge', position, 0), b.compare('lt', position, extent));
    const keep = b.splat(b.select(isInside, -1, 0), type);
    // A product, so that the zero point can be a parameter of a kernel that layers share.
    const other = b.mul(b.select(isInside, 0, 1), form.origin.inputZero);
    return { at, padding: { keep, other: b.splat(other, type) } };
  }

  /** One group, for all positions across. */
  private fillGroup(rows: readonly BandRow[], to: LoopValue): void {
    const { b, form, tile, interleaver } = this;
    const [begin, end] = this.inside;
    const step = bandPositions(tile.across).unit * tile.across.elements;
    const each = (_: LoopValue, [offset, at]: readonly LoopValue[]) => {
      const loaded = rows.map(({ at: from, padding }) => {
        const x = interleaver.load(form.input.buffer, b.add(from, offset!), this.lane);
        return padding === undefined ? x : b.or(b.and(x, padding.keep), padding.other);
      });
      interleaver.store(loaded, this.buffer, at!);
      return [b.add(offset!, step), b.add(at!, interleaver.block)];
    };
    b.forCarry(0, end - begin, [b.constant(0), to], each, { name: 'i', carry: ['offset', 'to'] });
  }
}
