// What convolutions, fully connected layers and matrix products have in common: which accumulator they need, what
// their result type may be, and how their quantized form becomes accumulators and a requantization.
import { attr, type Requantization, type Rounding } from './attributes.ts';
import type { Builder } from './builder.ts';
import { rule } from './define-op.ts';
import type { Value } from './module.ts';
import { applyRequantization, INT32_MAX, INT32_MIN } from './numerics.ts';
import { constant, constantOf } from './ops/constant.ts';
import { requantize } from './ops/requantize.ts';
import { type Bounds, quantOf, requantizationFor, scaleAndZero, unbounded } from './quantized.ts';
import type { TensorArray, TensorData } from './tensor-data.ts';
import { bytesPerElement, type ElementType, integerRange, isInteger, type TensorType, tensorType } from './types.ts';

/** Attributes that every contraction has. */
export const contractionAttributes = {
  clamp: attr.floats({
    length: 2,
    fallback: unbounded,
    doc: 'Real bounds of a fused activation: relu is [0, inf], relu6 is [0, 6].',
  }),
  input_zero: attr.int({ fallback: 0, doc: 'Zero point of x in the integer form.' }),
  weights_zero: attr.int({ fallback: 0, doc: 'Zero point of w in the integer form.' }),
  accumulator: attr.word(['i32', 'i64'], { fallback: 'i32', doc: 'Accumulators of the integer form.' }),
  requant: attr.requantization({ doc: 'Present in the fused integer form: how accumulators become results.' }),
};

/** What the documents of contractions say of {@link floatWeightScales}. */
export const integerWeightsDoc =
  'Quantized weights beside f32 have no zero points: each becomes f32 exactly, and a finished sum is multiplied by the scale of its output, ahead of the bias; each step is rounded once.';

export interface ContractionAttributes {
  readonly clamp: readonly number[];
  readonly input_zero: number;
  readonly weights_zero: number;
  readonly accumulator: 'i32' | 'i64';
  readonly requant: Requantization | undefined;
}

/** The bounds of a fused activation, out of an attribute. */
export function boundsOf(clamp: readonly number[]): Bounds {
  return [clamp[0]!, clamp[1]!];
}

/** The four forms of a contraction, told apart by its types; in the `float` one weights may be integers. */
export type ContractionForm = 'float' | 'quantized' | 'accumulators' | 'requantized';

export function contractionForm(x: TensorType, y: TensorType, requant: Requantization | undefined): ContractionForm {
  if (x.element === 'f32') return 'float';
  if (requant !== undefined) return 'requantized';
  return y.quant === undefined && (y.element === 'i32' || y.element === 'i64') ? 'accumulators' : 'quantized';
}

export interface ContractionOperands {
  readonly x: TensorType;
  readonly w: TensorType;
  readonly bias?: TensorType | undefined;
  /** The dimension of w along which it may be quantized; undefined where it may only be so as a whole. */
  readonly axis?: number;
}

/**
 * The result type of a contraction of this shape: f32 from f32, whose weights may be quantized integers; otherwise
 * integers as asked for (i32 or i64 accumulators without quantization, or a quantized type).
 */
export function contractionType(
  { x, w, bias, axis }: ContractionOperands,
  shape: readonly number[],
  attributes: ContractionAttributes,
  asked: readonly TensorType[] | undefined,
): TensorType {
  const isSmall = (t: TensorType) => isInteger(t.element) && bytesPerElement(t.element) <= 2;
  if (x.element === 'f32') {
    const { quant } = w;
    rule(w.element === 'f32' || (isSmall(w) && quant !== undefined), `mixes f32 with ${w.element} weights`);
    rule(quant === undefined || quant.zero.every((z) => z === 0), 'has weights with a zero point beside f32');
    const isWhole = quant?.axis === undefined || quant.scale.length === 1;
    rule(isWhole || quant.axis === axis, `has weights quantized along axis ${quant?.axis}, which is not its outputs'`);
    rule(bias === undefined || bias.element === 'f32', 'needs an f32 bias');
    return tensorType('f32', shape);
  }
  rule(isSmall(x) && isSmall(w), `takes f32 or integers of up to 16 bits, got ${x.element} and ${w.element}`);
  const y = asked?.[0];
  rule(y !== undefined, 'needs its result type given: integers do not say their scale');
  const form = contractionForm(x, y, attributes.requant);
  rule(isInteger(y.element), `gives integers, not ${y.element}`);
  if (bias !== undefined) {
    const long = bias.element === 'i64' && (form === 'quantized' || attributes.accumulator === 'i64');
    rule(bias.element === 'i32' || long, `has a bias of ${bias.element} beside ${attributes.accumulator} accumulators`);
  }
  rule(form !== 'accumulators' || y.element === attributes.accumulator, `accumulates in ${attributes.accumulator}`);
  if (form === 'quantized') {
    quantOf(x, 'input');
    quantOf(w, 'weights');
    quantOf(y, 'result');
  } else {
    const { input_zero, weights_zero } = attributes;
    const product = reach(x.element, input_zero) * reach(w.element, weights_zero);
    rule(product <= INT32_MAX, 'has products of more than 32 bits');
  }
  return tensorType(y.element, shape, y.quant);
}

