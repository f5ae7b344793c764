// From what calibration saw to a plan: the quantization of every activation and the integers of every weight.
import type { Func, Module, Op, Value } from '../../ir/module.ts';
import { roundHalfEven, saturate } from '../../ir/numerics.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import type { TensorData } from '../../ir/tensor-data.ts';
import { allocateTensor } from '../../ir/tensor-data.ts';
import { integerRange, type Quantization, stridesOf, tensorType } from '../../ir/types.ts';
import { longestCurves } from '../../passes/curves.ts';
import {
  insertQuantization,
  type Precision,
  type QuantizationPlan,
} from '../../passes/quantization/insert-quantization.ts';
import { setBiases } from '../../passes/quantization/set-biases.ts';
import { moves, type TensorGroup, tensorGroups } from '../../passes/quantization/tensor-groups.ts';
import { quantizationOf, type Range } from './estimators/index.ts';

/** What was decided about a network's numbers, by names of values of the float network. */
export interface Decisions {
  /** The range of each observed tensor. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** Scales of the weights of linear operators, by the operator's result: one per output channel. */
  readonly weightScales: ReadonlyMap<string, Float32Array>;
  /** Weights that are rounded already, by the operator's result, in the weights' own order. */
  readonly rounded?: ReadonlyMap<string, Int8Array>;
  /** Biases other than the float network's, by the operator's result: one per output channel. */
  readonly biases?: ReadonlyMap<string, Float32Array>;
  /** What operators compute on, by their results; `i8` where it says nothing. */
  readonly precisions: ReadonlyMap<string, Precision>;
  /** Operators on 8 bits whose results are rounded to 16, by these results. */
  readonly wideResults?: ReadonlySet<string>;
  /** The ranges of tensors where they are of 16 bits, if other than `ranges` says. */
  readonly wideRanges?: ReadonlyMap<string, Range>;
  readonly ties: 'even' | 'away';
}

/** Results of several operators never share a name, so that the first one's names its operator. */
export const nameOf = (op: Op): string => op.results[0]?.name ?? '';

/** The part of 32 bits that a bias may take, in steps of the accumulator: sums of products need the rest. */
export const maxBias = 2 ** 30;

/** Channels whose weights are this much smaller than the largest are all zeros in any result of 8 or 16 bits. */
const leastShare = 2 ** -24;

/** Far above the least normal f32, so that products of scales stay normal. */
const leastScale = 2 ** -60;

/** Rewrites a function of the float network (a fresh copy) into what was decided: quantized values between operators. */
export function applyDecisions(func: Func, decisions: Decisions): void {
  if (decisions.biases !== undefined) setBiases(func, decisions.biases);
  insertQuantization(func, planFor(func, decisions));
}

/** The plan for a function of the float network (a fresh copy has the same names). */
export function planFor(func: Func, decisions: Decisions): QuantizationPlan {
  const groups = tensorGroups(func, decisions.ties);
  // Before insertion puts other operands there.
  const inputs = new Map(func.ops.map((op) => [op, op.operands[0] && groups.get(op.operands[0])]));
  const cache = new Map<string, Quantization>();
  const activations = (group: TensorGroup, element: 'i8' | 'i16'): Quantization => {
    const key = `${element} ${group.name}`;
    const quant = cache.get(key) ?? quantizationOf(groupRange(group, decisions, element), element);
    cache.set(key, quant);
    return quant;
  };
  const precisionOf = (op: Op) => decisions.precisions.get(nameOf(op)) ?? 'i8';
  const roundedTo = (op: Op): Precision => {
    const precision = precisionOf(op);
    return precision === 'i8' && decisions.wideResults?.has(nameOf(op)) ? 'i16' : precision;
  };
  // What moves and compares elements has no precision of its own, and goes into the tables of what computes.
  const decided = (op: Op) => decisions.precisions.get(nameOf(op));
  const every = longestCurves(func, (op) => precisionOf(op) === 'i8');
  const curves = new Map([...every].filter(([, { ops }]) => ops.some((op) => decided(op) !== undefined)));
  const entries = new Map([...curves].map(([op, { source }]) => [op, op.operands.map((v) => v === source)] as const));
  return {
    ties: decisions.ties,
    isTabulated: (op) => curves.has(op),
    operandPrecision: (op, i) => (entries.get(op)?.[i] === false ? 'f32' : precisionOf(op)),
    resultPrecision: (op) => (curves.get(op)?.ops.at(-1) === op || !curves.has(op) ? roundedTo(op) : 'f32'),
    activations,
    constants(op, i, group, element) {
      const { linear } = op.definition;
      const data = constantOf(op.operand(i));
      if (data === undefined || linear?.bias === i) return undefined;
      if (linear?.weights !== i) return quantizedConstant(data, activations(group, element), element);
      const input = inputs.get(op);
      if (input === undefined) throw new Error(`${nameOf(op)} was not in the function that is planned for`);
      const { scale } = activations(input, element);
      const known = decisions.weightScales.get(nameOf(op));
      if (known === undefined) throw new Error(`no scales for the weights of ${nameOf(op)}`);
      const scales = safeScales(
        known,
        scale[0]!,
        constantOf(op.operands[linear.bias])?.data as Float32Array | undefined,
      );
      return quantizedWeights(data, scales, linear.axis, decisions.rounded?.get(nameOf(op)));
    },
  };
}

