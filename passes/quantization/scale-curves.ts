// scale-curves: factors of channels on both sides of functions that no factor passes, as hard_swish and x * sigmoid(x).
//
// before:  %x = conv2d ... ; %y = hard_swish %x ; %z = conv2d %y, ...
// after:   %x = conv2d ... / f ; %a = mul %x, f ; %b = hard_swish %a ; %y = mul %b, 1 ; %z = conv2d %y, ...
//
// With 8 bits all between %x and %y is one table for each channel (tabulate-curves), so that the products cost nothing as
// the program runs, and 256 bytes a channel in flash. What the second product multiplies by is for equalize-channels to say.
import { Builder } from '../../ir/builder.ts';
import { signsPassing } from '../../ir/channel-factors.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { mul } from '../../ir/ops/mul.ts';
import { elementCount, tensorType } from '../../ir/types.ts';
import { type Curve, longestCurves, mostChannels } from '../curves.ts';
import { scalableLinear } from './channel-classes.ts';
import { type ChannelSpread, leastFactor, scaleChannels } from './equalize-channels.ts';

/** What is put around a curve. */
export interface CurveScaling {
  /** The names of the tensor that it is a function of, and of its result. */
  readonly source: string;
  readonly result: string;
  /** What the source's channels are divided by. */
  readonly factors: Float64Array;
}

/** The share of the bytes of all weights, at one byte each, that tables may take. */
const mostTables = 1 / 8;

/** Rounding errors' power must fall to this share of what it is for factors to be worth a table for each channel. */
const mostPower = 0.5;

/**
 * The curves between linear operators whose channels differ, the largest tensors' first, while tables are few beside
 * weights.
 */
export function curveScalings(func: Func, spread: (value: Value) => ChannelSpread | undefined): CurveScaling[] {
  let room = func.ops.reduce((sum, op) => sum + (scalableLinear(op)?.weights.length ?? 0), 0) * mostTables;
  const found: CurveScaling[] = [];
  const size = ({ source }: Curve) => elementCount(source.type.shape);
  const curves = [...new Set(longestCurves(func, () => true, 1).values())].sort((a, b) => size(b) - size(a));
  for (const curve of curves) {
    const result = curve.ops.at(-1)?.result;
    const channels = curve.source.type.shape.at(-1) ?? 1;
    // A table for each channel of a tensor that is smaller would be most of the work, and of the memory.
    if (result === undefined || !isBetweenLinear(func, curve, result) || size(curve) < 256 * channels) continue;
    const [before, after] = [spread(curve.source), spread(result)].map((known) => known && shares(known));
    if (before === undefined || after === undefined) continue;
    const isUneven = [before, after].some((of) => of.reduce((sum, s) => sum + s ** 2, 0) < mostPower * of.length);
    const tables = 256 * channels;
    if (!isUneven || tables > room) continue;
    room -= tables;
    const factors = before.map((s) => Math.max(leastFactor, s));
    found.push({ source: curve.source.name, result: result.name, factors });
  }
  return found;
}

/** True for a curve that a linear operator feeds and no factor passes, of few enough channels. */
function isBetweenLinear(func: Func, { source, ops, channels }: Curve, result: Value): boolean {
  const { producer } = source;
  const isLinear =
    producer !== undefined &&
    scalableLinear(producer) !== undefined &&
    signsPassing(producer.attributes.clamp as readonly number[]) === 'any';
  const isItsOwn = [...source.users].every((op) => ops.includes(op)) && !func.isReturned(source);
  const isEnd = [...result.users].every((op) => !ops.includes(op)) && !func.isReturned(result);
  const extent = source.type.shape.at(-1) ?? 1;
  const isStraight = ops.every((op) => op.definition.factors?.(op) !== undefined);
  return isLinear && isItsOwn && isEnd && channels === 1 && extent > 1 && extent <= mostChannels && !isStraight;
}

/** What part of the widest channel's span each one's is. */
function shares({ low, high }: ChannelSpread): Float64Array {
  const spans = high.map((h, c) => h - (low[c] ?? 0));
  const most = spans.reduce((m, s) => Math.max(m, s), 0);
  return spans.map((s) => (most > 0 && Number.isFinite(most) ? s / most : 1));
}

/**
 * Rewrites the function in place: the same outputs, but for the last bits. Returns, for each scaled result, the name of the
 * tensor in its place by its own name.
 */
export function scaleCurves(func: Func, scalings: readonly CurveScaling[]): ReadonlyMap<string, string> {
  scaleChannels(func, new Map(scalings.map(({ source, factors }) => [source, factors])));
  const replaced = new Map<string, string>();
  const values = new Map(func.ops.flatMap((op) => op.results).map((v) => [v.name, v]));
  for (const { source, result, factors } of scalings) {
    const [x, y] = [values.get(source), values.get(result)];
    if (x === undefined || y === undefined) throw new Error(`there is no curve from ${source} to ${result}`);
    multiply(func, x, factors, 'unscaled');
    replaced.set(result, multiply(func, y, new Float64Array(factors.length).fill(1), 'scaled').name);
  }
  return replaced;
}

/** Puts a product with a number for each channel behind a value, for all that read it. */
function multiply(func: Func, value: Value, numbers: Float64Array, how: string): Value {
  const users = [...value.users];
  const ops: Op[] = [];
  const b = new Builder(func, ops);
  const data = { type: tensorType('f32', [numbers.length]), data: Float32Array.from(numbers) };
  const each = b.create(constant, [], { value: data }, undefined, `${value.name}_${how}_by`);
  const product = b.create(mul, [value, each], {}, undefined, `${value.name}_${how}`);
  for (const user of users) user.replaceOperand(value, product);
  func.ops.splice(value.producer === undefined ? 0 : func.ops.indexOf(value.producer) + 1, 0, ...ops);
  return product;
}