/** The greatest |q - zero| of a type. */
function reach(element: ElementType, zero: number): number {
  const { min, max } = integerRange(element);
  return Math.max(Math.abs(min - zero), Math.abs(max - zero));
}

/**
 * Where the weights of an output channel lie: weights are a row-major [stacks][before][channels][behind], and every
 * channel of every stack has accumulators of its own.
 */
export interface ChannelLayout {
  readonly stacks?: number;
  readonly before?: number;
  readonly channels: number;
  readonly behind?: number;
}

/**
 * The greatest magnitude that any accumulator can take: over output channels, sum |w - zero| * max |x - zero| + |bias|.
 */
export function accumulatorBound(
  x: { element: ElementType; zero: number },
  weights: { data: TensorArray; zero: number },
  { stacks = 1, before = 1, channels, behind = 1 }: ChannelLayout,
  bias: TensorArray | undefined,
): number {
  const { zero } = weights;
  const data = weights.data as Int8Array;
  const most = reach(x.element, x.zero);
  let bound = 0;
  let at = 0;
  for (let s = 0; s < stacks; s++) {
    const sums = new Float64Array(channels);
    for (let p = 0; p < before; p++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 0; i < behind; i++) sum += Math.abs(data[at++]! - zero);
        sums[c]! += sum;
      }
    }
    for (let c = 0; c < channels; c++) {
      bound = Math.max(bound, sums[c]! * most + (bias === undefined ? 0 : Math.abs(Number(bias[c]))));
    }
  }
  return bound;
}

export interface QuantizedContraction {
  readonly builder: Builder;
  readonly rounding: Rounding;
  readonly x: Value;
  readonly w: Value;
  readonly bias: Value | undefined;
  readonly result: TensorType;
  readonly clamp: readonly number[];
  /** Real factors from accumulator to result, one per output channel or one. */
  readonly factors: readonly number[];
  /** TensorFlow Lite's 64-bit accumulator rule (16x8 with a 64-bit bias). */
  readonly wide: boolean;
  readonly layout: ChannelLayout;
  /** Products per accumulator, for weights that are not constant. */
  readonly depth: number;
  note(message: string): void;
  /** Makes the accumulating form: operands, zero points and the accumulator type are decided here. */
  accumulate(bias: Value | undefined, attributes: AccumulatingAttributes, type: TensorType): Value;
}

/** What the accumulating form of a contraction has beside the operator's own attributes. */
export type AccumulatingAttributes = Pick<ContractionAttributes, 'input_zero' | 'weights_zero' | 'accumulator'>;

/** The zero point that all of a tensor shares. */
function commonZero(type: TensorType, what: string): number {
  const q = quantOf(type, what);
  const zero = q.zero[0]!;
  rule(
    q.zero.every((z) => z === zero),
    `needs one zero point for the whole ${what}`,
  );
  return zero;
}

/** What TensorFlow Lite's 64-bit rounding asks of an accumulator (common.cc, MultiplyByQuantizedMultiplier). */
const maxAccumulator = 2 ** 47;

/** The quantized form as accumulators (i32 where that is proved to hold every sum, else i64) and a requantization. */
export function integerContraction(c: QuantizedContraction): readonly Value[] {
  const { builder, result } = c;
  const zeros = { input_zero: scaleAndZero(c.x.type, 'input').zero, weights_zero: commonZero(c.w.type, 'weights') };
  const bound = worstAccumulator(c, zeros.input_zero, zeros.weights_zero);
  rule(bound <= maxAccumulator, 'has accumulators of more than 48 bits');
  const element = bound <= INT32_MAX ? 'i32' : 'i64';
  if (element === 'i64' && !c.wide) c.note('an accumulator may pass 32 bits; it is kept in 64 and saturated');
  const start = element === 'i32' ? narrowBias(c.bias, builder) : c.bias;
  const acc = c.accumulate(start, { ...zeros, accumulator: element }, tensorType(element, result.shape));
  const requant = requantizationFor(c.factors, result, boundsOf(c.clamp), c.rounding, c.wide);
  return [builder.create(requantize, [acc], { requant }, result)];
}

