// scale-ports: float inputs and outputs get one range for all of their channels where they are converted, so that one scale
// serves all of them. The linear operators that read and give them take it back.
//
// before:  %y = fully_connected %x, %w, %b
// after:   %s = mul (sub %x, m), 1 / f ; %t = fully_connected %s, f * %w, %b + %w * m
//          and for results %y = fully_connected %t, %w / f, (%b - m) / f ; %z = add (mul %y, f), m
//
// Features of different units and bands of a spectrum have ranges of their own: in one range for all of them most get few
// of the 256 levels, and nothing behind can give back what is lost there. It costs a subtraction and a product for each
// element, in f32, in the loop that converts it.
import { Builder } from '../../ir/builder.ts';
import { signsPassing } from '../../ir/channel-factors.ts';
import type { Patches } from '../../ir/define-op.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { add, sub } from '../../ir/ops/add.ts';
import { constant, constantOf } from '../../ir/ops/constant.ts';
import { mul } from '../../ir/ops/mul.ts';
import { tensorType } from '../../ir/types.ts';
import { isFloat } from '../quantized-form.ts';
import { forEachWeight, scalableLinear } from './channel-classes.ts';
import { scaleChannels } from './equalize-channels.ts';
import { setBiases } from './set-biases.ts';
import { floatValues, moves } from './tensor-groups.ts';

