// Padding made real: the part of the input that one row of results reads is copied into working memory, with the zero
// point where taps lie outside. What is left of the contraction has no guards, so its input zero point folds into the
// bias and its tiles are all alike. The copy costs kernel-height loads and stores per input element, against all its
// products; working memory is a few rows instead of a padded tensor.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { type Access, type Affine, affine, type ContractionLowering } from '../../ir/loops/lowering.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { elementCount, integerRange, stridesOf } from '../../ir/types.ts';
import { affineValue, guardsOf } from './plain.ts';
import { copyRun, fillRun } from './runs.ts';

/** One dimension of the band, and where its positions come from in the input. */
interface BandDimension {
  readonly extent: number;
  /** Input index of the band's first position, over the axes that are fixed while the band is in use. */
  readonly first: Affine;
  /** Input indices between neighbouring positions. */
  readonly step: number;
  /** Extent of the input's dimension, where positions can lie outside of it. */
  readonly guard: number | undefined;
}

export interface Band {
  /** The input of the contraction, read from the band. */
  readonly input: Access;
  /** Axes of the contraction that must have values when the band is filled, and keep them while it is read. */
  readonly fixed: ReadonlySet<number>;
  /** Fills the band for these values of the fixed axes. */
  fill(b: LoopBuilder, axes: readonly (LoopValue | undefined)[]): void;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** What a schedule may want of a band. */
export interface BandOptions {
  /** Element type of the band: integers at least as wide as the input's. Default: the input's. */
  readonly element?: 'i16' | undefined;
  /** Elements behind the band's last that may be read, whatever they are. */
  readonly slack?: number;
}

/**
 * The band of a contraction, with guards or without; undefined where copying would not be the same (an input zero point
 * that is no value of its type). Every parallel axis of the input but the last, which runs along the band, is fixed.
 */
export function bandOf(
  c: ContractionLowering,
  scratch: (name: string, element: Buffer['element'], length: number) => Buffer,
  options: BandOptions = {},
): Band | undefined {
  const { element } = c.input.buffer;
  if (element !== 'f32') {
    const { min, max } = integerRange(element);
    if (c.inputZero < min || c.inputZero > max) return undefined;
  }
  const guarded = new Set(guardsOf(c, c.input).map((g) => g.form));
  const read = new Set(c.input.index.flatMap((f) => f.terms.map(([axis]) => axis)));
  const shared = new Set(c.weights.index.flatMap((f) => f.terms.map(([axis]) => axis)));
  const along = c.axes.flatMap((a, i) => (a.role === 'parallel' && read.has(i) && !shared.has(i) ? [i] : []));
  const fixed = new Set(along.slice(0, -1));
  const index: Affine[] = [];
  const dimensions: BandDimension[] = [];
  for (const [d, form] of c.input.index.entries()) {
    const moving = form.terms.filter(([axis]) => !fixed.has(axis) && c.axes[axis]!.extent > 1);
    const step = moving.reduce((g, [, coefficient]) => gcd(g, Math.abs(coefficient)), 0) || 1;
    let [low, high] = [0, 0];
    for (const [axis, coefficient] of moving) {
      const reach = coefficient * (c.axes[axis]!.extent - 1);
      if (reach < 0) low += reach;
      else high += reach;
    }
    const held = form.terms.filter(([axis]) => fixed.has(axis));
    index.push(affine(-low / step, ...moving.map(([axis, k]) => [axis, k / step] as const)));
    dimensions.push({
      extent: (high - low) / step + 1,
      first: affine(form.offset + low, ...held),
      step,
      guard: guarded.has(form) ? c.input.shape[d]! : undefined,
    });
  }
  const shape = dimensions.map((d) => d.extent);
  const buffer = scratch('band', options.element ?? element, elementCount(shape) + (options.slack ?? 0));
  return {
    fixed,
    input: { buffer, shape, index },
    fill: (b, axes) => new Filling(b, c, buffer, dimensions).fill(axes),
  };
}

/** The loops that fill a band, dimension by dimension. */
class Filling {
  private readonly positions: number[];
  private readonly strides: number[];

  constructor(
    private readonly b: LoopBuilder,
    private readonly c: ContractionLowering,
    private readonly band: Buffer,
    private readonly dimensions: readonly BandDimension[],
  ) {
    this.positions = stridesOf(dimensions.map((d) => d.extent));
    this.strides = stridesOf(c.input.shape);
  }

  fill(axes: readonly (LoopValue | undefined)[]): void {
    const firsts = this.dimensions.map((d) => affineValue(this.b, d.first, axes));
    this.dimension(0, this.b.constant(this.c.input.base ?? 0), this.b.constant(0), firsts);
  }

  /** Dimension d and those behind it, from input position `from` to band position `to`. */
  private dimension(d: number, from: LoopValue, to: LoopValue, firsts: readonly LoopValue[]): void {
    const { b } = this;
    const dimension = this.dimensions[d];
    if (dimension === undefined) {
      b.store(this.band, to, b.load(this.c.input.buffer, from));
      return;
    }
    const { extent, step, guard } = dimension;
    const [inner, stride] = [this.positions[d]!, this.strides[d]!];
    const source = b.add(from, b.mul(firsts[d]!, stride));
    const copy = (begin: LoopValue, end: LoopValue) => {
      if (this.isRun(d)) {
        const length = b.mul(b.sub(end, begin), inner);
        const [x, y] = [b.add(source, b.mul(begin, stride)), b.add(to, b.mul(begin, inner))];
        copyRun(b, { buffer: this.band, at: y }, { buffer: this.c.input.buffer, at: x }, length);
        return;
      }
      b.for(
        begin,
        end,
        (i) => this.dimension(d + 1, b.add(source, b.mul(i, stride * step)), b.add(to, b.mul(i, inner)), firsts),
        { name: 'i' },
      );
    };
    if (guard === undefined) {
      copy(b.constant(0), b.constant(extent));
      return;
    }
    // Inside: 0 <= first + i * step < guard.
    const first = firsts[d]!;
    const begin = b.clamp(b.div(b.sub(step - 1, first), step), 0, extent);
    const end = b.max(begin, b.min(b.div(b.sub(guard + step - 1, first), step), extent));
    this.zero(to, b.mul(begin, inner));
    copy(begin, end);
    this.zero(b.add(to, b.mul(end, inner)), b.mul(b.sub(extent, end), inner));
  }

  /** True when dimension d and those behind it are consecutive in both buffers. */
  private isRun(d: number): boolean {
    return this.dimensions.every(({ extent, first, step, guard }, i) => {
      if (i < d) return true;
      if (step !== 1) return false;
      const whole = guard === undefined && extent === this.c.input.shape[i] && first.terms.length === 0;
      return i === d || (whole && first.offset === 0);
    });
  }

  private zero(at: LoopValue, count: LoopValue): void {
    const { b, band } = this;
    const value = band.element === 'f32' ? b.f32(0) : b.constant(this.c.inputZero);
    fillRun(b, { buffer: band, at }, value, count);
  }
}
