// equalize-channels: channels between linear operators get ranges that suit one scale for all of them.
//
// before:  %a = conv2d %x, %w, %b { clamp = [0, inf] } ; %y = conv2d %a, %v
// after:   %a = conv2d %x, %w / f, %b / f { clamp = [0, inf] } ; %y = conv2d %a, f * %v     (f > 0, one per channel of %a)
//
// Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019), section 4.1, equalizes the
// weights' ranges, for weights with one scale per tensor. Here weights have one scale per output channel, so that the first
// operator's do not care; what gains is the tensors between them, all of those that factors pass (channel-classes.ts). How
// much of that is worth having is weighed against the readers' weights, whose input channels grow apart: for each family
// of channels the error of both is estimated, and the least taken. Where nothing cuts off at 0, channels that are mostly
// negative change their sign too: zero points then lie at one end, and the steps are spent on one side. Weights are
// rounded to f32 once, so that results may differ from before in the last bits.
import { Builder } from '../../ir/builder.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant, constantOf } from '../../ir/ops/constant.ts';
import { type ChannelFamily, channelFamilies, forEachWeight, scalableLinear } from './channel-classes.ts';
import { type TensorGroup, tensorGroups } from './tensor-groups.ts';

/** What is known of the channels of a tensor: one number each. */
export interface ChannelSpread {
  /** The least and the greatest value, 0 between them. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Mean square. */
  readonly power: Float64Array;
}

/** How far factors follow the spans: not at all, by roots of them, all the way. */
const exponents = [0, 0.25, 0.5, 0.75, 1];

/** The least factor: a channel that samples hardly used must not be made so large that others are cut off. */
export const leastFactor = 2 ** -4;

/** One factor per channel of a tensor, by the tensor's name: what its channels are divided by. */
export type ChannelFactors = ReadonlyMap<string, Float64Array>;

/**
 * The factors of least estimated error for a function's tensors. `products`: names of products with a constant for each
 * channel, which may be divided by any factors. `spread` tells what is known of a value's channels; where
 * it knows of no tensor of a family, nothing is scaled.
 */
export function equalizingFactors(
  func: Func,
  spread: (value: Value) => ChannelSpread | undefined,
  products: ReadonlySet<string> = new Set(),
): ChannelFactors {
  // Rounding decides bounds of probabilities only, whose channels no factors pass.
  const groups = tensorGroups(func, 'even');
  const found = new Map<string, Float64Array>();
  for (const family of channelFamilies(func, products)) {
    const known = new KnownFamily(family, groups, spread);
    const factors = known.bestFactors();
    if (factors === undefined) continue;
    for (const v of family.values) found.set(v.name, known.ofChannels(v, factors));
  }
  return found;
}

/** Rewrites the function in place: the same outputs from tensors whose channels are divided by the factors. */
export function scaleChannels(func: Func, factors: ChannelFactors, products: ReadonlySet<string> = new Set()): void {
  for (const op of [...func.ops]) {
    const divisors = products.has(op.results[0]?.name ?? '') ? factors.get(op.result.name) : undefined;
    const numbers = divisors && constantOf(op.operand(1))?.data;
    if (divisors !== undefined && numbers instanceof Float32Array) {
      setConstant(
        func,
        op,
        1,
        numbers.map((n, c) => n / (divisors[c] ?? 1)),
      );
    }
    const linear = scalableLinear(op);
    if (linear === undefined) continue;
    const [input, output] = [factors.get(op.operand(0).name), factors.get(op.result.name)];
    if (input === undefined && output === undefined) continue;
    const scaled = linear.weights.slice();
    forEachWeight(linear, (w, o, i, place) => {
      scaled[place] = (w * (input?.[i] ?? 1)) / (output?.[o] ?? 1);
    });
    setConstant(func, op, linear.spec.weights, scaled);
    const bias = constantOf(op.operands[linear.spec.bias])?.data;
    if (bias instanceof Float32Array && output !== undefined) {
      setConstant(
        func,
        op,
        linear.spec.bias,
        bias.map((b, c) => b / (output[c] ?? 1)),
      );
    }
  }
}

/** A tensor of a family that samples were seen of. */
interface SeenTensor {
  /** The class of each channel. */
  readonly classes: readonly (number | undefined)[];
  readonly spread: ChannelSpread;
}

/** A family of channels with what is known of its tensors. */
class KnownFamily {
  readonly #family: ChannelFamily;
  /** Those of one quantization together. */
  readonly #seen = new Map<TensorGroup | Value, SeenTensor[]>();

  constructor(
    family: ChannelFamily,
    groups: ReadonlyMap<Value, TensorGroup>,
    spread: (value: Value) => ChannelSpread | undefined,
  ) {
    this.#family = family;
    for (const value of family.values) {
      const known = spread(value);
      const channels = value.type.shape.at(-1) ?? 1;
      if (known === undefined || known.low.length !== channels) continue;
      const classes = Array.from({ length: channels }, (_, c) => family.classOf(value, c));
      const group = groups.get(value) ?? value;
      this.#seen.set(group, [...(this.#seen.get(group) ?? []), { classes, spread: known }]);
    }
  }

