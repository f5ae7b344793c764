// Vectors of channels interleaved for `dot`: what one accumulator multiplies and adds becomes neighbours in a register.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { type Buffer, type Lane, lanesOf, loopType } from '../../ir/loops/types.ts';
import type { Isa } from './isa.ts';

/** Interleaves blocks of channels, as many as fill `vectors` registers of accumulators. */
export class Interleaver {
  /** Channels of a block. */
  readonly channels: number;
  /** Numbers of a register: a group for each of its accumulators. */
  readonly register: number;
  /** Numbers of a block's group. */
  readonly block: number;

  constructor(
    private readonly b: LoopBuilder,
    private readonly isa: Isa,
    private readonly vectors: number,
  ) {
    this.channels = vectors * isa.lanes;
    this.register = isa.lanes * isa.group;
    this.block = vectors * this.register;
  }

  /** A block's channels from a position of a buffer on, as lanes that the dot takes. */
  load(buffer: Buffer, position: LoopValue, lane: Lane): LoopValue {
    return this.b.convert(this.b.load(buffer, position, this.channels), loopType(lane, this.channels));
  }

  /** Interleaves the members of a group, one vector of channels for each, and stores the registers. */
  store(members: readonly LoopValue[], to: Buffer, at: LoopValue): void {
    for (const [v, register] of this.interleave(members).entries()) {
      this.b.store(to, this.b.add(at, v * this.register), register);
    }
  }

  private interleave(members: readonly LoopValue[]): readonly LoopValue[] {
    const { b, isa, channels } = this;
    let parts = members;
    // Pairs, then pairs of pairs; the last step is made for each register by itself.
    for (let width = 1; parts.length > 2; width *= 2) {
      const before = parts;
      const lanes = pairing(channels, width, 0, channels);
      parts = Array.from({ length: before.length / 2 }, (_, i) =>
        b.compute('shuffle', [before[2 * i]!, before[2 * i + 1]!], { lanes }),
      );
    }
    const [x, y] = parts as [LoopValue, LoopValue];
    const width = lanesOf(x.type) / channels;
    return Array.from({ length: this.vectors }, (_, v) =>
      b.compute('shuffle', [x, y], { lanes: pairing(channels, width, v * isa.lanes, (v + 1) * isa.lanes) }),
    );
  }
}

/** Lanes that take `width` numbers in turn from two vectors of `count` such runs, from run `first` to run `end`. */
function pairing(count: number, width: number, first: number, end: number): number[] {
  const lanes: number[] = [];
  for (let run = first; run < end; run++) {
    for (const side of [0, count * width]) for (let i = 0; i < width; i++) lanes.push(side + run * width + i);
  }
  return lanes;
}