/** Everything that tensors of one quantization must be able to say. */
export function groupRange(
  { members, inflows }: TensorGroup,
  known: Pick<Decisions, 'ranges' | 'wideRanges' | 'ties'>,
  element: 'i8' | 'i16',
): Range {
  const { ranges, wideRanges, ties } = known;
  const rangeOf = (name: string) => (element === 'i16' ? wideRanges?.get(name) : undefined) ?? ranges.get(name);
  let [low, high] = [0, 0];
  for (const v of members) {
    const fixed = v.producer?.definition.resultRange?.(ties, element);
    if (fixed !== undefined) return { low: fixed[0], high: fixed[1] };
  }
  const each = members.flatMap((v) => rangeOf(v.name) ?? constantRange(v) ?? []);
  for (const range of [...each, ...inflows.map((group) => groupRange(group, known, element))]) {
    low = Math.min(low, range.low);
    high = Math.max(high, range.high);
  }
  return { low, high };
}

function constantRange(v: Value): Range | undefined {
  const data = constantOf(v)?.data;
  if (!(data instanceof Float32Array)) return undefined;
  let [low, high] = [0, 0];
  for (const x of data) {
    if (!Number.isFinite(x)) continue;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return { low, high };
}

function quantizedConstant({ type, data }: TensorData, quant: Quantization, element: 'i8' | 'i16'): TensorData {
  const result = allocateTensor(tensorType(element, type.shape, quant));
  const { min, max } = integerRange(element);
  const [scale, zero] = [quant.scale[0]!, quant.zero[0]!];
  const y = result.data as Int8Array;
  for (let i = 0; i < y.length; i++) y[i] = saturate(roundHalfEven(Number(data[i]) / scale) + zero, min, max);
  return result;
}

/**
 * Scales under which no bias passes its part of the accumulator, and no channel is so small that its factors leave the
 * range of normal numbers: folded batch norms leave channels with weights of 1e-31 and biases of 1.
 */
export function safeScales(scales: Float32Array, input: number, bias: Float32Array | undefined): Float32Array {
  const largest = scales.reduce((most, s) => Math.max(most, s), 0);
  return scales.map((s, c) => {
    const forBias = Math.abs(bias?.[c] ?? 0) / (input * maxBias);
    return Math.max(s, largest * leastShare, forBias, leastScale);
  });
}

function quantizedWeights(
  { type, data }: TensorData,
  scale: Float32Array,
  axis: number,
  rounded: Int8Array | undefined,
): TensorData {
  const quant: Quantization = { axis, scale: Array.from(scale), zero: Array.from(scale, () => 0) };
  const result = allocateTensor(tensorType('i8', type.shape, quant));
  const y = result.data as Int8Array;
  if (rounded !== undefined) {
    y.set(rounded);
    return result;
  }
  const stride = stridesOf(type.shape)[axis]!;
  for (let i = 0; i < y.length; i++) {
    const s = scale[Math.floor(i / stride) % scale.length]!;
    y[i] = saturate(roundHalfEven(Number(data[i]) / s), -127, 127);
  }
  return result;
}

/** A linear operator with constant weights. */
export interface LinearLayer {
  readonly op: Op;
  readonly name: string;
  readonly weights: TensorData;
  /** Output channels, and how the weights' elements are dealt out to them: channel of i = floor(i / stride) % channels. */
  readonly channels: number;
  readonly stride: number;
  readonly bias: Float32Array | undefined;
}

/** The linear operators of the function whose weights are constant, in order. */
export function linearLayers(func: Func): LinearLayer[] {
  return func.ops.flatMap((op) => {
    const { linear } = op.definition;
    if (linear === undefined) return [];
    const weights = constantOf(op.operand(linear.weights));
    if (!(weights?.data instanceof Float32Array)) return [];
    const bias = constantOf(op.operands[linear.bias])?.data;
    return [
      {
        op,
        name: nameOf(op),
        weights,
        channels: weights.type.shape[linear.axis]!,
        stride: stridesOf(weights.type.shape)[linear.axis]!,
        bias: bias instanceof Float32Array ? bias : undefined,
      },
    ];
  });
}

/** Operators that compute on f32: what can be quantized, or be left. */
export function arithmeticOps(module: Module): Op[] {
  const isF32 = (v: Value | undefined) => v?.type.element === 'f32';
  return module.entry.ops.filter((op) => !moves(op) && op.operands.some(isF32) && op.results.some(isF32));
}

/** The weights of linear operators as the decisions have them, for programs whose activations are not decided on. */
export function integerWeights({ weightScales, rounded, precisions }: Decisions): (op: Op) => TensorData | undefined {
  return (op) => {
    const { linear } = op.definition;
    const data = linear && constantOf(op.operand(linear.weights));
    const scales = weightScales.get(nameOf(op));
    if (linear === undefined || data === undefined || scales === undefined) return undefined;
    if (precisions.get(nameOf(op)) === 'f32') return undefined;
    return quantizedWeights(data, scales, linear.axis, rounded?.get(nameOf(op)));
  };
}
