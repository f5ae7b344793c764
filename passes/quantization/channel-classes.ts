// Channels between linear operators that must take one factor if any of them takes one.
//
// A factor on a channel of a linear operator's result can be undone in the weights of the linear operators that read it, as
// long as all operators between pass it on (the hook `factors`). A sum ties the channels of its operands together, a
// concatenation puts channels of several tensors into one; what any other operator reads or gives keeps factor 1.
import { bothSigns, type FactorSigns, signsPassing } from '../../ir/channel-factors.ts';
import type { LinearSpec, Patches } from '../../ir/define-op.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import { stridesOf } from '../../ir/types.ts';
import { isFloat } from '../quantized-form.ts';
import { floatValues } from './tensor-groups.ts';

/** A linear operator whose weights and bias can be scaled: constants that no other operator reads. */
export interface ScalableLinear {
  readonly op: Op;
  readonly spec: LinearSpec;
  readonly patches: Patches;
  readonly weights: Float32Array;
}

/** Tensors whose channels hang together, and the linear operators around them. */
export interface ChannelFamily {
  /** In the function's order. */
  readonly values: readonly Value[];
  /** By value and channel: the class, or undefined for channels that keep factor 1. */
  classOf(value: Value, channel: number): number | undefined;
  /** The number of classes; they are counted from 0. */
  readonly classes: number;
  readonly signs: FactorSigns;
  /** Linear operators that read tensors of the family. */
  readonly readers: readonly ScalableLinear[];
}

const channelsOf = (v: Value) => v.type.shape.at(-1) ?? 1;

/** The linear operator, where its weights can be scaled by input and by output channel. */
export function scalableLinear(op: Op): ScalableLinear | undefined {
  const { linear: spec } = op.definition;
  const weights = spec && op.operands[spec.weights];
  const patches = spec?.patches?.(op);
  const data = constantOf(weights)?.data;
  if (spec === undefined || weights === undefined || patches === undefined || !(data instanceof Float32Array)) {
    return undefined;
  }
  const bias = op.operands[spec.bias];
  if (bias !== undefined && !(constantOf(bias)?.data instanceof Float32Array)) return undefined;
  const x = op.operand(0);
  const fits = patches.input[3] === channelsOf(x) || (patches.groups === 1 && patches.input[3] % channelsOf(x) === 0);
  const own = weights.users.size === 1 && op.operands.lastIndexOf(x) === 0;
  return fits && own ? { op, spec, patches, weights: data } : undefined;
}

/** Each weight with its output channel, the channel of operand 0 that it multiplies, and its place. */
export function forEachWeight(
  { op, spec, patches, weights }: ScalableLinear,
  see: (w: number, output: number, input: number, place: number) => void,
): void {
  const outputs = channelsOf(op.result);
  const channels = channelsOf(op.operand(0));
  const stride = stridesOf(op.operand(spec.weights).type.shape)[spec.axis] ?? 1;
  const depth = patches.input[3] / patches.groups;
  for (let i = 0; i < weights.length; i++) {
    const o = Math.floor(i / stride) % outputs;
    const k = Math.floor(i / (stride * outputs)) * stride + (i % stride);
    const g = Math.floor((o * patches.groups) / outputs);
    // Rows of a flattened image hold all channels of each pixel in turn.
    see(weights[i] ?? 0, o, (g * depth + (k % depth)) % channels, i);
  }
}

/**
 * The families of the function that have a class which is free to take factors. `products`: names of products with a
 * constant for each channel that is theirs to scale.
 */
