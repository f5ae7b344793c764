// equalize-channels: channels between two linear operators get ranges that suit one scale for all of them.
//
// before:  %a = conv2d %x, %w, %b { clamp = [0, inf] } ; %y = conv2d %a, %v
// after:   %a = conv2d %x, %w / s, %b / s { clamp = [0, inf] } ; %y = conv2d %a, s * %v      (s > 0, one per channel of %a)
//
// A clamp at 0 or none lets positive factors pass. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
// Correction" (2019), section 4.1, equalizes the weights' ranges, for weights with one scale per tensor. Here weights have
// one scale per output channel, so that the first operator's do not care; what gains is the tensor between them. How much
// of that is worth having is weighed against the second operator's weights, whose input channels grow apart: for each pair
// the error of both is estimated, and the least taken. Weights are rounded to f32 once, so that results may differ from
// before in the last bits.
import { Builder } from '../../ir/builder.ts';
import type { LinearSpec, Patches } from '../../ir/define-op.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant, constantOf } from '../../ir/ops/constant.ts';
import { stridesOf, type TensorType } from '../../ir/types.ts';

/** What is known of the channels of a tensor: one number each. */
export interface ChannelSpread {
  /** From the least to the greatest value, 0 among them. */
  readonly span: Float64Array;
  /** Mean square. */
  readonly power: Float64Array;
}

/** Two linear operators, the second of which alone uses the first one's result. */
interface Pair {
  readonly first: Linear;
  readonly second: Linear;
  readonly patches: Patches;
  readonly channels: number;
}

interface Linear {
  readonly op: Op;
  readonly spec: LinearSpec;
  readonly weights: Float32Array;
  readonly type: TensorType;
}

/** How far factors follow the spans: not at all, by roots of them, all the way. */
const exponents = [0, 0.25, 0.5, 0.75, 1];

/** The least factor: a channel that samples hardly used must not be made so large that others are cut off. */
const leastFactor = 2 ** -4;

/** One factor per channel of a tensor, by the tensor's name. */
export type ChannelFactors = ReadonlyMap<string, Float64Array>;

/**
 * Rewrites the function in place by the factors of least estimated error, and returns them. `spread` tells what is known
 * of a value's channels; where it knows nothing, nothing is scaled.
 */
export function equalizeChannels(func: Func, spread: (value: Value) => ChannelSpread | undefined): ChannelFactors {
  const found = new Map<string, Float64Array>();
  eachPair(func, (pair) => {
    const known = spread(pair.first.op.result);
    const factors = known?.span.length === pair.channels ? bestFactors(pair, known) : undefined;
    if (factors !== undefined) found.set(pair.first.op.result.name, factors);
    return factors;
  });
  return found;
}

/** Rewrites the function in place by known factors. */
export function scaleChannels(func: Func, factors: ChannelFactors): void {
  eachPair(func, (pair) => factors.get(pair.first.op.result.name));
}

/** Scales pairs one at a time: the second operator of a pair may be the first of the next. */
function eachPair(func: Func, factorsOf: (pair: Pair) => Float64Array | undefined): void {
  for (const op of [...func.ops]) {
    const pair = pairEndingWith(op, func);
    const factors = pair && factorsOf(pair);
    if (pair === undefined || factors === undefined) continue;
    scaleFirst(func, pair.first, factors);
    scaleSecond(func, pair, factors);
  }
}

function pairEndingWith(op: Op, func: Func): Pair | undefined {
  const second = linearOf(op);
  const patches = second?.spec.patches?.(op);
  const middle = op.operands[0];
  const first = middle?.producer && linearOf(middle.producer);
  if (middle === undefined || first === undefined || second === undefined || patches === undefined) return undefined;
  if (middle.users.size !== 1 || func.isReturned(middle) || op.operands.lastIndexOf(middle) !== 0) return undefined;
  const [low, high] = first.op.attributes.clamp as readonly [number, number];
  if ((low !== 0 && low !== Number.NEGATIVE_INFINITY) || high !== Number.POSITIVE_INFINITY) return undefined;
  const bias = first.op.operands[first.spec.bias];
  if (bias !== undefined && !(constantOf(bias)?.data instanceof Float32Array)) return undefined;
  const channels = middle.type.shape.at(-1) ?? 1;
  // Rows of a flattened image hold all channels of each pixel in turn.
  const fits = patches.input[3] === channels || (patches.groups === 1 && patches.input[3] % channels === 0);
  return fits ? { first, second, patches, channels } : undefined;
}