  /** One factor per class; undefined where leaving all as it is comes out best. */
  bestFactors(): Float64Array | undefined {
    const { classes } = this.#family;
    const unchanged = this.#errors(new Float64Array(classes).fill(1));
    let best = { error: unchanged.length, factors: undefined as Float64Array | undefined };
    const [shares, signs] = [this.#shares(), this.#signs()];
    for (const exponent of exponents) {
      const factors = shares.map((s, c) => (signs[c] ?? 1) * Math.max(leastFactor, s ** exponent));
      // Readers count alike: how much of their results' error each makes at the outputs is not known.
      const error = this.#errors(factors).reduce((sum, e, i) => sum + (e > 0 ? e / (unchanged[i] ?? 1) : 0), 0);
      if (error < best.error) best = { error, factors };
    }
    return best.factors;
  }

  /** The factors of a tensor's channels. */
  ofChannels(value: Value, factors: Float64Array): Float64Array {
    return Float64Array.from({ length: value.type.shape.at(-1) ?? 1 }, (_, c) => {
      const k = this.#family.classOf(value, c);
      return k === undefined ? 1 : (factors[k] ?? 1);
    });
  }

  /** What part of a tensor's greatest span each class spans, where it spans most. */
  #shares(): Float64Array {
    const shares = new Float64Array(this.#family.classes);
    for (const tensors of this.#seen.values()) {
      const spans = tensors.map(({ spread: { low, high } }) => high.map((h, c) => h - (low[c] ?? 0)));
      const largest = Math.max(0, ...spans.map((s) => s.reduce((most, v) => Math.max(most, v), 0)));
      if (!(largest > 0) || !Number.isFinite(largest)) continue;
      for (const [i, { classes }] of tensors.entries())
        for (const [c, k] of classes.entries())
          if (k !== undefined) shares[k] = Math.max(shares[k] ?? 0, (spans[i]?.[c] ?? 0) / largest);
    }
    return shares.map((s) => (s > 0 ? s : 1));
  }

  /** -1 for classes that are mostly negative, where factors of any sign pass. */
  #signs(): Float64Array {
    const balance = new Float64Array(this.#family.classes);
    if (this.#family.signs === 'any') {
      for (const { classes, spread } of [...this.#seen.values()].flat())
        for (const [c, k] of classes.entries())
          if (k !== undefined) balance[k] = (balance[k] ?? 0) + (spread.low[c] ?? 0) + (spread.high[c] ?? 0);
    }
    return balance.map((b) => (b < 0 ? -1 : 1));
  }

  /**
   * For each reader the expected squared error of its results, summed over one position, in twelfths: of rounding the
   * family's tensors to 255 steps, and the reader's weights to 254 steps for each output channel.
   */
  #errors(factors: Float64Array): number[] {
    const squaredStep = [...this.#seen.values()].reduce((sum, tensors) => sum + this.#step(tensors, factors) ** 2, 0);
    const power = this.#power();
    return this.#family.readers.map((reader) => {
      const x = reader.op.operand(0);
      const outputs = reader.op.result.type.shape.at(-1) ?? 1;
      const largest = new Float64Array(outputs);
      const inputPower = new Float64Array(outputs);
      let error = 0;
      forEachWeight(reader, (w, o, c) => {
        const k = this.#family.classOf(x, c);
        const factor = k === undefined ? 1 : Math.abs(factors[k] ?? 1);
        const scaled = Math.abs(w) * factor;
        largest[o] = Math.max(largest[o] ?? 0, scaled);
        inputPower[o] = (inputPower[o] ?? 0) + (k === undefined ? 0 : (power[k] ?? 0)) / factor ** 2;
        error += squaredStep * scaled ** 2;
      });
      for (const [o, most] of largest.entries()) error += (most / 127) ** 2 * (inputPower[o] ?? 0);
      return error;
    });
  }

  /** The scale of tensors of one quantization once their channels are divided by the factors. */
  #step(tensors: readonly SeenTensor[], factors: Float64Array): number {
    let [least, most] = [0, 0];
    for (const { classes, spread } of tensors)
      for (const [c, k] of classes.entries()) {
        const factor = k === undefined ? 1 : (factors[k] ?? 1);
        const ends = [(spread.low[c] ?? 0) / factor, (spread.high[c] ?? 0) / factor];
        least = Math.min(least, ...ends);
        most = Math.max(most, ...ends);
      }
    return (most - least) / 255;
  }

  /** Mean square of each class, as a mean over its tensors. */
  #power(): Float64Array {
    const power = new Float64Array(this.#family.classes);
    const count = new Float64Array(this.#family.classes);
    for (const { classes, spread } of [...this.#seen.values()].flat())
      for (const [c, k] of classes.entries()) {
        if (k === undefined) continue;
        power[k] = (power[k] ?? 0) + (spread.power[c] ?? 0);
        count[k] = (count[k] ?? 0) + 1;
      }
    return power.map((p, k) => p / Math.max(1, count[k] ?? 1));
  }
}

function setConstant(func: Func, op: Op, operand: number, data: Float32Array): void {
  const before = op.operand(operand);
  const made: Op[] = [];
  const value = new Builder(func, made).create(
    constant,
    [],
    { value: { type: before.type, data } },
    before.type,
    before.name,
  );
  func.ops.splice(func.ops.indexOf(op), 0, ...made);
  op.replaceOperand(before, value);
}