/** The greatest magnitude of an accumulator: from the weights and biases where they are constant, else from their types. */
function worstAccumulator(c: QuantizedContraction, inputZero: number, weightsZero: number): number {
  const weights = constantOf(c.w);
  const bias = constantOf(c.bias);
  const x = { element: c.x.type.element, zero: inputZero };
  rule(c.bias?.type.element !== 'i64' || bias !== undefined, 'needs a constant 64-bit bias');
  const unknownBias = c.bias !== undefined && bias === undefined ? -INT32_MIN : 0;
  if (weights !== undefined) {
    const known = { data: weights.data, zero: weightsZero };
    return unknownBias + accumulatorBound(x, known, c.layout, bias?.data);
  }
  const largestBias =
    bias === undefined ? 0 : Array.from(bias.data, Number).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return c.depth * reach(x.element, inputZero) * reach(c.w.type.element, weightsZero) + unknownBias + largestBias;
}

/** The bias of 32-bit accumulators; a constant 64-bit one was found to fit. */
function narrowBias(bias: Value | undefined, builder: Builder): Value | undefined {
  const data = constantOf(bias);
  if (bias === undefined || data === undefined || bias.type.element === 'i32') return bias;
  const type = tensorType('i32', bias.type.shape);
  return builder.create(constant, [], { value: { type, data: Int32Array.from(data.data, Number) } }, type, bias.name);
}

/** What the references of contractions share, in every form but `quantized`. */
export interface ReferenceArithmetic {
  /** acc + (x - input_zero) * (w - weights_zero), each operation rounded once in the float form, where zeros are 0. */
  multiplyAdd(acc: number, x: number, w: number): number;
  /** The result's element: the scale of integer weights, the bias, then the requantization, the float clamp, or nothing. */
  finish(acc: number, bias: number | bigint | undefined, channel: number): number | bigint;
}

/**
 * The scales of integer weights that are multiplied with floats, in f32: one, or one per output channel. Undefined where
 * neither is so.
 */
export function floatWeightScales(x: TensorType, w: TensorType): Float32Array | undefined {
  return x.element === 'f32' && w.quant !== undefined ? Float32Array.from(w.quant.scale) : undefined;
}

/**
 * The arithmetic of a reference; `scales` are those of {@link floatWeightScales}. Sums are kept in doubles: an integer
 * accumulator stays below 2^53 in magnitude (integerContraction proves less than 2^47), so they are exact.
 */
export function referenceArithmetic(
  y: TensorData,
  attributes: ContractionAttributes,
  scales?: Float32Array,
): ReferenceArithmetic {
  const { requant, clamp, accumulator } = attributes;
  if (y.type.element === 'f32') {
    const [low, high] = boundsOf(clamp);
    return {
      multiplyAdd: (acc, x, w) => Math.fround(acc + Math.fround(x * w)),
      finish(acc, bias, channel) {
        const sum = scales === undefined ? acc : Math.fround(acc * scales[scales.length === 1 ? 0 : channel]!);
        const total = bias === undefined ? sum : Math.fround(sum + Number(bias));
        // As the loops' max and min do it: -0 and NaN pass.
        if (total < low) return low;
        if (high < total) return high;
        return total;
      },
    };
  }
  const { input_zero: xZero, weights_zero: wZero } = attributes;
  return {
    multiplyAdd: (acc, x, w) => acc + (x - xZero) * (w - wZero),
    finish(acc, bias, channel) {
      const sum = acc + Number(bias ?? 0);
      const total = accumulator === 'i64' ? BigInt(sum) : sum | 0;
      return requant === undefined ? total : applyRequantization(total, requant, channel);
    },
  };
}

/** The type that a contraction accumulates in. */
export function accumulatorOf(x: TensorType, attributes: ContractionAttributes): 'f32' | 'i32' | 'i64' {
  return x.element === 'f32' ? 'f32' : attributes.accumulator;
}

/**
 * Real factors from accumulator to result, one per output channel or one: input scale * weights scale / result scale in
 * doubles (TensorFlow Lite kernel_util.cc, PopulateConvolutionQuantizationParams). Where the weights have one scale and
 * `scaleProduct` is `f32`, the product of the two scales is rounded to f32 first (GetQuantizedConvolutionMultipler in
 * the same file: fully connected layers, matrix products and everything on u8). Weights may be quantized along `axis`.
 */
export function accumulatorFactors(
  x: TensorType,
  w: TensorType,
  y: TensorType,
  axis: number,
  scaleProduct: 'f32' | 'f64',
): number[] {
  const input = scaleAndZero(x, 'input').scale;
  const output = scaleAndZero(y, 'result').scale;
  const q = quantOf(w, 'weights');
  const one = q.axis === undefined || q.scale.length === 1;
  rule(one || q.axis === axis, `needs weights quantized along axis ${axis}`);
  const round = one && (scaleProduct === 'f32' || x.element === 'u8') ? Math.fround : (product: number) => product;
  return q.scale.map((s) => round(input * s) / output);
}