function linearOf(op: Op): Linear | undefined {
  const spec = op.definition.linear;
  const weights = spec && op.operands[spec.weights];
  const data = constantOf(weights)?.data;
  if (spec === undefined || weights === undefined || !(data instanceof Float32Array)) return undefined;
  // Weights of other operators as well stay as they are.
  return weights.users.size === 1 ? { op, spec, weights: data, type: weights.type } : undefined;
}

/** The factors of least estimated error; undefined where leaving all as it is comes out best. */
function bestFactors(pair: Pair, spread: ChannelSpread): Float64Array | undefined {
  const { span } = spread;
  const largest = span.reduce((most, v) => Math.max(most, v), 0);
  if (!(largest > 0) || !Number.isFinite(largest)) return undefined;
  let best: { error: number; factors: Float64Array } | undefined;
  const unchanged = estimatedError(pair, spread, new Float64Array(span.length).fill(1));
  for (const exponent of exponents.slice(1)) {
    const factors = span.map((v) => (v > 0 ? Math.max(leastFactor, (v / largest) ** exponent) : 1));
    const error = estimatedError(pair, spread, factors);
    if (best === undefined || error < best.error) best = { error, factors };
  }
  return best !== undefined && best.error < unchanged ? best.factors : undefined;
}

/**
 * Expected squared error of the second operator's results, summed over one position, in twelfths: of rounding the tensor
 * between the operators to 255 steps, and the second one's weights to 254 steps for each output channel.
 */
function estimatedError(
  { second, patches, channels }: Pair,
  { span, power }: ChannelSpread,
  factors: Float64Array,
): number {
  let step = 0;
  for (let c = 0; c < channels; c++) step = Math.max(step, span[c]! / factors[c]! / 255);
  const outputs = second.op.result.type.shape.at(-1) ?? 1;
  const largest = new Float64Array(outputs);
  const inputPower = new Float64Array(outputs);
  let error = 0;
  forEachWeight(second, patches, channels, (w, o, c) => {
    const scaled = Math.abs(w) * factors[c]!;
    largest[o] = Math.max(largest[o]!, scaled);
    inputPower[o]! += power[c]! / factors[c]! ** 2;
    error += (step * scaled) ** 2;
  });
  for (let o = 0; o < outputs; o++) error += (largest[o]! / 127) ** 2 * inputPower[o]!;
  return error;
}

/** Each weight with its output channel and the channel of the tensor before it, and its place. */
function forEachWeight(
  { op, spec, weights, type }: Linear,
  { groups, input }: Patches,
  channels: number,
  see: (w: number, output: number, channel: number, place: number) => void,
): void {
  const outputs = op.result.type.shape.at(-1) ?? 1;
  const stride = stridesOf(type.shape)[spec.axis] ?? 1;
  const depth = input[3] / groups;
  for (let i = 0; i < weights.length; i++) {
    const o = Math.floor(i / stride) % outputs;
    const k = Math.floor(i / (stride * outputs)) * stride + (i % stride);
    const g = Math.floor((o * groups) / outputs);
    see(weights[i]!, o, (g * depth + (k % depth)) % channels, i);
  }
}

function scaleFirst(func: Func, { op, spec, weights, type }: Linear, factors: Float64Array): void {
  const stride = stridesOf(type.shape)[spec.axis] ?? 1;
  const scaled = weights.map((w, i) => w / factors[Math.floor(i / stride) % factors.length]!);
  setConstant(func, op, spec.weights, scaled);
  const bias = constantOf(op.operands[spec.bias])?.data;
  if (bias instanceof Float32Array)
    setConstant(
      func,
      op,
      spec.bias,
      bias.map((b, c) => b / factors[c]!),
    );
}

function scaleSecond(func: Func, { second, patches, channels }: Pair, factors: Float64Array): void {
  const scaled = second.weights.slice();
  forEachWeight(second, patches, channels, (w, _, c, i) => {
    scaled[i] = w * factors[c]!;
  });
  setConstant(func, second.op, second.spec.weights, scaled);
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