export function channelFamilies(func: Func, products: ReadonlySet<string> = new Set()): ChannelFamily[] {
  const values = floatValues(func);
  const ties = new ChannelTies(values);
  const fixed = (v: Value | undefined) => {
    if (v !== undefined && isFloat(v)) ties.fix(v);
  };
  const readers: ScalableLinear[] = [];
  for (const op of func.ops) {
    const passage = op.definition.factors?.(op);
    const linear = scalableLinear(op);
    if (products.has(op.results[0]?.name ?? '')) op.operands.forEach(fixed);
    else if (passage !== undefined && op.results.length === 1 && isFloat(op.result)) {
      op.operands.forEach((v, i) => {
        const start = passage.starts[i];
        if (v === undefined || !isFloat(v)) return;
        if (start === undefined) ties.fix(v);
        else ties.tie(op.result, v, start);
      });
      ties.limit(op.result, passage.signs);
    } else if (linear !== undefined) {
      readers.push(linear);
      const signs = signsPassing(op.attributes.clamp as readonly number[]);
      if (signs === undefined) ties.fix(op.result);
      else ties.limit(op.result, signs);
    } else for (const v of [...op.operands, ...op.results]) fixed(v);
  }
  for (const { value } of [...func.inputs, ...func.outputs]) fixed(value);
  for (const { param, next } of func.states) for (const v of [param, next]) fixed(v);
  return ties.families(readers);
}

/** Sets of numbers that are joined, each known by one of its own. */
class JoinedSets {
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, i) => i);
  }

  of(i: number): number {
    let top = i;
    while (this.#parents[top] !== top) top = this.#parents[top] ?? top;
    for (let at = i; at !== top; ) {
      const next = this.#parents[at] ?? top;
      this.#parents[at] = top;
      at = next;
    }
    return top;
  }

  join(a: number, b: number): void {
    this.#parents[this.of(b)] = this.of(a);
  }
}

/** What ties channels of values to each other, to factor 1, or to factors above 0. */
class ChannelTies {
  readonly #values: readonly Value[];
  readonly #firsts = new Map<Value, number>();
  readonly #indices = new Map<Value, number>();
  readonly #channels: JoinedSets;
  readonly #tensors: JoinedSets;
  readonly #fixed = new Set<number>();
  readonly #positive = new Set<Value>();

  constructor(values: readonly Value[]) {
    this.#values = values;
    let count = 0;
    for (const [i, v] of values.entries()) {
      this.#indices.set(v, i);
      this.#firsts.set(v, count);
      count += channelsOf(v);
    }
    this.#channels = new JoinedSets(count);
    this.#tensors = new JoinedSets(values.length);
  }

  /** Channel 0 of `from` is channel `start` of `to`. */
  tie(to: Value, from: Value, start: number): void {
    const count = channelsOf(to);
    for (let c = 0; c < channelsOf(from); c++) {
      if (start + c >= 0 && start + c < count) this.#channels.join(this.#place(to, start + c), this.#place(from, c));
    }
    this.#tensors.join(this.#indices.get(to) ?? 0, this.#indices.get(from) ?? 0);
  }

  fix(v: Value): void {
    for (let c = 0; c < channelsOf(v); c++) this.#fixed.add(this.#place(v, c));
  }

  limit(v: Value, signs: FactorSigns): void {
    if (signs === 'positive') this.#positive.add(v);
  }

  families(linear: readonly ScalableLinear[]): ChannelFamily[] {
    const fixed = new Set([...this.#fixed].map((place) => this.#channels.of(place)));
    const members = new Map<number, Value[]>();
    for (const [i, v] of this.#values.entries()) {
      const root = this.#tensors.of(i);
      members.set(root, [...(members.get(root) ?? []), v]);
    }
    return [...members.values()].flatMap((values) => {
      const readers = linear.filter(({ op }) => values.includes(op.operand(0)));
      const numbers = new Map<number, number>();
      for (const v of values)
        for (let c = 0; c < channelsOf(v); c++) {
          const root = this.#channels.of(this.#place(v, c));
          if (!fixed.has(root) && !numbers.has(root)) numbers.set(root, numbers.size);
        }
      if (readers.length === 0 || numbers.size === 0) return [];
      const signs = values.map((v): FactorSigns => (this.#positive.has(v) ? 'positive' : 'any')).reduce(bothSigns);
      const classOf = (v: Value, c: number) => numbers.get(this.#channels.of(this.#place(v, c)));
      return [{ values, classOf, classes: numbers.size, signs, readers }];
    });
  }

  #place(v: Value, c: number): number {
    return (this.#firsts.get(v) ?? 0) + c;
  }
}