/** Least and greatest value of each channel. */
export interface ChannelExtremes {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/** What a tensor at a port stands for: channel c is `offset[c] + factor[c] * x`, with x from `low` to `high`. */
export interface PortScaling {
  readonly port: 'input' | 'output';
  /** Above 0. */
  readonly factor: Float64Array;
  readonly offset: Float64Array;
  readonly low: number;
  readonly high: number;
}

/**
 * The share of the tensor's range that is added to a channel's on either side, within the tensor's: what comes later may
 * be louder in some band than any sample was.
 */
const margin = 1 / 8;

/** Rounding errors' power must fall to this share of what it is, or ports stay as they are. */
const mostPower = 0.5;

/** The tensors to scale by name: those at float ports that nothing but linear operators reads, or that one gives. */
export function portScalings(
  func: Func,
  extremes: (value: Value) => ChannelExtremes | undefined,
  isScalable: (op: Op) => boolean = () => true,
): ReadonlyMap<string, PortScaling> {
  const found = new Map<string, PortScaling>();
  for (const { value, port, isShiftable } of [...inputs(func, isScalable), ...outputs(func, isScalable)]) {
    const seen = extremes(value);
    if (seen === undefined || seen.low.length !== value.type.shape.at(-1)) continue;
    const scaling = scalingOf(seen, isShiftable);
    if (scaling !== undefined && !found.has(value.name)) found.set(value.name, { port, ...scaling });
  }
  return found;
}

/** A tensor at a port, and whether its channels can be shifted too. */
interface ScalableTensor {
  readonly value: Value;
  readonly port: PortScaling['port'];
  readonly isShiftable: boolean;
}

/** Tensors that are inputs, or move their elements, and that linear operators alone read. */
function inputs(func: Func, isScalable: (op: Op) => boolean): ScalableTensor[] {
  const given = new Set(func.inputs.map(({ value }) => value).filter(isFloat));
  for (const op of func.ops) {
    if (moves(op) && op.operands.every((v) => v === undefined || given.has(v) || !isFloat(v))) {
      for (const v of op.results) if (isFloat(v)) given.add(v);
    }
  }
  return [...given].flatMap((value): ScalableTensor[] => {
    const readers = [...value.users].map((op) => (isScalable(op) ? scalableLinear(op) : undefined));
    if (readers.length === 0 || func.isReturned(value)) return [];
    if (readers.some((r) => r === undefined || r.op.operand(0) !== value)) return [];
    const isShiftable = readers.every((r) => r !== undefined && !readsOutside(r.patches, r.op.operand(0)));
    return [{ value, port: 'input', isShiftable }];
  });
}

/** Results of linear operators that are outputs, or that operators move there. */
function outputs(func: Func, isScalable: (op: Op) => boolean): ScalableTensor[] {
  const returned = new Set(func.outputs.map(({ value }) => value).filter(isFloat));
  for (const op of func.ops.toReversed()) {
    const isReturned = (v: Value) => returned.has(v) && v.users.size === 0;
    if (moves(op) && op.results.every((v) => isReturned(v) && !func.states.some((s) => s.next === v))) {
      for (const v of op.operands) if (v !== undefined && isFloat(v) && goesTo(v, op)) returned.add(v);
    }
  }
  return [...returned].flatMap((value): ScalableTensor[] => {
    const { producer } = value;
    if (producer === undefined || !isScalable(producer) || scalableLinear(producer) === undefined) return [];
    if (![...value.users].every(moves) || func.states.some((s) => s.next === value)) return [];
    const signs = signsPassing(producer.attributes.clamp as readonly number[]);
    return signs === undefined ? [] : [{ value, port: 'output', isShiftable: signs === 'any' }];
  });
}

const goesTo = (v: Value, op: Op) => v.users.size === 1 && v.users.has(op);

/** True where patches hold elements outside of the input, which are 0 whatever is added to the others. */
function readsOutside({ input, output, kernel, stride, dilation, pad }: Patches, x: Value): boolean {
  const isFlattened = input[3] !== x.type.shape.at(-1);
  if (isFlattened) return false;
  return [0, 1].some((d) => {
    const last = ((output[d] ?? 1) - 1) * (stride[d] ?? 1) + ((kernel[d] ?? 1) - 1) * (dilation[d] ?? 1);
    return (pad[d] ?? 0) > 0 || last - (pad[d] ?? 0) >= (input[d + 1] ?? 1);
  });
}

type Ends = readonly [from: number, to: number];

/** What all of them reach, 0 included. */
const hull = (each: readonly Ends[]): Ends =>
  each.reduce(([low, high], [from, to]): Ends => [Math.min(low, from), Math.max(high, to)], [0, 0]);

/** Undefined where it would gain too little. */
function scalingOf({ low, high }: ChannelExtremes, isShiftable: boolean): Omit<PortScaling, 'port'> | undefined {
  // What was never seen has extremes of the wrong signs.
  const seen = Array.from(low, (l, c): Ends => (l <= (high[c] ?? l) ? [l, high[c] ?? l] : [0, 0]));
  const [least, most] = hull(seen);
  const range = most - least;
  if (!Number.isFinite(range) || range <= 0) return undefined;
  const ends = seen.map(([l, h]): Ends => {
    const [from, to] = [Math.max(least, l - margin * range), Math.min(most, h + margin * range)];
    return isShiftable ? [from, to] : [Math.min(0, from), Math.max(0, to)];
  });
  const widest = ends.reduce((most, [from, to]) => Math.max(most, to - from), 0);
  const factor = Float64Array.from(ends, ([from, to]) => (to - from) / widest);
  const offset = Float64Array.from(ends, ([from, to]) => (isShiftable ? (from + to) / 2 : 0));
  const scaled = ends.map(([from, to], c): Ends => {
    const [m = 0, f = 1] = [offset[c], factor[c]];
    return [(from - m) / f, (to - m) / f];
  });
  const [from, to] = hull(scaled);
  const power = factor.reduce((sum, f) => sum + f ** 2, 0) / factor.length;
  return power * ((to - from) / range) ** 2 < mostPower ? { factor, offset, low: from, high: to } : undefined;
}

/** Biases under which operators give the same from shifted inputs, or shifted results. */
function shiftedBiases(func: Func, scalings: ReadonlyMap<string, PortScaling>): ReadonlyMap<string, Float32Array> {
  const biases = new Map<string, Float32Array>();
  const scalingAt = (port: PortScaling['port'], v: Value | undefined) => {
    const scaling = v && scalings.get(v.name);
    return scaling?.port === port ? scaling : undefined;
  };
  for (const op of func.ops) {
    const linear = scalableLinear(op);
    const input = scalingAt('input', op.operands[0]);
    const output = scalingAt('output', op.results[0]);
    const isShifted = [input, output].some((s) => s?.offset.some((m) => m !== 0));
    if (linear === undefined || !isShifted) continue;
    const bias = constantOf(op.operands[linear.spec.bias])?.data as Float32Array | undefined;
    const sums = Float64Array.from(bias ?? new Float64Array(op.result.type.shape.at(-1) ?? 1));
    if (input !== undefined) {
      forEachWeight(linear, (w, o, c) => {
        sums[o] = (sums[o] ?? 0) + w * (input.offset[c] ?? 0);
      });
    }
    const shifted = sums.map((s, o) => s - (output?.offset[o] ?? 0));
    biases.set(op.result.name, Float32Array.from(shifted));
  }
  return biases;
}

/** What scaling has put into a function. */
export interface ScaledPorts {
  /** The ranges of the scaled tensors by their names. */
  readonly ranges: ReadonlyMap<string, { readonly low: number; readonly high: number }>;
  /** The names of results of the operators that were put in: conversions, which are to stay f32. */
  readonly conversions: ReadonlySet<string>;
}

/** Rewrites the function in place: the same outputs, but for the last bits. */
export function scalePorts(func: Func, scalings: ReadonlyMap<string, PortScaling>): ScaledPorts {
  setBiases(func, shiftedBiases(func, scalings));
  scaleChannels(func, new Map([...scalings].map(([name, { factor }]) => [name, factor])));
  const ranges = new Map<string, { low: number; high: number }>();
  const conversions: string[] = [];
  const values = new Map(floatValues(func).map((v) => [v.name, v]));
  for (const [name, scaling] of scalings) {
    const value = values.get(name);
    if (value === undefined) throw new Error(`there is no tensor ${name}`);
    const made = convert(func, value, scaling);
    conversions.push(...made.map((v) => v.name));
    const scaled = scaling.port === 'input' ? (made.at(-1) ?? value) : value;
    ranges.set(scaled.name, { low: scaling.low, high: scaling.high });
  }
  return { ranges, conversions: new Set(conversions) };
}

/** Puts the conversion behind the value, and what it makes in the value's place. Returns its results in order. */
function convert(func: Func, value: Value, { port, factor, offset }: PortScaling): Value[] {
  const users = [...value.users];
  const ops: Op[] = [];
  const results: Value[] = [];
  const b = new Builder(func, ops);
  const compute = (definition: typeof mul, numbers: Float64Array, how: string) => {
    const data = { type: tensorType('f32', [numbers.length]), data: Float32Array.from(numbers) };
    const each = b.create(constant, [], { value: data }, undefined, `${value.name}_${how}_by`);
    results.push(b.create(definition, [results.at(-1) ?? value, each], {}, undefined, `${value.name}_${how}`));
  };
  const isShifted = offset.some((m) => m !== 0);
  if (port === 'input') {
    if (isShifted) compute(sub, offset, 'shifted');
    const inverse = factor.map((f) => 1 / f);
    compute(mul, inverse, 'scaled');
  } else {
    compute(mul, factor, 'scaled');
    if (isShifted) compute(add, offset, 'shifted');
  }
  const last = results.at(-1) ?? value;
  for (const user of users) user.replaceOperand(value, last);
  for (const output of func.outputs) if (output.value === value) output.value = last;
  func.ops.splice(value.producer === undefined ? 0 : func.ops.indexOf(value.producer) + 1, 0, ...ops);
  return results;
}
